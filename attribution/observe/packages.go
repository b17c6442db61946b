// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"slices"

	"example.invalid/starlark-memls/internal/bazel/trace"
)

// maxPackages bounds the package events remembered of a thread; the last ones
// are those that matter.
const maxPackages = 4

// loadGapMicros is how long after a package's evaluation was broken off the
// code of a file that it loads can begin.
const loadGapMicros = 100_000

// A packageSpan is one evaluation of a package, or of what a label names.
type packageSpan struct {
	name string
	trace.Span
}

// remember keeps the latest.
func remember(list []packageSpan, p packageSpan) []packageSpan {
	if len(list) == maxPackages {
		list = append(list[:0], list[1:]...)
	}
	return append(list, p)
}

// around finds the package that a <toplevel> is of, "" where the thread does
// not tell, and whether it is the BUILD file's.
func (n *threadCalls) around(c trace.Span) (name string, build bool) {
	for _, p := range slices.Backward(n.packages) {
		switch {
		case p.Start <= c.Start && p.End >= c.End:
			return p.name, true
		case p.End <= c.Start && c.Start-p.End <= loadGapMicros:
			return p.name, false
		}
	}
	return "", false
}
