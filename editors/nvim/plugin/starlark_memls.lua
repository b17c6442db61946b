-- SPDX-License-Identifier: Apache-2.0

if vim.g.loaded_starlark_memls then
  return
end
vim.g.loaded_starlark_memls = true
require("starlark_memls.commands").define()
