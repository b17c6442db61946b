-- SPDX-License-Identifier: Apache-2.0

-- Two servers on one buffer, run as after_crash.lua is: $OTHER is the other's
-- command line. What each says alone is recorded, then what both say together:
-- nothing of either may be missing, and nothing be there twice.
local function say(...)
  io.stdout:write(table.concat(vim.tbl_map(tostring, { ... }), " ") .. "\n")
end

local function await(what, test)
  assert(vim.wait(120000, test, 50), "timed out waiting for " .. what)
  say("ok", what)
end

local function line_of(buffer, text)
  for number, line in ipairs(vim.api.nvim_buf_get_lines(buffer, 0, -1, false)) do
    if line:find(text, 1, true) then
      return number - 1, line:find(text, 1, true) - 1
    end
  end
  error("no line has " .. text)
end

-- A value as text that does not depend on the order of what has none: a
-- table's keys, and the entries of a list of completions, which Rust's hash
-- maps give in another order each time.
local function canonical(value)
  if type(value) ~= "table" then
    return vim.fn.json_encode(value)
  end
  local parts = {}
  for key, part in pairs(value) do
    table.insert(parts, (type(key) == "string" and key .. ":" or "") .. canonical(part))
  end
  table.sort(parts)
  return "{" .. table.concat(parts, ",") .. "}"
end

local methods = { "textDocument/definition", "textDocument/completion", "textDocument/hover", "textDocument/codeLens" }

-- What the servers of a buffer answer about a use of _describe, and what they
-- have said of themselves: by client, and by source.
local function facts(buffer)
  local line, column = line_of(buffer, "own = _describe")
  local all = { diagnostics = {} }
  local params = {
    textDocument = { uri = vim.uri_from_bufnr(buffer) },
    position = { line = line, character = column + #"own = _d" },
  }
  for _, method in ipairs(methods) do
    all[method] = {}
    for _, client in pairs((vim.lsp.get_clients or vim.lsp.get_active_clients)()) do
      if client.initialized and client.supports_method(method) then
        local answer, why = client.request_sync(method, params, 60000, buffer)
        assert(answer, client.name .. ", " .. method .. ": " .. tostring(why))
        local result = answer.result
        if result ~= nil and result ~= vim.NIL and not (type(result) == "table" and vim.tbl_isempty(result)) then
          all[method][client.name] = canonical(result)
        end
      end
    end
  end
  for _, d in ipairs(vim.diagnostic.get(buffer)) do
    local key = (d.source or "?") .. " " .. d.lnum .. " " .. d.message
    all.diagnostics[key] = (all.diagnostics[key] or 0) + 1
  end
  return all
end

-- How often a text is drawn in a buffer.
local function drawn(buffer, text)
  local times = 0
  for _, id in pairs(vim.api.nvim_get_namespaces()) do
    for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(buffer, id, 0, -1, { details = true })) do
      local lines = { mark[4].virt_text or {} }
      vim.list_extend(lines, mark[4].virt_lines or {})
      for _, chunks in ipairs(lines) do
        local all = ""
        for _, chunk in ipairs(chunks) do
          all = all .. chunk[1]
        end
        if all:find(text, 1, true) then
          times = times + 1
        end
      end
    end
  end
  return times
end

local function main()
  vim.cmd("edit " .. os.getenv("FILE"))
  local buffer = vim.api.nvim_get_current_buf()
  local memls = require("starlark_memls.client")
  -- Something for the other to complain of.
  vim.api.nvim_buf_set_lines(buffer, -1, -1, false, { "", "def lost():", "    return 1", "    print(2)" })

  local id = vim.lsp.start_client({ name = "other", cmd = vim.split(os.getenv("OTHER"), " "), root_dir = memls.root(os.getenv("FILE")) })
  assert(id and vim.lsp.buf_attach_client(buffer, id), "the other server does not run")
  local alone
  await("the other's definition, alone", function()
    alone = facts(buffer)
    return alone["textDocument/definition"].other
  end)
  local quiet = vim.loop.now() + 2000 -- its diagnostics come when they come
  vim.wait(10000, function()
    return not vim.tbl_isempty(vim.diagnostic.get(buffer)) or vim.loop.now() > quiet
  end, 50)
  alone = facts(buffer)
  assert(not vim.tbl_isempty(alone.diagnostics), "the other finds nothing wrong")

  require("starlark_memls").setup({ cmd = { os.getenv("SERVER"), "serve" } })
  vim.cmd("doautocmd FileType")
  await("our lens, once", function()
    return drawn(buffer, "#1 memory suspect") == 1
  end)
  local ours
  await("our diagnostics", function()
    ours = vim.tbl_filter(function(d)
      return d.source == "starlark-memls"
    end, vim.diagnostic.get(buffer))
    return #ours > 0
  end)

  local both = facts(buffer)
  for _, method in ipairs(methods) do
    assert(both[method].other == alone[method].other, method .. " of the other was " .. tostring(alone[method].other) .. " and is " .. tostring(both[method].other))
  end
  assert(both["textDocument/definition"].starlark_memls == nil, "definitions come twice")
  assert(both["textDocument/completion"].starlark_memls == nil, "completions come twice")
  assert(both["textDocument/codeLens"].starlark_memls, "our lenses are lost")
  for key, times in pairs(alone.diagnostics) do
    assert(both.diagnostics[key] == times, "a diagnostic of the other is lost or doubled: " .. key)
  end
  for key, times in pairs(both.diagnostics) do
    assert(times == 1, key .. " is there " .. times .. " times")
    assert(alone.diagnostics[key] or key:find("starlark-memls", 1, true) == 1, "whose is " .. key)
  end
  say("ok", "together:", vim.tbl_count(alone.diagnostics), "diagnostics of the other,", #ours, "of ours")

  -- The other goes: what is ours stays.
  vim.lsp.get_client_by_id(id).stop()
  await("the other's end", function()
    return not vim.lsp.get_client_by_id(id) or vim.lsp.get_client_by_id(id).is_stopped()
  end)
  vim.cmd("doautocmd BufEnter")
  await("our lens, still once", function()
    return drawn(buffer, "#1 memory suspect") == 1
  end)
end

local ok, err = xpcall(main, debug.traceback)
if not ok then
  say("FAIL", err)
  vim.cmd("cquit 1")
end
say("PASS", os.getenv("OTHER"))
vim.cmd("qall!")
