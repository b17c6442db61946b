// SPDX-License-Identifier: Apache-2.0

//go:build unix

package outputbase

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// processAlive reports whether process pid runs. Where the system tells when
// a process started (Linux: field 22 of /proc/<pid>/stat, which is what Bazel
// writes to server.starttime), a later process under the same id does not
// count. A zombie is dead: its memory and its heap are gone.
func processAlive(pid int, startTime string) bool {
	err := syscall.Kill(pid, 0)
	if err != nil && !errors.Is(err, syscall.EPERM) {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return true // no /proc here: the id is all there is
	}
	// The name, in parentheses, may hold anything; fields are counted after it.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 20 {
		return true
	}
	state, started := fields[0], fields[19]
	return state != "Z" && state != "X" && (startTime == "" || startTime == started)
}
