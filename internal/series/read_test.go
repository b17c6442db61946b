// SPDX-License-Identifier: Apache-2.0

package series

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/bazel/trace"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/threshold"
)

// TestRecordedSeries: the figures of real builds add up.
func TestRecordedSeries(t *testing.T) {
	t.Parallel()
	rows, warnings, err := Open(t.Context(), recorded[0])
	if err != nil || len(warnings) > 0 || len(rows) != 9 {
		t.Fatalf("%d rows, %v, %v; want 9", len(rows), warnings, err)
	}
	for _, r := range rows {
		p := r.Profile
		if p == nil {
			t.Fatalf("%s has no profile", r.Path)
		}
		if g := p.GCs; g.Count != g.Minor+g.Major || g.Count == 0 || int64(g.Count) > r.Origin.GCLines {
			t.Errorf("%s: %+v in %d lines", r.Path, g, r.Origin.GCLines)
		}
		if g := p.GCs; g.PauseMicros() < g.MajorMicros() || g.PauseMicros() < g.LongestPauseMicros || g.PauseMicros() > p.SpanMicros {
			t.Errorf("%s: pauses %+v", r.Path, p)
		}
		if p.StarlarkMicros <= 0 || p.StarlarkCalls == 0 {
			t.Errorf("%s: no time in Starlark: %+v", r.Path, p)
		}
		if r.Crashed() == r.Origin.OK {
			t.Errorf("%s: status %s, the origin says ok: %t", r.Path, r.Status, r.Origin.OK)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	rows := []Row{
		{Path: "/s/200m-1", Status: measurement.OutOfMemory, MemoryLimitBytes: 200 << 20, Profile: &ProfileFigures{GCs: trace.GCTotals{Count: 3, Minor: 3}}},
		{Path: "/s/x", Status: measurement.Unknown},
	}
	var out bytes.Buffer
	if err := WriteJSON(&out, rows); err != nil {
		t.Fatal(err)
	}
	var document struct {
		Schema       int
		Measurements []map[string]any
	}
	if err := json.Unmarshal(out.Bytes(), &document); err != nil || document.Schema != 1 || len(document.Measurements) != 2 {
		t.Fatalf("%v\n%s", err, out.String())
	}
	known, unknown := document.Measurements[0], document.Measurements[1]
	if known["gc_count"] != 3.0 || known["major_gc_count"] != 0.0 || known["crashed"] != true {
		t.Errorf("known figures: %v", known)
	}
	for _, key := range []string{"gc_count", "memory_limit_bytes", "duration_micros", "peak_heap_bytes", "exit_code", "start"} {
		if _, ok := unknown[key]; ok {
			t.Errorf("%s is not known and is written: %v", key, unknown)
		}
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	rows := []Row{
		{Status: measurement.Failed, MemoryLimitBytes: 1 << 20, Run: "1", FirstError: "Bazel's server does not start"},
		{Status: measurement.OutOfMemory, MemoryLimitBytes: 200 << 20, Run: "1", Profile: &ProfileFigures{GCs: trace.GCTotals{Count: 4, Minor: 3, Major: 1, MajorPauseMicros: 2_500_000}}},
		{Status: measurement.OutOfMemory, MemoryLimitBytes: 200 << 20, Run: "2"},
	}
	var out bytes.Buffer
	if err := WriteTable(&out, rows); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"does not start", "2.50", "out_of_memory", "3 builds: 2 out_of_memory, 1 failed"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, out.String())
		}
	}
}

// TestFloor: pauses that follow a/(M − L) give L back; of builds that crashed
// nothing is predicted.
func TestFloor(t *testing.T) {
	t.Parallel()
	var rows []Row
	for _, mb := range []int64{320, 340, 400, 500, 700, 1000} {
		rows = append(rows, Row{Status: measurement.OK, Mode: "regular", MemoryLimitBytes: mb << 20,
			Profile: &ProfileFigures{GCs: trace.GCTotals{MinorPauseMicros: 90_000_000 / (mb - 300)}}})
	}
	got, err := Floor(rows, "regular")
	if err != nil || got.Bytes < 298<<20 || got.Bytes > 302<<20 {
		t.Errorf("the floor is %.0f MB, %v; want 300", got.Bytes/(1<<20), err)
	}
	if _, err := Floor(rows, "nobuild"); !errors.Is(err, threshold.ErrFewCosts) {
		t.Errorf("a floor of no builds: %v", err)
	}
}
