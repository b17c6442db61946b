// SPDX-License-Identifier: Apache-2.0

package perfdata

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// places are where the counters of a process may lie: /tmp whatever TMPDIR
// says, as the process itself sees it and under the id that it has there
// (containers), else as we see it.
func places(pid int) []string {
	root := filepath.Join("/proc", strconv.Itoa(pid), "root", "tmp")
	return []string{pattern(root, innerPID(pid)), pattern("/tmp", pid)}
}

// innerPID is the id of a process in its own pid namespace: the last of NSpid.
func innerPID(pid int) int {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return pid
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "NSpid:"); ok && strings.TrimSpace(rest) != "" {
			ids := strings.Fields(rest)
			if n, err := strconv.Atoi(ids[len(ids)-1]); err == nil {
				return n
			}
		}
	}
	return pid
}
