-- SPDX-License-Identifier: Apache-2.0

-- Run by a headless Neovim on a workspace whose build has just died of memory:
--   nvim --headless --clean --cmd 'set rtp^=editors/nvim' -c 'luafile THIS'
-- with $SERVER and $FILE. Exits 1 with the reason if anything is not as it
-- must be.
local messages = {}
vim.notify = function(message, level)
  table.insert(messages, { text = message, level = level })
end

local function say(...)
  io.stdout:write(table.concat(vim.tbl_map(tostring, { ... }), " ") .. "\n")
end

local function await(what, test, seconds)
  assert(vim.wait((seconds or 120) * 1000, test, 50), "timed out waiting for " .. what)
  say("ok", what)
end

-- All virtual text of a buffer, by line (from 1).
local function virtual_text(buffer)
  local all = {}
  for _, id in pairs(vim.api.nvim_get_namespaces()) do
    for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(buffer, id, 0, -1, { details = true })) do
      local details, text = mark[4], ""
      for _, chunk in ipairs(details.virt_text or {}) do
        text = text .. chunk[1]
      end
      for _, line in ipairs(details.virt_lines or {}) do
        for _, chunk in ipairs(line) do
          text = text .. chunk[1]
        end
      end
      all[mark[2] + 1] = (all[mark[2] + 1] or "") .. text
    end
  end
  return all
end

local function line_of(buffer, text)
  for number, line in ipairs(vim.api.nvim_buf_get_lines(buffer, 0, -1, false)) do
    if vim.startswith(line, text) then
      return number
    end
  end
  error("no line begins with " .. text)
end

-- What the server has for the lines of a buffer.
local function inlay_hints(buffer)
  local asked = vim.lsp.buf_request_sync(buffer, "textDocument/inlayHint", {
    textDocument = { uri = vim.uri_from_bufnr(buffer) },
    range = { start = { line = 0, character = 0 }, ["end"] = { line = vim.api.nvim_buf_line_count(buffer), character = 0 } },
  }, 60000)
  local _, answered = next(asked or {})
  return answered and answered.result or {}
end

local function page_with(text)
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_get_name(buffer):match("%.md$") and vim.api.nvim_buf_is_loaded(buffer) then
      if table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), "\n"):find(text, 1, true) then
        return true
      end
    end
  end
  return false
end

