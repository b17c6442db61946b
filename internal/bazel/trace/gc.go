package trace

import (
	"cmp"
	"slices"
	"strings"
)

// A Collector is the kind of a garbage collection.
type Collector uint8

// The kinds. Bazel takes the name from JMX's gcAction without "end of "
// (GarbageCollectionMXBean; GcThrashing and Profiler listeners): "minor GC"
// and "major GC" with the JDK's stop-the-world collectors.
const (
	OtherGC Collector = iota // concurrent cycles, ZGC and Shenandoah pauses
	MinorGC
	MajorGC
)

// String is the kind in a word.
func (k Collector) String() string {
	switch k {
	case MinorGC:
		return "minor"
	case MajorGC:
		return "major"
	}
	return "other"
}

// A Collection is one garbage collection. Its start can lag by a few
// milliseconds: Bazel takes the time of the notification minus the duration,
// which is in whole milliseconds, and 0 for less than one.
type Collection struct {
	Kind                        Collector
	Name                        string // as written
	Thread                      int64
	StartMicros, DurationMicros int64
	// AtPhaseEnd says that a major collection was under way when a phase
	// began and ended soon after: what System.gc() looks like, which
	// --memory_profile calls at each phase's end. The profile does not tell
	// for certain, and without that flag it is chance.
	AtPhaseEnd bool
}

// EndMicros is the collection's end.
func (c Collection) EndMicros() int64 { return c.StartMicros + c.DurationMicros }

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
		Kind: collector(e.Name), Name: e.Name, Thread: e.Thread,
		StartMicros: e.StartMicros, DurationMicros: e.DurationMicros,
	})
}

// collector tells the kind by the name.
func collector(name string) Collector {
	name = strings.ToLower(name)
	switch {
	case strings.Contains(name, "concurrent"):
		return OtherGC
	case strings.Contains(name, "minor"), strings.Contains(name, "young"):
		return MinorGC
	case strings.Contains(name, "major"), strings.Contains(name, "full"), strings.Contains(name, "old gen"):
		return MajorGC
	}
	return OtherGC
}

// phaseEndMicros is how far from a phase's beginning a collection ends that
// was asked for there: the marker is written when System.gc() has returned,
// the notification comes a few milliseconds later (0.1 to 3 ms in recordings
// of 4.2.3 with --memory_profile).
const phaseEndMicros = 20_000

// Collections are the collections by start.
func (r *CollectionRecorder) Collections() []Collection {
	byStart := slices.Clone(r.collections)
	slices.SortStableFunc(byStart, func(a, b Collection) int { return cmp.Compare(a.StartMicros, b.StartMicros) })
	for i := range byStart {
		c := &byStart[i]
		c.AtPhaseEnd = c.Kind == MajorGC && slices.ContainsFunc(r.phases.markers, func(m marker) bool {
			distance := c.EndMicros() - m.start
			return !m.hasDuration && c.StartMicros < m.start && -phaseEndMicros <= distance && distance <= phaseEndMicros
		})
	}
	return byStart
}
