// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bytes"
	"slices"
	"testing"
)

// TestExplicitCollections: with --memory_profile Bazel collects at the end of
// each of five phases, without it never of its own accord. In the crash there
// are major collections by the hundred, but none where a phase begins.
func TestExplicitCollections(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]int{
		"recorded/4.2.3-memory-profile.profile.gz": 5,
		"recorded/4.2.3-normal.profile.gz":         0,
		"recorded/4.2.3-oom.profile.gz":            0,
	} {
		data := recordedFile(t, path)
		var r CollectionRecorder
		visitAll(t, data, r.Add)
		all := r.Collections(true)
		got := SumCollections(all)
		if got.Explicit != want {
			t.Errorf("%s: %d explicit collections, want %d", path, got.Explicit, want)
		}
		text := inflated(data)
		if minor, major := bytes.Count(text, []byte(`"name":"minor GC"`)), bytes.Count(text, []byte(`"name":"major GC"`)); got.Minor != minor || got.Majors() != major || got.Count != minor+major {
			t.Errorf("%s: %+v, the text has %d minor and %d major", path, got, minor, major)
		}
		if !slices.IsSortedFunc(all, func(a, b Collection) int { return int(a.StartMicros - b.StartMicros) }) {
			t.Errorf("%s: not by start", path)
		}
		if unasked := SumCollections(r.Collections(false)); unasked.Explicit != 0 || unasked.Major != got.Majors() || unasked.PauseMicros() != got.PauseMicros() {
			t.Errorf("%s: without --memory_profile %+v, with it %+v", path, unasked, got)
		}
	}
}

// TestBoundary: a collection is explicit up to 20 ms from a phase's beginning,
// on either side of it, and only a major one.
func TestBoundary(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		end      int64
		explicit bool
	}{
		{"major GC", 980_000, true}, {"major GC", 979_999, false}, {"major GC", 1_020_000, true},
		{"major GC", 1_020_001, false}, {"minor GC", 1_000_000, false}, {"concurrent GC", 1_000_000, false},
	} {
		var r CollectionRecorder
		r.Add(&Event{Category: CategoryPhaseMarker, Phase: 'i', StartMicros: 1_000_000})
		r.Add(&Event{Category: CategoryGC, Name: c.name, Phase: 'X', StartMicros: c.end - 10_000, DurationMicros: 10_000})
		if got := r.Collections(true)[0].Explicit; got != c.explicit {
			t.Errorf("%s that ends at %d: explicit is %v", c.name, c.end, got)
		}
	}
}

func TestCollectorOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Collector{
		"minor GC": MinorGC, "major GC": MajorGC, "concurrent GC": ConcurrentGC, "concurrent GC pause": ConcurrentGC,
		"GC pause": OtherGC, "GC cycle": ConcurrentGC, "G1 Young Generation": MinorGC, "G1 Old Generation": MajorGC,
		"G1 Concurrent GC": ConcurrentGC, "Full GC": MajorGC, "": OtherGC,
	} {
		if got := CollectorOf(name); got != want {
			t.Errorf("%q is %v, want %v", name, got, want)
		}
	}
}

// TestSumCollections: what runs beside the program is counted, and no pause.
func TestSumCollections(t *testing.T) {
	t.Parallel()
	got := SumCollections([]Collection{
		{Kind: MinorGC, DurationMicros: 20}, {Kind: ConcurrentGC, DurationMicros: 500}, {Kind: MajorGC, DurationMicros: 70},
		{Kind: MajorGC, DurationMicros: 100, Explicit: true}, {Kind: OtherGC, DurationMicros: 7}, {Kind: MinorGC, DurationMicros: 30},
	})
	want := GCTotals{Count: 6, Minor: 2, Major: 1, Explicit: 1, MinorPauseMicros: 50, MajorPauseMicros: 70, ExplicitPauseMicros: 100, LongestPauseMicros: 100}
	if got != want || got.Majors() != 2 || got.MajorMicros() != 170 || got.PauseMicros() != 220 {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestLatePausesAreMovedBack(t *testing.T) {
	t.Parallel()
	// Three of 300 us were reported to end within 20 us; one long before, and
	// one beside the program, which nothing moves.
	collection := func(kind Collector, start, end int64) Collection {
		return Collection{Kind: kind, StartMicros: start, DurationMicros: end - start}
	}
	explicit := collection(MajorGC, 720, 1020)
	explicit.Explicit = true
	list := []Collection{
		collection(MajorGC, 710, 1010), explicit, collection(MinorGC, 100, 150),
		collection(MajorGC, 700, 1000), collection(ConcurrentGC, 0, 2000),
	}
	want := []Pause{{Span{70, 120}, false}, {Span{120, 420}, true}, {Span{420, 720}, true}} // the last is Bazel's own
	if got := Pauses(list); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := Pauses([]Collection{{Kind: MinorGC, StartMicros: 5}}); !slices.Equal(got, []Pause{{Span{5, 6}, false}}) {
		t.Errorf("an instant pauses %v", got)
	}
}
