// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// started tells this process from an earlier one with the same id: in a
// container that was started again both are often 1.
var started = time.Now().UnixNano()

// unfinishedPrefix names folders that are not whole: hidden, with the host
// and the process, so that another machine's are let alone.
func unfinishedPrefix(name string) string {
	return fmt.Sprintf("%s%d-%d-%s-", ourPrefix(), os.Getpid(), started, name)
}

func ourPrefix() string {
	host, _ := os.Hostname()
	return ".unfinished-" + strings.ReplaceAll(host, "-", "_") + "-"
}

// removeLeftovers removes what a killed sweep of this machine has left
// unfinished. What cannot be removed does no harm.
func removeLeftovers(out string) {
	prefix := ourPrefix()
	for _, pattern := range []string{filepath.Join(out, prefix+"*"), filepath.Join(out, "*", prefix+"*")} {
		found, _ := filepath.Glob(pattern)
		for _, folder := range found {
			var pid int
			var since int64
			rest := strings.TrimPrefix(filepath.Base(folder), prefix)
			if _, err := fmt.Sscanf(rest, "%d-%d-", &pid, &since); err != nil {
				continue
			}
			ours := pid == os.Getpid()
			if ours && since != started || !ours && !processRuns(pid) {
				_ = removeAll(folder)
			}
		}
	}
}
