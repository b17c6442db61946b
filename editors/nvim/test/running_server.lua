-- SPDX-License-Identifier: Apache-2.0

-- Run by a headless Neovim beside real builds: $BUILD and $DIE are command
-- lines of one that passes and one that runs out of memory; with $SERVER and
-- $FILE. Exits 1 with the reason if anything is not as it must be.
local messages = {}
vim.notify = function(message, level)
  table.insert(messages, { text = message, level = level })
end

local function say(...)
  io.stdout:write(table.concat(vim.tbl_map(tostring, { ... }), " ") .. "\n")
end

local function await(what, test, seconds)
  assert(vim.wait((seconds or 120) * 1000, test, 50), "timed out waiting for " .. what .. "; messages: " .. vim.inspect(messages))
  say("ok", what)
end

local function all_text()
  local all = {}
  for _, id in pairs(vim.api.nvim_get_namespaces()) do
    for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, id, 0, -1, { details = true })) do
      for _, chunk in ipairs(mark[4].virt_text or {}) do
        table.insert(all, chunk[1])
      end
      for _, line in ipairs(mark[4].virt_lines or {}) do
        for _, chunk in ipairs(line) do
          table.insert(all, chunk[1])
        end
      end
    end
  end
  return table.concat(all, "\n")
end

local function told(pattern)
  for _, message in ipairs(messages) do
    if message.text:match(pattern) then
      return message.text
    end
  end
end

local memls = require("starlark_memls")

-- Runs a build, and returns its exit code and all that the gauge showed.
local function build(command)
  local seen, code = {}, nil
  vim.fn.jobstart({ "sh", "-c", command }, { on_exit = function(_, c)
    code = c
  end })
  await("the build's end", function()
    seen[memls.gauge()] = true
    return code
  end, 300)
  return code, table.concat(vim.tbl_keys(seen), " | ")
end

local ok, why = pcall(function()
  memls.setup({ cmd = { vim.env.SERVER, "serve" } })
  vim.cmd("edit " .. vim.fn.fnameescape(vim.env.FILE))
  vim.bo.filetype = "bzl"
  await("the server", function()
    return #require("starlark_memls.client").running() > 0
  end)

  local code, seen = build(vim.env.BUILD)
  assert(code == 0 and seen:match("Bazel %d+ of %d+ MiB"), "the gauge of a build that passed: " .. seen)
  await("the gauge at rest", function()
    return memls.gauge() == ""
  end)

  vim.cmd("MemlsLive!")
  await("the answer", function()
    return told("As of the living server at %d+:%d+:%d+: traverse_impl %(memory/eat%.bzl:%d+%) holds [%d.]+ MiB of the [%d.]+ MiB live heap")
  end)
  await("the lens of a build that passed", function()
    return all_text():match("retains [%d.]+ MiB %(living server, %d+:%d+:%d+%)")
  end)
  vim.cmd("MemlsCompareWithLast!")
  await("the comparison", function()
    return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n"):match("Live heap [%d.]+ MiB, was ")
  end)
  vim.cmd("MemlsArm")
  await("arming", function()
    return told("will leave java_pid%d+%.hprof")
  end)

  code, seen = build(vim.env.DIE)
  assert(code ~= 0, "it was to run out of memory")
  assert(seen:match("Bazel is dying, %d+%% full"), "the gauge of a build that died: " .. seen)
  assert(told("Bazel will probably run out of memory: .* will stand still for about "), "it was not foretold: " .. vim.inspect(messages))
end)
if not ok then
  say("FAILED", why)
  vim.cmd("cquit")
end
vim.cmd("qall!")
