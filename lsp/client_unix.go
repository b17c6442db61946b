// SPDX-License-Identifier: Apache-2.0

//go:build unix

package lsp

import "syscall"

// processThere reports whether a process of this user's is there.
func processThere(pid int) bool { return syscall.Kill(pid, 0) == nil }
