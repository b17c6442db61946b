-- SPDX-License-Identifier: Apache-2.0

-- :checkhealth starlark_memls
local M = {}

local health = vim.health or require("health")
local start = health.start or health.report_start
local ok = health.ok or health.report_ok
local warn = health.warn or health.report_warn
local fail = health.error or health.report_error
local info = health.info or health.report_info

local function first_line(command)
  local out = vim.fn.systemlist(command)
  return vim.v.shell_error == 0 and out[1] or nil
end

local function count(n, one, many)
  return n .. " " .. (n == 1 and one or many)
end

function M.check()
  local client = require("starlark_memls.client")
  start("starlark-memls")
  local binary = client.options.cmd[1]
  if vim.fn.executable(binary) == 1 then
    ok(vim.fn.exepath(binary) .. ": " .. (first_line({ binary, "version" }) or "says no version"))
  else
    fail(binary .. " is not executable or not in PATH", { "go build -o ~/bin/starlark-memls ./cmd/starlark-memls", "or require('starlark_memls').setup { cmd = { '/path/to/starlark-memls', 'serve' } }" })
  end
  if vim.lsp.inlay_hint then
    ok("inlay hints are Neovim's own")
  else
    info("this Neovim has no inlay hints: they are drawn as virtual text")
  end
  local running = client.running()
  if #running == 0 then
    warn("no server is running", { "open a .bzl or BUILD file", "call require('starlark_memls').setup(), or on 0.11 and later vim.lsp.enable('starlark_memls')" })
  end
  local report = require("starlark_memls.report")
  for _, server in ipairs(running) do
    local root = server.config and server.config.root_dir or "no root"
    ok(("server %d for %s: %s, %s"):format(server.id, root, count(#report.crashes(server.id), "crash", "crashes"), count(#report.suspects(server.id), "suspect", "suspects")))
    for _, wrong in ipairs(report.wrong(server.id)) do
      warn(wrong)
    end
  end
  if vim.fn.executable(binary) == 1 and vim.fn.executable("bazel") == 0 then
    info("no bazel in PATH: sweeps need one, all else does not")
  end
end

return M
