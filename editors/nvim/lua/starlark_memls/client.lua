-- SPDX-License-Identifier: Apache-2.0

-- The client, in the three ways that Neovims start one: vim.lsp.enable (0.11),
-- vim.lsp.start (0.8) and vim.lsp.start_client (0.7).
local report = require("starlark_memls.report")
local show = require("starlark_memls.show")

local M = {
  name = "starlark_memls",
  filetypes = { "bzl", "starlark" },
  root_markers = { "MODULE.bazel", "WORKSPACE", "WORKSPACE.bazel" },
  options = { cmd = { "starlark-memls", "serve" }, settings = {} },
}

--- The root of the workspace around a file, or nil.
function M.root(file)
  local directory = vim.fn.fnamemodify(file, ":p:h")
  while true do
    for _, marker in ipairs(M.root_markers) do
      if vim.fn.filereadable(directory .. "/" .. marker) == 1 then
        return directory
      end
    end
    local parent = vim.fn.fnamemodify(directory, ":h")
    if parent == directory then
      return nil
    end
    directory = parent
  end
end

local function capabilities()
  local all = vim.lsp.protocol.make_client_capabilities()
  all.experimental = vim.tbl_deep_extend("force", all.experimental or {}, { starlarkMemls = { reportChanged = true, serverState = true } })
  return all
end

local function on_attach(client, buffer)
  show.attach(client, buffer)
  if M.options.on_attach then
    M.options.on_attach(client, buffer)
  end
end

-- Of the protocol's message types.
local levels = { vim.log.levels.ERROR, vim.log.levels.WARN, vim.log.levels.INFO, vim.log.levels.INFO }

--- The whole configuration, as vim.lsp.config and vim.lsp.start take it.
function M.config()
  return {
    name = M.name,
    cmd = M.options.cmd,
    filetypes = M.filetypes,
    root_markers = M.root_markers,
    capabilities = capabilities(),
    settings = { starlarkMemls = M.options.settings },
    init_options = M.options.settings,
    on_attach = on_attach,
    on_exit = function(_, _, id)
      report.forget(id)
    end,
    handlers = {
      -- vim.notify, which users replace by what they like; Neovim's own
      -- handler echoes, and a long message then waits for a key.
      ["window/showMessage"] = function(_, result)
        vim.notify("starlark-memls: " .. result.message, levels[result.type] or vim.log.levels.INFO)
        return vim.NIL
      end,
      ["starlarkMemls/reportChanged"] = function(_, overview, context)
        report.take(context.client_id, overview)
        show.refresh(context.client_id)
      end,
      ["starlarkMemls/serverState"] = function(_, state, context)
        report.take_server(context.client_id, state)
      end,
    },
  }
end

-- Where vim.lsp.start is missing: the clients by root.
local started = {}

--- Starts the server for a buffer, or attaches the one that runs for its root.
function M.start(buffer)
  local file = vim.api.nvim_buf_get_name(buffer)
  if file == "" then
    return
  end
  local config = M.config()
  config.root_dir = M.root(file)
  if vim.lsp.start then
    vim.lsp.start(config, { bufnr = buffer })
    return
  end
  local key = config.root_dir or vim.fn.fnamemodify(file, ":p:h")
  local known = started[key] and vim.lsp.get_client_by_id(started[key])
  if not known or known.is_stopped() then
    started[key] = vim.lsp.start_client(config)
  end
  if started[key] then
    vim.lsp.buf_attach_client(buffer, started[key])
  end
end

--- The running clients, the one of the current buffer first.
function M.running()
  local list = vim.lsp.get_clients or vim.lsp.get_active_clients
  local all = vim.tbl_filter(function(client)
    return client.name == M.name
  end, list())
  local here = vim.api.nvim_get_current_buf()
  table.sort(all, function(a, b)
    local a_here, b_here = vim.lsp.buf_is_attached(here, a.id), vim.lsp.buf_is_attached(here, b.id)
    if a_here ~= b_here then
      return a_here
    end
    return a.id < b.id
  end)
  return all
end

return M
