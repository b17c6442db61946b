package attribution

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
	closeMicros  = 100_000
	mediumMicros = 1_000_000
	farMicros    = 10_000_000
)

// maxEnded bounds the ends that are kept; 16 bytes each.
const maxEnded = 1 << 20

// ended is a call's end.
type ended struct {
	micros   int64
	function int32
}

// An endWindow keeps the ends of the calls that may turn out to lie within
// the far window of the last one. Ends arrive nearly in order, over all
// threads, so the old ones are dropped from the front in bulk.
type endWindow struct {
	ends   []ended
	latest int64
	any    bool
	// lost says that the bound was reached and old ends were dropped.
	lost bool
	room int
}

func (w *endWindow) add(e ended) {
	if !w.any || e.micros > w.latest {
		w.any, w.latest = true, e.micros
	}
	if w.latest-e.micros >= farMicros {
		return
	}
	if len(w.ends) >= max(w.room, 1024) {
		w.drop()
	}
	w.ends = append(w.ends, e)
}

// drop forgets the ends that are out of the window, and where that leaves too
// many, the older half.
func (w *endWindow) drop() {
	kept := w.ends[:0]
	for _, e := range w.ends {
		if w.latest-e.micros < farMicros {
			kept = append(kept, e)
		}
	}
	if len(kept) >= maxEnded {
		w.lost = true
		kept = append(kept[:0], kept[len(kept)/2:]...)
	}
	w.ends = kept
	w.room = min(2*len(kept), maxEnded)
}

// count adds each end to its function's windows.
func (w *endWindow) count(functions []Activity) {
	for _, e := range w.ends {
		f := &functions[e.function]
		before := w.latest - e.micros
		if before < closeMicros {
			f.EndedClose++
		}
		if before < mediumMicros {
			f.EndedMedium++
		}
		if before < farMicros {
			f.EndedFar++
		}
	}
}

// programTime is a stretch without the collections in it, which are sorted.
func programTime(in span, collections []collection) int64 {
	left := in.end - in.start
	for k := len(collections) - 1; k >= 0 && collections[k].end > in.start; k-- {
		left -= common(in, collections[k].span)
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
func (c *traceCollector) endings(names map[int64]string, blamed []collection) {
	for tid, n := range c.threads {
		if len(n.last) == 0 {
			continue
		}
		outermost := n.last[len(n.last)-1]
		if c.window.latest-outermost.end >= farMicros {
			continue
		}
		c.functions[outermost.function].LastOnThread++
		name := names[tid]
		if name == "" {
			name = fmt.Sprintf("thread %d", tid)
		}
		e := Ending{Thread: name, BeforeLastMicros: programTime(span{outermost.end, c.window.latest}, blamed)}
		chain := unwound(n.last, blamed)
		for depth, call := range chain {
			made := c.endedCall(n, call)
			made.SelfMicros = programShare(chain[:depth+1], blamed)
			e.Chain = append(e.Chain, made)
			if depth > 0 {
				e.Chain[depth-1].Caller = made.Name
			}
		}
		if n.withinOf == chain[0].span {
			e.Chain[0].Builtin, e.Chain[0].BuiltinMicros = c.lastBuiltin(n.within, chain[0], e.Chain[0].SelfMicros, blamed)
		}
		c.facts.Endings = append(c.facts.Endings, e)
	}
	slices.SortFunc(c.facts.Endings, func(a, b Ending) int {
		return cmp.Or(cmp.Compare(b.EndMicros(), a.EndMicros()), strings.Compare(a.Thread, b.Thread))
	})
}
