-- SPDX-License-Identifier: Apache-2.0

-- Run by a headless Neovim in a repository that holds everything at once that
-- can do harm: nothing false is told, the server's memory stays, and it ends
-- with its client. With $SERVER, $FILE, $OTHERS (a JSON list) and $MOST_MEMORY
-- in MiB. Exits 1 with the reason if anything is not as it must be.
local messages = {}
vim.notify = function(message)
  table.insert(messages, message)
end

local function say(...)
  io.stdout:write(table.concat(vim.tbl_map(tostring, { ... }), " ") .. "\n")
end

local function await(what, test, seconds)
  assert(vim.wait((seconds or 120) * 1000, test, 50), "timed out waiting for " .. what .. "; messages: " .. vim.inspect(messages))
  say("ok", what)
end

-- The process of the server: the one that was started from this Neovim.
local function server_pid()
  for _, name in ipairs(vim.fn.glob("/proc/[0-9]*/cmdline", true, true)) do
    local file = io.open(name)
    local command = file and file:read("*a") or ""
    if file then
      file:close()
    end
    local pid = name:match("%d+")
    local status = io.open("/proc/" .. pid .. "/status")
    local text = status and status:read("*a") or ""
    if status then
      status:close()
    end
    if command:find(vim.env.SERVER .. "\0serve", 1, true) and text:match("PPid:%s*" .. vim.fn.getpid() .. "\n") then
      return pid, tonumber(text:match("VmHWM:%s*(%d+) kB")) / 1024
    end
  end
end

local function clients()
  return (vim.lsp.get_clients or vim.lsp.get_active_clients)({ name = "starlark_memls" })
end

local function nothing_is_told(file)
  vim.cmd("edit " .. vim.fn.fnameescape(file))
  vim.wait(5000) -- what is not to come has no event to wait for
  assert(#messages == 0, "told: " .. vim.inspect(messages))
  assert(#vim.tbl_filter(function(d)
    return not tostring(d.code):find("^ML1") -- of the sources, whatever was built
  end, vim.diagnostic.get()) == 0, "marked: " .. vim.inspect(vim.diagnostic.get()))
  local status = require("starlark_memls").status() or ""
  assert(not status:find("crash"), "the status is " .. status)
  say("ok", "nothing is told over " .. vim.fn.fnamemodify(file, ":t"))
end

local ok, why = pcall(function()
  require("starlark_memls").setup({ cmd = { vim.env.SERVER, "serve" } })
  vim.cmd("edit " .. vim.fn.fnameescape(vim.env.FILE))
  await("the server", function()
    return #clients() == 1 and server_pid() ~= nil
  end)
  nothing_is_told(vim.env.FILE)
  for _, file in ipairs(vim.json.decode(vim.env.OTHERS)) do
    nothing_is_told(file)
  end
  local pid, peak = server_pid()
  assert(pid, "the server has gone")
  assert(peak < tonumber(vim.env.MOST_MEMORY), ("the server took %d MiB"):format(peak))
  say("ok", ("the server's memory stays: %d MiB at most"):format(peak))
  for _, client in ipairs(clients()) do
    client.stop()
  end
  await("the end of the server", function()
    return vim.fn.isdirectory("/proc/" .. pid) == 0
  end, 10)
end)
if not ok then
  say("FAIL", why)
  vim.cmd("cquit 1")
end
vim.cmd("qall!")
