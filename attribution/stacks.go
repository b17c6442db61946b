// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"fmt"
	"strings"

	"example.invalid/starlark-memls/attribution/join"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/internal/bazel/javastack"
)

// stackEvidence weighs the crash stacks. told is the number of crashes whose
// stacks name any function of the user's; heapKnown: a dump tells who holds the
// memory.
func stackEvidence(s *join.Subject, told int, heapKnown bool) reason {
	if len(s.Stacked) == 0 || told == 0 {
		return reason{}
	}
	sum := join.OverCrashes(s.Stacked)
	ceiling := weights.FramesCeiling
	if heapKnown {
		ceiling = weights.FramesBesideHeap
	}
	f := reason{weight: ceiling * stats.Clamp01(sum/float64(told))}
	switch {
	case len(s.Framed) == 0:
		f.reason = fmt.Sprintf("on another thread's stack in %d of %s that left a Starlark stack", len(s.Stacked), crashes(told))
	case len(s.Inner) == 0:
		f.reason = fmt.Sprintf("a caller on the failing stack in %d of %s that left a Starlark stack", len(s.Framed), crashes(told))
	default:
		f.reason = fmt.Sprintf("on the failing stack in %d of %s that left a Starlark stack, innermost in %d", len(s.Framed), crashes(told), len(s.Inner))
	}
	return f
}

// stackWords say what one stack is worth.
func (w *scoring) stackWords(s *join.Subject) string {
	if w.notHeap || w.stacked != 1 || len(s.Inner) == 0 || s.Holds() || s.Caller || s.Called {
		return ""
	}
	words := "a single stack shows who asked for the last byte; the heap may have been filled by another function"
	for i := range s.Inner {
		if own := javastack.Own(w.observed.Crashes[i].Facts.Java); own != "" {
			words += "; that was Bazel's own " + own + ", in a builtin that it called"
		}
	}
	return words
}

// namedEvidence weighs what the crashes name, over all crashes.
func namedEvidence(s *join.Subject, total int) reason {
	if len(s.Named) == 0 {
		return reason{}
	}
	sum := join.OverCrashes(s.Named)
	return reason{
		weight: sum / float64(total),
		reason: fmt.Sprintf("%s in %d of %s", strings.Join(s.NamedHow, "; "), len(s.Named), crashes(total)),
	}
}
