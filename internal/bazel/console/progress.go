// SPDX-License-Identifier: Apache-2.0

package console

import (
	"strconv"
	"strings"
)

// progressWords begin the lines that Bazel's UI prints while it works.
var progressWords = [...]string{
	"Loading:", "Analyzing:", "INFO: ", "DEBUG: ", "WARNING: ", "Building:", "Computing main repo mapping:",
	"Fetching ", "Extracting Bazel", "Starting local Bazel server", "... still trying to connect", "Waiting for ",
	"checking cached actions", "currently loading:", "FAILED:", "Target ", "Use --", "Testing:", "Dumping heap to ",
}

// isProgress reports whether text is a line of Bazel's UI, which may stand
// anywhere: progress, a counter "[12 / 3,456]", a log event.
func isProgress(text string) bool {
	t := strings.TrimLeft(text, " \t")
	if strings.HasPrefix(t, "[") {
		inner, _, found := strings.Cut(t[1:], "]")
		return found && strings.Contains(inner, " / ") && digits(inner) > 0
	}
	for _, w := range progressWords {
		if strings.HasPrefix(t, w) {
			return true
		}
	}
	return false
}

// A loading is what the UI shows being loaded: a line of its own below that of
// the phase, until the phase's line is printed anew.
//
//	Analyzing: 38 targets (14 packages loaded)
//	    currently loading: a/b ... (2 packages)
type loading struct {
	pkg      string
	others   int
	packages bool // the phase is loading, or a package is
}

// progress takes a line of the UI.
func (l *loading) progress(text string) {
	text = strings.TrimSpace(text)
	rest, ok := strings.CutPrefix(text, "currently loading: ")
	switch {
	case ok:
		*l = loading{pkg: rest, packages: true}
		name, count, more := strings.Cut(rest, " ... (")
		if n, err := strconv.Atoi(strings.TrimSuffix(count, " packages)")); more && err == nil && n > 0 {
			l.pkg, l.others = name, n-1
		}
	case strings.HasPrefix(text, "Loading:"), text == "currently loading:":
		*l = loading{packages: true}
	case strings.HasPrefix(text, "Analyzing:"), strings.HasPrefix(text, "["),
		strings.HasPrefix(text, "Starting local"), strings.HasPrefix(text, "INFO: Analyzed "), strings.HasPrefix(text, "INFO: Build completed"):
		*l = loading{}
	}
}
