package attribution

import (
	"sort"
	"strings"
)

// Which function drives the garbage collector. A collection belongs to the
// functions in whose own time it fell. Own time means that a caller is not
// blamed for what its callees allocate; a caller and a callee on one thread
// never share. Functions that run at the same moment on several threads do
// share, because the trace does not tell whose allocation was the straw:
// each gets the part of the pause that corresponds to its overlap.
//
// The collector stops every thread, so a collection that overlaps a function
// lies, as a rule, within it. Where one straddles an edge it counts by its
// part (Horvitz and Thompson's weighting, the inclusion being known), because
// counting it whole would make the rate of a short function depend on the
// length of the pauses. Bazel takes the start of a collection as the time of
// its notification minus its duration, which can be some milliseconds late;
// with calls of 50 ms and more that is noise.

// Two collections that stop the program cannot overlap. Where they do in the
// profile, their notifications came late and together, which is what happens
// when the heap is so full that the thread that sends them hardly runs: fifty
// collections of half a second each were seen to end within 200 ms. They are
// moved back, from the last one on, so far that each ends before the next
// begins (untangle).

// untangle sorts collections and moves those that overlap a later one before it.
func untangle(collections []collection) {
	sort.SliceStable(collections, func(i, j int) bool { return collections[i].end < collections[j].end })
	for i := len(collections) - 2; i >= 0; i-- {
		if late := collections[i].end - collections[i+1].start; late > 0 {
			collections[i].start -= late
			collections[i].end -= late
		}
	}
}

// A collection is one garbage collection.
type collection struct {
	span
	major bool
}

// isMajor tells major from minor by the event's name ("major GC"; G1 on newer
// JDKs writes "G1 Young Generation" style names, "concurrent GC", "GC pause").
func isMajor(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "major") || strings.Contains(name, "full") || strings.Contains(name, "old")
}

// overlapCollections fills in each function's GCOverlap. collections need not
// be sorted; functions and running have the same indexes.
func overlapCollections(functions []Activity, running []spans, collections []collection) {
	if len(collections) == 0 {
		return
	}
	sort.Slice(collections, func(i, j int) bool {
		a, b := collections[i], collections[j]
		if a.start != b.start {
			return a.start < b.start
		}
		return a.end < b.end
	})
	longest := int64(0)
	for _, c := range collections {
		longest = max(longest, c.end-c.start)
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
			pause := c.end - c.start
			if c.major {
				g.Major++
				g.MajorPauseMicros += micros
			} else {
				g.Minor++
				g.MinorPauseMicros += micros
			}
			g.Events += float64(micros) / float64(pause)
			part := float64(pause) * float64(micros) / float64(max(shared[k], pause))
			g.SharedPauseMicros += part
			if c.major {
				g.SharedMajorMicros += part
			}
		})
	}
}

// eachOverlap calls visit for each collection that overlaps the union, with
// the length of the overlap. Both are sorted by start; no collection is longer
// than longest. An instantaneous collection counts as one microsecond long.
func eachOverlap(running spans, collections []collection, longest int64, visit func(k int, micros int64)) {
	if len(running) == 0 {
		return
	}
	k := sort.Search(len(collections), func(k int) bool {
		return collections[k].start+longest > running[0].start
	})
	first := 0
	for k < len(collections) {
		c := collections[k].span
		for first < len(running) && running[first].end <= c.start {
			first++
		}
		if first == len(running) {
			return
		}
		k++
		if next := running[first].start; c.end <= next { // most do: a function runs for a small part of the time
			if k < len(collections) && collections[k].start+longest <= next {
				rest := collections[k:]
				k += sort.Search(len(rest), func(i int) bool { return rest[i].start+longest > next })
			}
			continue
		}
		var micros int64
		for i := first; i < len(running) && running[i].start < c.end; i++ {
			micros += max(0, min(running[i].end, c.end)-max(running[i].start, c.start))
		}
		if micros > 0 {
			visit(k-1, micros)
		}
	}
}
