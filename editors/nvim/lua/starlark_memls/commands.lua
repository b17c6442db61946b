-- SPDX-License-Identifier: Apache-2.0

-- The commands: each asks the server, and shows the answer in Neovim's own way.
local client = require("starlark_memls.client")
local report = require("starlark_memls.report")
local show = require("starlark_memls.show")

local M = {}

local function tell(message, level)
  vim.notify("starlark-memls: " .. message, level or vim.log.levels.INFO)
end

--- Runs a server command, and hands its answer to `done`. Says in one line why
--- it cannot.
function M.execute(name, argument, done)
  local server = client.running()[1]
  if not server then
    return tell("no server is running: open a .bzl or BUILD file of the workspace", vim.log.levels.WARN)
  end
  local command = "starlark-memls." .. name
  local known = (server.server_capabilities.executeCommandProvider or {}).commands or {}
  if not vim.tbl_contains(known, command) then
    return tell("this server has no " .. name, vim.log.levels.WARN)
  end
  local params = { command = command, arguments = argument and { argument } or nil }
  show.request(server, "workspace/executeCommand", params, function(err, answer)
    if err then
      return tell(err.message, vim.log.levels.ERROR)
    end
    if done then
      done(answer, server)
    end
  end)
end

-- A page that the server could not open by itself is opened here.
local function page(answer)
  if answer and answer ~= vim.NIL and not answer.shown then
    vim.cmd("split " .. vim.fn.fnameescape(answer.path))
  end
end

local function number_of(arguments)
  local n = tonumber(arguments.args)
  return { crash = n and n - 1 or 0 }
end

