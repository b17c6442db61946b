// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/internal/perfdata"
	"example.invalid/starlark-memls/internal/quantity"
)

// LastWords are what the counters of an output base's last server say, which
// stay behind when it was ended by SIGKILL: the kernel's OOM killer, as a rule.
// ok is false where there are none.
func LastWords(outputBase string) (words string, ok bool) {
	text, err := input.ReadFile(context.Background(), filepath.Join(outputBase, "server", "server.pid.txt"), 64)
	if err != nil {
		return "", false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 1 {
		return "", false
	}
	if _, err := os.Stat(filepath.Join("/proc", strconv.Itoa(pid))); err == nil {
		return "", false // the id is another process's by now, and so are its counters
	}
	c, err := perfdata.Leftover(pid)
	if err != nil {
		return "", false
	}
	s := c.Sample()
	return fmt.Sprintf("its last server, process %d, was killed from outside (it had no time to remove its counters): heap %s of %s, %s, last cause %q",
		pid, quantity.Bytes(s.UsedBytes), quantity.Bytes(s.LimitBytes), quantity.Count(int(s.Full.Count), "full collection", "full collections"), s.LastCause), true
}
