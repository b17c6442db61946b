-- What a user calls: setup() and status().
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

return M
