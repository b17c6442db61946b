package trace

import (
	"bytes"
	"context"
	"os"
	"slices"
	"testing"
)

// recordedFile opens a profile under testdata.
func recordedFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func visitAll(t *testing.T, data []byte, visit ...func(*Event)) Summary {
	t.Helper()
	summary, err := Read(context.Background(), bytes.NewReader(data), func(e *Event) error {
		for _, v := range visit {
			v(e)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return summary
}

// TestCollectionsAtPhaseEnds: with --memory_profile Bazel collects at the end
// of each of five phases, without it never of its own accord. In the crash
// there are major collections by the hundred, but none where a phase begins.
func TestCollectionsAtPhaseEnds(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]int{
		"recorded/4.2.3-memory-profile.profile.gz": 5,
		"recorded/4.2.3-normal.profile.gz":         0,
		"recorded/4.2.3-oom.profile.gz":            0,
	} {
		data := recordedFile(t, path)
		var r CollectionRecorder
		visitAll(t, data, r.Add)
		got := r.Collections()
		atPhaseEnd := 0
		for _, c := range got {
			if c.AtPhaseEnd {
				atPhaseEnd++
			}
		}
		if atPhaseEnd != want {
			t.Errorf("%s: %d collections at phase ends, want %d", path, atPhaseEnd, want)
		}
		text := inflated(data)
		for kind, name := range map[Collector]string{MinorGC: `"name":"minor GC"`, MajorGC: `"name":"major GC"`} {
			n := 0
			for _, c := range got {
				if c.Kind == kind {
					n++
				}
			}
			if want := bytes.Count(text, []byte(name)); n != want {
				t.Errorf("%s: %d %v collections, the text has %d", path, n, kind, want)
			}
		}
		if !slices.IsSortedFunc(got, func(a, b Collection) int { return int(a.StartMicros - b.StartMicros) }) {
			t.Errorf("%s: not by start", path)
		}
	}
}

func TestCollector(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Collector{
		"minor GC": MinorGC, "major GC": MajorGC, "concurrent GC": OtherGC, "GC pause": OtherGC,
		"G1 Young Generation": MinorGC, "G1 Concurrent GC": OtherGC, "Full GC": MajorGC, "": OtherGC,
	} {
		if got := collector(name); got != want {
			t.Errorf("%q is %v, want %v", name, got, want)
		}
	}
}

func TestPhases(t *testing.T) {
	t.Parallel()
	var r PhaseRecorder
	summary := visitAll(t, recordedFile(t, "recorded/4.2.3-normal.profile.gz"), r.Add)
	want := []Phase{
		{"Launch Blaze", -859000, 0, false, false},
		{"Initialize command", 0, 382609, false, false},
		{"Evaluate target patterns", 382609, 621704, false, false},
		{"Load and analyze dependencies", 621704, 2383277, true, false},
		{"Prepare for build", 2383277, 2395803, false, false},
		{"Build artifacts", 2395803, 3472034, false, true},
		{"Complete build", 3472034, summary.LastMicros, false, false},
	}
	if got := r.Phases(summary.LastMicros); !slices.Equal(got, want) {
		t.Errorf("phases %+v, want %+v", got, want)
	}
}

// TestPhasesSkymeld: one phase analyzes and builds; markers in any order; the
// last phase lasts as long as there are events.
func TestPhasesSkymeld(t *testing.T) {
	t.Parallel()
	const text = `[
{"cat":"build phase marker","name":"Load, analyze dependencies and build artifacts","ph":"i","ts":500},
{"cat":"build phase marker","name":"Evaluate target patterns","ph":"i","ts":100},
{"cat":"build phase marker","name":"Blocking on busy Bazel server (in client)","ph":"X","ts":-50,"dur":40},
{"cat":"action processing","name":"a","ph":"X","ts":600,"dur":300}]`
	var r PhaseRecorder
	visitAll(t, []byte(text), r.Add)
	want := []Phase{
		{"Blocking on busy Bazel server (in client)", -50, -10, false, false},
		{"Evaluate target patterns", 100, 500, false, false},
		{"Load, analyze dependencies and build artifacts", 500, 900, true, true},
	}
	if got := r.Phases(0); !slices.Equal(got, want) {
		t.Errorf("phases %+v, want %+v", got, want)
	}
	if got := new(PhaseRecorder).Phases(7); len(got) != 0 {
		t.Errorf("phases without a marker: %+v", got)
	}
}

// TestCounters: strings in 5, numbers in 9, no memory before.
func TestCounters(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][]Sample{
		"excerpts/3.4.profile":      nil,
		"excerpts/5.x-slim.profile": {{250619, 80.18500000000002}, {1250619, 100.432}},
		"excerpts/9.0.profile":      {{6314, 124.11000000000001}, {1006314, 111.17700000000002}},
	} {
		memory, all := RecordCounters(CounterMemory), RecordCounters()
		visitAll(t, recordedFile(t, path), memory.Add, all.Add)
		if got := memory.Series(CounterMemory); !slices.Equal(got, want) {
			t.Errorf("%s: memory %v, want %v", path, got, want)
		}
		if len(all.Names()) < 2 || len(memory.Names()) > 1 {
			t.Errorf("%s: counters %v and %v", path, all.Names(), memory.Names())
		}
	}
	sum := RecordCounters()
	visitAll(t, []byte(`[{"ph":"C","name":"c","ts":2,"args":{"a":"1.5","b":2}},{"ph":"C","name":"c","ts":1,"args":{}}]`), sum.Add)
	if got := sum.Series("c"); !slices.Equal(got, []Sample{{1, 0}, {2, 3.5}}) {
		t.Errorf("a counter of two values: %v", got)
	}
}
