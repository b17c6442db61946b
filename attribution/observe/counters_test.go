// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.invalid/starlark-memls/internal/gauge"
	"example.invalid/starlark-memls/internal/perfdata"
)

// dying are the counters of a server that fills up, collects its whole heap
// twice for nothing, and is gone 20 s after that.
func dying(t *testing.T) []byte {
	t.Helper()
	const limit = 100 << 20
	var out bytes.Buffer
	r, err := gauge.NewRecorder(&out, gauge.Header{Start: began, Collector: perfdata.G1, LimitBytes: limit})
	if err != nil {
		t.Fatal(err)
	}
	s := gauge.Sample{At: began, Working: true, Sample: perfdata.Sample{Collector: perfdata.G1, LimitBytes: limit, UsedBytes: 10 << 20}}
	step := func(after time.Duration, used int64) {
		s.At, s.UsedBytes = s.At.Add(after), used
		if err := r.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	step(0, 10<<20)
	s.Young.Count, s.Young.Time, s.LastCause = 1, 50*time.Millisecond, "G1 Evacuation Pause"
	step(time.Second, 40<<20)
	for range 3 {
		s.Full.Count++
		s.Full.Time += 500 * time.Millisecond
		s.LastCause = "G1 Compaction Pause"
		step(2*time.Second, 97<<20)
	}
	s.Safepoints = time.Second
	step(20*time.Second, 98<<20)
	if err := r.Gone(s.At.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestCountersAreEvidence(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "counters.jsonl"), dying(t))
	got := observed(t, dir).Summary.Heap
	after, lead := int64(97<<20), (20 * time.Second).Microseconds()
	want := &HeapCourse{LimitBytes: 100 << 20, PeakBytes: 98 << 20, PeakAfterBytes: &after, TookMicros: (27 * time.Second).Microseconds(), PausedMicros: 1_550_000,
		Collections: 4, FullCollections: 3, ForetoldMicros: &lead,
		After: []HeapLevel{{1_000_000, 40 << 20}, {3_000_000, 97 << 20}}}
	if got == nil || !strings.Contains(got.DyingWhy, "97 %") {
		t.Fatalf("%+v", got)
	}
	want.DyingWhy = got.DyingWhy
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestCutCounters: what was recorded until a crash counts.
func TestCutCounters(t *testing.T) {
	t.Parallel()
	whole := dying(t)
	for name, c := range map[string]struct {
		text []byte
		told string
		some bool
	}{
		"cut":       {whole[:len(whole)-20], "cannot be read", true},
		"no sample": {whole[:bytes.IndexByte(whole, '\n')+1], "", false},
		"not one":   {[]byte(`{"schema":1,"start":"yesterday","pid":1}`), "not a recording", false},
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "counters.jsonl"), c.text)
		o := observed(t, dir)
		told := c.told == ""
		for _, w := range o.Warnings {
			told = told || strings.Contains(w.Message, c.told)
		}
		if !told || (o.Summary.Heap != nil) != c.some {
			t.Errorf("%s: %v, %+v", name, o.Warnings, o.Summary.Heap)
		}
	}
}

// TestRecordedHeap: a sweep's record has the same in short.
func TestRecordedHeap(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "measurement.json"), []byte(`{"schema":1,"status":"ok","memory_limit_bytes":1000,"heap":{"peak_bytes":900,"peak_after_collection_bytes":700,"paused_micros":5,"full_collections":1}}`))
	h := observed(t, dir).Summary.Heap
	if h == nil || h.LimitBytes != 1000 || h.PeakBytes != 900 || h.PeakAfterBytes == nil || *h.PeakAfterBytes != 700 || h.PausedMicros != 5 || h.FullCollections != 1 || h.ForetoldMicros != nil {
		t.Errorf("%+v", h)
	}
}

func TestThinned(t *testing.T) {
	t.Parallel()
	var all []HeapLevel
	for i := range int64(1000) {
		all = append(all, HeapLevel{i, i % 17})
	}
	all[501].Bytes = 1 << 30
	got := thinned(all)
	peak := false
	for i, l := range got {
		peak = peak || l.Bytes == 1<<30
		if i > 0 && l.Micros <= got[i-1].Micros {
			t.Errorf("out of order at %d", i)
		}
	}
	if len(got) != keptAfter || !peak {
		t.Errorf("%d levels, peak %v", len(got), peak)
	}
}

// TestRetainedIsEvidence: who held the heap of a build that passed is known
// without any dump.
func TestRetainedIsEvidence(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "retained.json"), []byte(`{"schema":1,"live_bytes":1000,"owners":[
{"kind":"function","name":"fill_impl","file":"/srv/build/w/fill.bzl","line":7,"targets":3,"retained_bytes":600,"objects":9},
{"kind":"bzl","name":"//lib:table.bzl","retained_bytes":50,"objects":2},
{"kind":"bazel","name":"Bazel itself","retained_bytes":300,"objects":5},
{"kind":"provider_field","name":"FillInfo.rows","file":"/srv/build/w/fill.bzl","line":12,"targets":3,"retained_bytes":500,"objects":9}]}`))
	o := observed(t, dir)
	want := &Samples{Total: 1000, Functions: []SampledFunction{
		{Name: "<toplevel>", File: "lib/table.bzl", Flat: 50, Cum: 50, Lines: []SampledLine{{0, 50}}},
		{Name: "fill_impl", File: "/srv/build/w/fill.bzl", Flat: 600, Cum: 600, Lines: []SampledLine{{7, 600}}},
	}}
	if diff := cmp.Diff(want, o.Retained); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]FieldFacts{{Provider: "FillInfo", Field: "rows", File: "/srv/build/w/fill.bzl", Line: 12, Bytes: 500, Instances: 3}}, o.Fields); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(o.Crashes) != 0 || !o.Heap.Living {
		t.Errorf("%d crashes, living %v", len(o.Crashes), o.Heap.Living)
	}
}
