-- SPDX-License-Identifier: Apache-2.0

-- The configuration for vim.lsp.enable('starlark_memls') of Neovim 0.11 and
-- later; older ones: require('starlark_memls').setup().
return require("starlark_memls.client").config()
