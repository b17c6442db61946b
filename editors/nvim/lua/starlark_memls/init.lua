-- SPDX-License-Identifier: Apache-2.0

-- What a user calls: setup(), status() and gauge().
local M = {}

--- Starts the server for every Bazel file that is opened from now on, and for
--- those that are open. Works from Neovim 0.7 on; from 0.11 on
--- vim.lsp.enable('starlark_memls') does the same.
---
--- options.cmd        the server's command line, a list
--- options.settings   starlarkMemls settings, e.g. { codeLens = { minScore = 0.5 } }
--- options.on_attach  called with the client and the buffer
function M.setup(options)
  local client = require("starlark_memls.client")
  client.options = vim.tbl_deep_extend("force", client.options, options or {})
  if vim.lsp.enable and vim.lsp.config then
    vim.lsp.config("starlark_memls", client.config())
    vim.lsp.enable("starlark_memls")
    return
  end
  local group = vim.api.nvim_create_augroup("starlark_memls", { clear = true })
  vim.api.nvim_create_autocmd("FileType", {
    group = group,
    pattern = client.filetypes,
    callback = function(event)
      client.start(event.buf)
    end,
  })
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) and vim.tbl_contains(client.filetypes, vim.bo[buffer].filetype) then
      client.start(buffer)
    end
  end
end

--- A word for the statusline: "1 crash, 3 hot", what is under way, or "".
function M.status()
  return require("starlark_memls.report").status()
end

--- The heap of the workspace's Bazel server for the statusline: "Bazel 812 of
--- 4096 MiB" while it works, "Bazel 91% full" near its limit, "Bazel is dying,
--- 97% full", and "" while it rests or there is none. With `true`, the highlight
--- group that goes with it comes second.
function M.gauge(with_highlight)
  local report = require("starlark_memls.report")
  local text = report.gauge()
  if not with_highlight then
    return text
  end
  local worst = report.worst_server()
  local groups = { near_limit = "DiagnosticWarn", dying = "DiagnosticError" }
  return text, worst and groups[worst.state] or "StatusLine"
end

return M