local function main()
  local memls = require("starlark_memls")
  memls.setup({ cmd = { os.getenv("SERVER"), "serve" }, settings = { inlayHints = { minBytes = 1 }, lint = { enable = false } } })
  vim.cmd("edit " .. os.getenv("FILE"))
  local buffer = vim.api.nvim_get_current_buf()
  assert(vim.bo[buffer].filetype == "bzl", "the filetype is " .. vim.bo[buffer].filetype)
  local def = line_of(buffer, "def traverse_impl")

  await("a diagnostic for the crash", function()
    for _, d in ipairs(vim.diagnostic.get(buffer)) do
      if d.source == "starlark-memls" and d.message:find("traverse_impl", 1, true) and d.lnum + 1 >= def then
        return true
      end
    end
  end)
  await("a lens above traverse_impl, drawn", function()
    return (virtual_text(buffer)[def] or ""):find("#1 memory suspect", 1, true) ~= nil
  end)
  await("the overview", function()
    return memls.status():match("^1 crash, %d+ hot$")
  end)

  local hover = vim.lsp.buf_request_sync(buffer, "textDocument/hover", {
    textDocument = { uri = vim.uri_from_bufnr(buffer) },
    position = { line = def - 1, character = 6 },
  }, 60000)
  local _, answer = next(hover or {})
  assert(answer and answer.result and vim.inspect(answer.result.contents):find("suspect no. 1", 1, true), "the hover is " .. vim.inspect(hover))
  say("ok", "a hover")

  -- Neovim's own hints are drawn behind the names, and only in lines that are
  -- on the screen; those of the plugin at the line's end, with the name. That of
  -- a crash's variable comes with the heap dump, later than the rest.
  local known = {}
  local function note_locals(overview)
    for _, crash in ipairs(overview) do
      for _, thread in ipairs(crash.threads or {}) do
        for _, frame in ipairs(thread.frames or {}) do
          for _, variable in ipairs(frame.locals or {}) do
            known[variable.name] = true
          end
        end
      end
    end
  end
  await("hints, one of them on a variable of the crash", function()
    local variables = 0
    for _, hint in ipairs(inlay_hints(buffer)) do
      local line, label = hint.position.line, hint.label
      vim.api.nvim_win_set_cursor(0, { line + 1, 0 })
      vim.cmd("redraw")
      if label:match("^: .*B string$") then
        note_locals(require("starlark_memls.report").crashes(require("starlark_memls.client").running()[1].id))
        local text = vim.api.nvim_buf_get_lines(buffer, line, line + 1, false)[1]
        local name = text:sub(1, hint.position.character):match("[%w_]+$")
        assert(known[name], "a hint behind " .. tostring(name) .. ", which is no variable of the crash: " .. vim.inspect(known))
        variables = variables + 1
        label = vim.lsp.inlay_hint and label or name .. label
      end
      if not (virtual_text(buffer)[line + 1] or ""):find(label, 1, true) then
        return false
      end
    end
    return variables > 0
  end)

  vim.cmd("MemlsCrash")
  local list = vim.fn.getqflist({ items = 1, title = 1 })
  assert(#list.items > 0, "the quickfix list is empty")
  assert(list.title:find("out of memory", 1, true), "its title is " .. list.title)
  assert(vim.fn.bufname(list.items[1].bufnr):match("memory/eat%.bzl$"), vim.inspect(list.items[1]))
  assert(vim.api.nvim_win_get_cursor(0)[1] == list.items[1].lnum, "the cursor is not on the first entry")
  assert(list.items[1].text:find("traverse_impl", 1, true), list.items[1].text)
  say("ok", ":MemlsCrash", list.items[1].lnum, list.items[1].text)
  vim.cmd("cclose")

  vim.cmd("MemlsReport")
  await(":MemlsReport", function()
    return page_with("Crash")
  end)
  vim.cmd("buffer " .. buffer)
  vim.api.nvim_win_set_cursor(0, { def, 6 })
  vim.cmd("MemlsEvidence")
  await(":MemlsEvidence", function()
    return page_with("self time")
  end)
  vim.cmd("buffer " .. buffer)

  local series = os.getenv("SERIES")
  vim.cmd("MemlsCompare " .. series .. "/200m-1 " .. series .. "/600m-1")
  await(":MemlsCompare", function()
    local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
    return vim.api.nvim_buf_get_name(0):find("starlark-memls compare", 1, true) and text:find("traverse_impl", 1, true)
  end)
  vim.cmd("bwipeout")
  vim.cmd("MemlsHeap " .. series .. "/no-such.hprof")
  await(":MemlsHeap of a file that is not there, in words", function()
    local last = messages[#messages]
    return last and last.level == vim.log.levels.ERROR and last.text:find("no-such.hprof", 1, true) ~= nil
  end)
  table.remove(messages)

  vim.cmd("checkhealth starlark_memls")
  await(":checkhealth", function()
    local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
    return text:find("1 crash, ", 1, true) and not text:find("ERROR", 1, true)
  end)
  vim.cmd("bwipeout!")
  vim.cmd("help starlark-memls")
  assert(vim.bo.buftype == "help", "there is no help, but " .. vim.fn.bufname())
  vim.cmd("helpclose")
  vim.cmd("buffer " .. buffer)

  -- An edit: the lens goes with its line.
  vim.api.nvim_buf_set_lines(buffer, 0, 0, false, { "# a line more" })
  vim.cmd("doautocmd TextChanged")
  await("the lens after an edit", function()
    return (virtual_text(buffer)[def + 1] or ""):find("#1 memory suspect", 1, true) ~= nil
  end)

  vim.cmd("MemlsClear")
  await(":MemlsClear", function()
    local lens = virtual_text(buffer)[def + 1] or ""
    return #vim.diagnostic.get(buffer) == 0 and not lens:find("memory suspect", 1, true) and memls.status() == ""
  end)
  vim.cmd("MemlsCrash")
  assert(messages[#messages].text:find("no crash is known", 1, true), vim.inspect(messages))
  vim.cmd("MemlsRescan")
  await(":MemlsRescan", function()
    return (virtual_text(buffer)[def + 1] or ""):find("#1 memory suspect", 1, true) ~= nil
  end)

  for _, message in ipairs(messages) do
    assert(message.level ~= vim.log.levels.ERROR, message.text)
  end
  local client = require("starlark_memls.client").running()[1]
  if vim.fn.has("nvim-0.11") == 1 then
    client:stop()
  else
    client.stop()
  end
  await("the end of the server", function()
    return #require("starlark_memls.client").running() == 0
  end)
end

local ok, err = xpcall(main, debug.traceback)
if not ok then
  say("FAIL", err, vim.inspect(messages))
  say("diagnostics:", vim.inspect(vim.diagnostic.get()))
  pcall(function() -- whatever happens, it must end
    for _, line in ipairs(vim.fn.readfile(vim.lsp.get_log_path(), "", -40)) do
      say(line)
    end
  end)
  vim.cmd("cquit 1")
end
say("PASS", vim.inspect(vim.version()):gsub("%s+", " "))
vim.cmd("qall!")
