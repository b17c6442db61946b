-- SPDX-License-Identifier: Apache-2.0

-- What is drawn in a buffer besides diagnostics, which Neovim draws by itself:
-- lenses, and inlay hints, as virtual text where Neovim (before 0.10) has none.
local M = {}

local namespace = vim.api.nvim_create_namespace("starlark_memls_hints")
local native_hints = vim.lsp.inlay_hint ~= nil

--- Sends a request, in the way that this Neovim's clients want.
function M.request(client, method, params, handler, buffer)
  if vim.fn.has("nvim-0.11") == 1 then
    return client:request(method, params, handler, buffer)
  end
  return client.request(method, params, handler, buffer)
end

-- A hint that belongs behind a name within the line, `joined: 3.6 MiB string`,
-- has to say the name when it stands at the line's end.
local function label(hint, text)
  local _, length = vim.str_utfindex(text) -- as the protocol counts: in UTF-16
  if hint.position.character >= length then
    return hint.label
  end
  local before = text:sub(1, vim.str_byteindex(text, hint.position.character, true))
  return (before:match("[%w_]+$") or "") .. hint.label
end

local function draw_hints(client, buffer)
  local last = vim.api.nvim_buf_line_count(buffer)
  local params = {
    textDocument = { uri = vim.uri_from_bufnr(buffer) },
    range = { start = { line = 0, character = 0 }, ["end"] = { line = last, character = 0 } },
  }
  local tick = vim.api.nvim_buf_get_changedtick(buffer)
  M.request(client, "textDocument/inlayHint", params, function(err, hints)
    if err or not vim.api.nvim_buf_is_loaded(buffer) or vim.api.nvim_buf_get_changedtick(buffer) ~= tick then
      return
    end
    vim.api.nvim_buf_clear_namespace(buffer, namespace, 0, -1)
    for _, hint in ipairs(hints or {}) do
      local text = vim.api.nvim_buf_get_lines(buffer, hint.position.line, hint.position.line + 1, false)[1] or ""
      vim.api.nvim_buf_set_extmark(buffer, namespace, hint.position.line, 0, {
        virt_text = { { label(hint, text), "Comment" } },
        virt_text_pos = "eol",
        hl_mode = "combine",
      })
    end
  end, buffer)
end

local function draw(client, buffer)
  if vim.lsp.codelens.enable then
    vim.lsp.codelens.enable(true, { bufnr = buffer }) -- 0.12 keeps them fresh
  elseif vim.fn.has("nvim-0.10") == 1 then
    vim.lsp.codelens.refresh({ bufnr = buffer })
  else
    vim.api.nvim_buf_call(buffer, vim.lsp.codelens.refresh)
  end
  if not native_hints then
    draw_hints(client, buffer)
  end
end

--- Keeps a buffer's lenses and hints fresh.
function M.attach(client, buffer)
  if native_hints then
    vim.lsp.inlay_hint.enable(true, { bufnr = buffer })
  end
  local group = vim.api.nvim_create_augroup("starlark_memls_" .. buffer, { clear = true })
  vim.api.nvim_create_autocmd({ "BufEnter", "InsertLeave", "TextChanged" }, {
    group = group,
    buffer = buffer,
    callback = function()
      if client.is_stopped and (vim.fn.has("nvim-0.11") == 1 and client:is_stopped() or vim.fn.has("nvim-0.11") == 0 and client.is_stopped()) then
        return true -- the autocommand goes with its client
      end
      draw(client, buffer)
    end,
  })
  draw(client, buffer)
end

--- Draws anew in all buffers of a client.
function M.refresh(id)
  local client = vim.lsp.get_client_by_id(id)
  if not client then
    return
  end
  for _, buffer in ipairs(vim.lsp.get_buffers_by_client_id(id)) do
    if vim.api.nvim_buf_is_loaded(buffer) then
      draw(client, buffer)
      if native_hints then -- asked for once an edit; the report is no edit
        vim.lsp.inlay_hint.enable(false, { bufnr = buffer })
        vim.lsp.inlay_hint.enable(true, { bufnr = buffer })
      end
    end
  end
end

return M
