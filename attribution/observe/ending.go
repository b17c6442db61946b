// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/bazel/trace"
)

// The windows of the origin's parse-profile.py: how long before the end of
// the last Starlark call another one may have ended (strictly less) to count
// as active at the end.
const (
	CloseMicros  = 100_000
	MediumMicros = 1_000_000
	farMicros    = 10_000_000
)

// maxEnded bounds the ends that are kept; 16 bytes each.
const maxEnded = 1 << 20

// countEnded adds each end to its function's windows.
func (c *traceCollector) countEnded() {
	latest, _ := c.ended.Latest()
	for _, e := range c.ended.Ended() {
		f := &c.functions[e.About]
		before := latest - e.Micros
		if before < CloseMicros {
			f.EndedClose++
		}
		if before < MediumMicros {
			f.EndedMedium++
		}
		if before < farMicros {
			f.EndedFar++
		}
	}
}

// programTime is a stretch without the collections in it, which are sorted.
func programTime(in trace.Span, collections []trace.Pause) int64 {
	left := in.End - in.Start
	for k := len(collections) - 1; k >= 0 && collections[k].End > in.Start; k-- {
		left -= in.Common(collections[k].Span)
	}
	return max(0, left)
}

// isWork reports whether events of the category are work of the build. What
// frames the build (phases, modules' hooks, whole evaluations), watches it
// (GC, counters) or closes it ("Finishing") goes on after a crash.
func isWork(category string) bool {
	switch category {
	case "", trace.CategoryGC, trace.CategoryPhaseMarker, trace.CategoryGeneral,
		"skyframe evaluator", "critical path component", "Unknown event":
		return false
	}
	return true
}

// endings lists how each thread's Starlark ended, latest first.
func (c *traceCollector) endings(names map[int64]string, blamed []trace.Pause) {
	latest, _ := c.ended.Latest()
	for tid, n := range c.threads.All() {
		if len(n.last) == 0 {
			continue
		}
		outermost := n.last[len(n.last)-1]
		if latest-outermost.End >= farMicros {
			continue
		}
		c.functions[outermost.About.function].LastOnThread++
		name := names[tid]
		if name == "" {
			name = fmt.Sprintf("thread %d", tid)
		}
		e := Ending{Thread: name, BeforeLastMicros: programTime(trace.Span{Start: outermost.End, End: latest}, blamed)}
		chain := unwound(n.last, blamed)
		for depth, call := range chain {
			made := c.endedCall(n, call)
			made.SelfMicros = programShare(chain[:depth+1], blamed)
			e.Chain = append(e.Chain, made)
			if depth > 0 {
				e.Chain[depth-1].Caller = made.Name
			}
		}
		if n.withinOf == chain[0].Span {
			e.Chain[0].Builtin, e.Chain[0].BuiltinMicros = c.lastBuiltin(n.within, chain[0], e.Chain[0].SelfMicros, blamed)
		}
		c.facts.Endings = append(c.facts.Endings, e)
	}
	slices.SortFunc(c.facts.Endings, func(a, b Ending) int {
		return cmp.Or(cmp.Compare(b.EndMicros(), a.EndMicros()), strings.Compare(a.Thread, b.Thread))
	})
}

// RecordedMicros is the shortest call that is recorded by default.
const RecordedMicros = 50_000
