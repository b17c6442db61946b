// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// A Collector is the kind of a garbage collection.
type Collector uint8

// The kinds. Bazel takes the name from JMX's gcAction without "end of "
// (GarbageCollectionMXBean; GcThrashing and Profiler listeners): "minor GC"
// and "major GC" with the collectors that stop the program for all of it,
// "GC cycle" and "GC pause" with ZGC and Shenandoah. A cycle runs beside the
// program, and a pause of theirs is far below a millisecond. G1's remark and
// cleanup are a "concurrent GC pause" from JDK 20 on, whose cause, "No GC",
// Bazel leaves out; they copy nothing.
const (
	OtherGC      Collector = iota
	MinorGC                // stops the program, and copies what is new and kept
	MajorGC                // stops the program: the whole heap
	ConcurrentGC           // runs beside the program
)

// CollectorOf tells the kind by an event's name.
func CollectorOf(name string) Collector {
	name = strings.ToLower(name)
	switch {
	case strings.Contains(name, "concurrent"), strings.Contains(name, "cycle"):
		return ConcurrentGC
	case strings.Contains(name, "minor"), strings.Contains(name, "young"):
		return MinorGC
	case strings.Contains(name, "major"), strings.Contains(name, "full"), strings.Contains(name, "old gen"):
		return MajorGC
	}
	return OtherGC
}

// A Collection is one garbage collection. Its start can lag by a few
// milliseconds: Bazel takes the time of the notification minus the duration,
// which is in whole milliseconds, and 0 for less than one.
type Collection struct {
	Kind                        Collector
	StartMicros, DurationMicros int64
	// Explicit says that Bazel asked for it (System.gc) at a phase's end, as
	// it does with --memory_profile: it is nobody's.
	Explicit bool
}

// EndMicros is the collection's end.
func (c Collection) EndMicros() int64 { return c.StartMicros + c.DurationMicros }

// span is its time; an instant counts as a microsecond.
func (c Collection) span() Span { return Span{c.StartMicros, max(c.EndMicros(), c.StartMicros+1)} }

// stops reports whether the program stood still for all of it.
func (c Collection) stops() bool { return c.Kind == MinorGC || c.Kind == MajorGC }

// A CollectionRecorder collects the garbage collections among the events given
// to it. Its zero value is ready for use.
type CollectionRecorder struct {
	collections []Collection
	phases      PhaseRecorder
}

// Add records e if it is a garbage collection or a phase's beginning, and
// ignores it otherwise.
func (r *CollectionRecorder) Add(e *Event) {
	r.phases.Add(e)
	if e.Category != CategoryGC || e.Phase != 'X' && e.Phase != 'i' {
		return
	}
	r.collections = append(r.collections, Collection{
		Kind: CollectorOf(e.Name), StartMicros: e.StartMicros, DurationMicros: e.DurationMicros,
	})
}

// boundaryMicros is how far from a phase's beginning a collection ends that
// was asked for there: the marker is written when System.gc() has returned,
// the notification comes a few milliseconds later (0.1 to 3 ms in recordings
// of 4.2.3 with --memory_profile).
const boundaryMicros = 20_000

// Collections are the collections by start. memoryProfiled says that
// --memory_profile was on: without it Bazel asks for no collection, and one
// that ends where a phase begins is chance.
func (r *CollectionRecorder) Collections(memoryProfiled bool) []Collection {
	byStart := slices.Clone(r.collections)
	slices.SortStableFunc(byStart, func(a, b Collection) int { return cmp.Compare(a.StartMicros, b.StartMicros) })
	if memoryProfiled {
		for i := range byStart {
			c := &byStart[i]
			c.Explicit = c.Kind == MajorGC && slices.ContainsFunc(r.phases.markers, func(m marker) bool {
				distance := c.EndMicros() - m.Start
				return -boundaryMicros <= distance && distance <= boundaryMicros
			})
		}
	}
	return byStart
}

// GCTotals are the garbage collections of a profile, summed up.
type GCTotals struct {
	// Count is every event of the category "gc notification".
	Count int
	// Minor, Major and Explicit are those that stop the program, each in one
	// of the three. What is none of them is concurrent or unknown, and its
	// duration no pause.
	Minor, Major, Explicit                                  int
	MinorPauseMicros, MajorPauseMicros, ExplicitPauseMicros int64
	LongestPauseMicros                                      int64
}

// Majors and MajorMicros are those of the whole heap, asked for or not.
func (t GCTotals) Majors() int        { return t.Major + t.Explicit }
func (t GCTotals) MajorMicros() int64 { return t.MajorPauseMicros + t.ExplicitPauseMicros }

// PauseMicros is the time in which the program stood still.
func (t GCTotals) PauseMicros() int64 { return t.MinorPauseMicros + t.MajorMicros() }

// SumCollections sums up collections.
func SumCollections(all []Collection) GCTotals {
	t := GCTotals{Count: len(all)}
	for _, c := range all {
		switch {
		case !c.stops():
			continue
		case c.Explicit:
			t.Explicit++
			t.ExplicitPauseMicros += c.DurationMicros
		case c.Kind == MinorGC:
			t.Minor++
			t.MinorPauseMicros += c.DurationMicros
		default:
			t.Major++
			t.MajorPauseMicros += c.DurationMicros
		}
		t.LongestPauseMicros = max(t.LongestPauseMicros, c.DurationMicros)
	}
	return t
}

// A Pause is the time of a collection that stopped the program.
type Pause struct {
	Span
	Major bool
}

// Pauses are the times in which collections that nobody asked for stopped the
// program: by start, at least a microsecond each, and disjoint.
//
// Two pauses cannot overlap. Where they do in the profile, their
// notifications came late and together, which is what happens when the heap is
// so full that the thread that sends them hardly runs: fifty collections of
// half a second each were seen to end within 200 ms. They are moved back, from
// the last one on, so far that each ends before the next begins.
func Pauses(all []Collection) []Pause {
	stopping := slices.DeleteFunc(slices.Clone(all), func(c Collection) bool { return !c.stops() })
	slices.SortStableFunc(stopping, func(a, b Collection) int { return cmp.Compare(a.span().End, b.span().End) })
	pauses := make([]Pause, len(stopping))
	next := int64(math.MaxInt64)
	for i := len(stopping) - 1; i >= 0; i-- {
		at := stopping[i].span()
		late := max(0, at.End-next)
		pauses[i] = Pause{Span{at.Start - late, at.End - late}, stopping[i].Kind == MajorGC}
		next = pauses[i].Start
	}
	own := pauses[:0]
	for i, p := range pauses {
		if !stopping[i].Explicit {
			own = append(own, p)
		}
	}
	return own
}
