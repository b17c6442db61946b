// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"bufio"
	"context"
	"io"
	"strings"

	"example.invalid/starlark-memls/internal/input"
)

// startupFailure is why the server did not start, from the console; empty if
// it did. The client says "Server crashed during startup" and then prints
// what the JVM wrote (src/main/cpp/blaze.cc, all versions):
//
//	Error occurred during initialization of VM
//	Too small maximum heap
func startupFailure(console string) string {
	file, err := input.Open(context.Background(), console)
	if err != nil {
		return ""
	}
	defer file.Close()
	lines := bufio.NewScanner(io.LimitReader(file, 1<<20))
	crashed, why := false, ""
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		switch {
		case strings.Contains(line, "Server crashed during startup"):
			crashed = true
		case crashed && why == "" && tellsWhy(line):
			why = strings.TrimPrefix(line, "Exception: ")
		}
	}
	if crashed && why == "" {
		why = "it crashed during startup"
	}
	return why
}

// tellsWhy passes over the JVM's warnings and headings.
func tellsWhy(line string) bool {
	return line != "" && !strings.Contains(line, "warning:") && !strings.HasPrefix(line, "Error occurred during initialization")
}