--- The places of a crash in the quickfix list, innermost first; 1 is the newest.
local function crash(arguments)
  local server = client.running()[1]
  local all = server and report.crashes(server.id) or {}
  local chosen = all[number_of(arguments).crash + 1]
  if not chosen then
    return tell(#all == 0 and "no crash is known" or ("there are " .. #all .. " crashes"), vim.log.levels.WARN)
  end
  local items = {}
  for _, place in ipairs(chosen.places) do
    table.insert(items, { filename = vim.uri_to_fname(place.uri), lnum = place.line, col = 1, text = place.message, type = #items == 0 and "E" or "I" })
  end
  if #items == 0 then
    return tell(chosen.message .. ", but nothing tells in which source")
  end
  vim.fn.setqflist({}, " ", { title = chosen.message, items = items })
  vim.cmd("botright copen | wincmd p | silent cfirst") -- what it would echo may be longer than the line
end

local function evidence(arguments)
  local name = arguments.args ~= "" and arguments.args or vim.fn.expand("<cword>")
  local argument = { ["function"] = name }
  if arguments.args == "" then
    argument.file = vim.uri_from_bufnr(0)
  end
  M.execute("showEvidence", argument, page)
end

local function full_paths(arguments)
  return vim.tbl_map(function(path)
    return vim.fn.fnamemodify(vim.fn.expand(path), ":p")
  end, arguments.fargs)
end

local function load_paths(arguments)
  M.execute("loadMeasurements", { paths = full_paths(arguments) }, function(answer)
    tell(("loaded %d measurement(s)"):format(#answer.measurements))
    for _, warning in ipairs(answer.warnings or {}) do
      tell(warning, vim.log.levels.WARN)
    end
  end)
end

-- Opens files with the system's viewer; says where they are where there is none.
local function view(answer)
  for _, path in ipairs((answer and answer ~= vim.NIL and answer.paths) or {}) do
    local opened = vim.ui.open and pcall(vim.ui.open, path)
    if not opened and vim.fn.executable("xdg-open") == 1 then
      opened = vim.fn.jobstart({ "xdg-open", path }, { detach = true }) > 0
    end
    tell(path)
  end
end

local function sweep(arguments)
  local memory, targets = arguments.fargs[1], { unpack(arguments.fargs, 2) }
  if not memory then
    return tell("name the memory limits: :MemlsSweep 150m:400m:50m //...", vim.log.levels.WARN)
  end
  if #targets == 0 then
    targets = { "//..." }
  end
  M.execute("sweep", { memory = memory, args = targets }, view)
end

-- Asks the running Bazel server, which stands still for it: first what that
-- costs, then, if the user agrees, for it. With a bang it goes on at once.
local function ask(name, done)
  return function(arguments)
    local workspace = vim.api.nvim_buf_get_name(0)
    local argument = { workspace = workspace ~= "" and workspace or nil, yes = arguments.bang }
    M.execute(name, argument, function(answer)
      if answer.asked then
        return done(answer)
      end
      if vim.fn.confirm("Bazel's " .. answer.cost .. ".", "&Ask the server\n&Cancel", 2) == 1 then
        argument.yes = true
        M.execute(name, argument, done)
      end
    end)
  end
end

-- Progress is told in the message line, one step at a time.
local function follow_progress()
  local before = vim.lsp.handlers["$/progress"]
  vim.lsp.handlers["$/progress"] = function(err, result, context, ...)
    local server = vim.lsp.get_client_by_id(context.client_id)
    if server and server.name == client.name and result.value then
      local value = result.value
      local text = table.concat(vim.tbl_filter(function(part)
        return part ~= nil and part ~= ""
      end, { value.title or "", value.message or "", value.percentage and (value.percentage .. "%") or "" }), " ")
      report.progress[context.client_id] = value.kind ~= "end" and text or nil
      vim.cmd("redrawstatus")
      if text ~= "" then
        -- Longer than the line, it would stop everything to be acknowledged.
        vim.api.nvim_echo({ { vim.fn.strcharpart("starlark-memls: " .. text, 0, vim.v.echospace - 1) } }, false, {})
      end
    end
    if before then
      return before(err, result, context, ...)
    end
  end
end

-- Runs the program as one would on the command line, in the folder of the
-- workspace, and shows what it prints in a scratch buffer; what it complains of,
-- if it fails.
local function run_program(title, filetype, arguments)
  local server = client.running()[1]
  local out, complaints = {}, {}
  local function gather(into)
    return function(_, lines)
      vim.list_extend(into, lines)
    end
  end
  local job = vim.fn.jobstart(vim.list_extend({ client.options.cmd[1] }, arguments), {
    cwd = server and server.config.root_dir or nil,
    stdout_buffered = true,
    stderr_buffered = true,
    on_stdout = gather(out),
    on_stderr = gather(complaints),
    on_exit = function(_, code)
      if code ~= 0 and code ~= 3 then -- 3: a condition that was given does not hold
        local why = (complaints[1] or ""):gsub("^starlark%-memls: ", "")
        return tell(why ~= "" and why or (title .. " failed"), vim.log.levels.ERROR)
      end
      vim.cmd("new")
      local buffer = vim.api.nvim_get_current_buf()
      vim.bo[buffer].buftype, vim.bo[buffer].bufhidden, vim.bo[buffer].filetype = "nofile", "wipe", filetype
      pcall(vim.api.nvim_buf_set_name, buffer, "starlark-memls " .. title)
      vim.api.nvim_buf_set_lines(buffer, 0, -1, false, out)
      vim.bo[buffer].modifiable = false
    end,
  })
  if job <= 0 then
    tell("cannot run " .. client.options.cmd[1], vim.log.levels.ERROR)
  end
end

local function compare(arguments)
  local paths = full_paths(arguments)
  if #paths ~= 2 then
    return tell("name two: :MemlsCompare BEFORE AFTER", vim.log.levels.WARN)
  end
  run_program("compare", "markdown", { "compare", "--format", "markdown", paths[1], paths[2] })
end

local function heap(arguments)
  run_program("heap", "", { "heap", full_paths(arguments)[1] })
end

function M.define()
  local function command(name, run, options)
    vim.api.nvim_create_user_command("Memls" .. name, run, options or {})
  end
  command("Crash", crash, { nargs = "?", desc = "The places of a crash in the quickfix list; 1 is the newest" })
  command("Report", function(arguments)
    M.execute("showCrashReport", number_of(arguments), page)
  end, { nargs = "?", desc = "The report on a crash; 1 is the newest" })
  command("Evidence", evidence, { nargs = "?", desc = "The evidence against a function; the one at the cursor by default" })
  command("Load", load_paths, { nargs = "+", complete = "file", desc = "Load measurements" })
  command("Rescan", function()
    M.execute("rescan")
  end, { desc = "Read the last build again" })
  command("Clear", function()
    M.execute("clear")
  end, { desc = "Forget all measurements" })
  command("Sweep", sweep, { nargs = "*", desc = "Measure over memory limits: LIMITS [TARGETS AND FLAGS]" })
  command("FindLimit", function(arguments)
    M.execute("findLimit", { args = #arguments.fargs > 0 and arguments.fargs or { "//..." } }, view)
  end, { nargs = "*", desc = "Find the smallest limit that a build passes under" })
  command("StopSweep", function()
    M.execute("stopSweep")
  end, { desc = "Stop the sweep and keep what was measured" })
  command("Plot", function()
    M.execute("plot", nil, view)
  end, { desc = "Plot what was measured, and open the pictures" })
  command("Compare", compare, { nargs = "+", complete = "file", desc = "What changed from one build, series or dump to another: BEFORE AFTER" })
  command("Heap", heap, { nargs = 1, complete = "file", desc = "Who holds the memory in a heap dump" })
  command("Live", ask("live", function() end), { bang = true, desc = "Ask the running Bazel server who holds its memory; with ! without asking first" })
  command("CompareWithLast", ask("compareWithLast", function(answer)
    page(answer.page)
  end), { bang = true, desc = "Ask it again: what has come and gone since the last time" })
  command("Arm", function(arguments)
    local workspace = vim.api.nvim_buf_get_name(0)
    M.execute("arm", { workspace = workspace ~= "" and workspace or nil, off = arguments.bang })
  end, { bang = true, desc = "Have the running Bazel server leave a heap dump if it dies; with ! no longer" })
  follow_progress()
end

return M
