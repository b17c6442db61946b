// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package perfdata

import "os"

// places are where the counters of a process may lie: the user's own temporary
// folder on macOS, %TEMP% on Windows.
func places(pid int) []string {
	return []string{pattern(os.TempDir(), pid), pattern("/tmp", pid)}
}
