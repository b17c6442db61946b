// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"sort"

	"example.invalid/starlark-memls/internal/bazel/trace"
)

// Which function drives the garbage collector. A collection belongs to the
// functions in whose own time it fell. Own time means that a caller is not
// blamed for what its callees allocate; a caller and a callee on one thread
// never share. Functions that run at the same moment on several threads do
// share, because the trace does not tell whose allocation was the one too many:
// each gets the part of the pause that corresponds to its overlap.
//
// The collector stops every thread, so a collection that overlaps a function
// lies, as a rule, within it. Where one straddles an edge it counts by its
// part (Horvitz and Thompson's weighting, the inclusion being known), because
// counting it whole would make the rate of a short function depend on the
// length of the pauses. Bazel takes the start of a collection as the time of
// its notification minus its duration, which can be some milliseconds late;
// with calls of 50 ms and more that is noise.

// overlapCollections fills in each function's GCOverlap. collections need not
// be sorted; functions and running have the same indexes.
func overlapCollections(functions []Activity, running []spans, collections []trace.Pause) {
	if len(collections) == 0 {
		return
	}
	sort.Slice(collections, func(i, j int) bool {
		a, b := collections[i], collections[j]
		if a.Start != b.Start {
			return a.Start < b.Start
		}
		return a.End < b.End
	})
	longest := int64(0)
	for _, c := range collections {
		longest = max(longest, c.End-c.Start)
	}
	shared := make([]int64, len(collections)) // overlap of all functions
	for i := range functions {
		eachOverlap(running[i], collections, longest, func(k int, micros int64) {
			shared[k] += micros
		})
	}
	for i := range functions {
		g := &functions[i].GC
		eachOverlap(running[i], collections, longest, func(k int, micros int64) {
			c := collections[k]
			pause := c.End - c.Start
			if c.Major {
				g.Major++
				g.MajorPauseMicros += micros
			} else {
				g.Minor++
				g.MinorPauseMicros += micros
			}
			g.Events += float64(micros) / float64(pause)
			part := float64(pause) * float64(micros) / float64(max(shared[k], pause))
			g.SharedPauseMicros += part
			if c.Major {
				g.SharedMajorMicros += part
			}
		})
	}
}

// eachOverlap calls visit for each collection that overlaps the union, with
// the length of the overlap. Both are sorted by start; no collection is longer
// than longest. An instantaneous collection counts as one microsecond long.
func eachOverlap(running spans, collections []trace.Pause, longest int64, visit func(k int, micros int64)) {
	if len(running) == 0 {
		return
	}
	k := sort.Search(len(collections), func(k int) bool {
		return collections[k].Start+longest > running[0].Start
	})
	first := 0
	for k < len(collections) {
		c := collections[k].Span
		for first < len(running) && running[first].End <= c.Start {
			first++
		}
		if first == len(running) {
			return
		}
		k++
		if next := running[first].Start; c.End <= next { // most do: a function runs for a small part of the time
			if k < len(collections) && collections[k].Start+longest <= next {
				rest := collections[k:]
				k += sort.Search(len(rest), func(i int) bool { return rest[i].Start+longest > next })
			}
			continue
		}
		var micros int64
		for i := first; i < len(running) && running[i].Start < c.End; i++ {
			micros += max(0, min(running[i].End, c.End)-max(running[i].Start, c.Start))
		}
		if micros > 0 {
			visit(k-1, micros)
		}
	}
}
