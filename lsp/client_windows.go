// SPDX-License-Identifier: Apache-2.0

package lsp

// processThere: nothing is watched here. The end of a process closes its pipes,
// and no other process inherits them.
func processThere(int) bool { return false }
