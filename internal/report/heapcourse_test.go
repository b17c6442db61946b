// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/measurement"
)

func TestHeapCourse(t *testing.T) {
	t.Parallel()
	after, lead := int64(97<<20), int64(42_000_000)
	died := observe.HeapCourse{LimitBytes: 100 << 20, PeakBytes: 98 << 20, PeakAfterBytes: &after, TookMicros: 100_000_000, PausedMicros: 25_000_000, Collections: 90, FullCollections: 3,
		ForetoldMicros: &lead, DyingWhy: "97 % is left full by 3 full collections", After: []observe.HeapLevel{{Micros: 1_000_000, Bytes: 40 << 20}, {Micros: 50_000_000, Bytes: 80 << 20}, {Micros: 90_000_000, Bytes: 97 << 20}}}
	r := &attribution.Report{Measurements: []observe.Summary{{Path: "/m", Status: measurement.OutOfMemory, Heap: &died}}}
	text := strings.Join(strings.Fields(written(t, func(w io.Writer) error { return WriteText(w, r, Options{}) })), " ")
	for _, want := range []string{
		"Heap, by the JVM's counters - at most 98 MiB of 100 MiB, 97 MiB after a collection; 25 s (25 %) lost to collections, 3 of them full GCs",
		"left by collections: 40 MiB at 1 s, 80 MiB at 50 s, 97 MiB at 1 min 30 s",
		"the warning came 42 s before it died: 97 % is left full by 3 full collections",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	var doc struct{ Measurements []Measurement }
	if err := json.Unmarshal([]byte(written(t, func(w io.Writer) error { return WriteJSON(w, r, Options{}) })), &doc); err != nil {
		t.Fatal(err)
	}
	if h := doc.Measurements[0].Heap; h == nil || *h.ForetoldMicros != lead || len(h.After) != 3 || h.Collections != 90 {
		t.Errorf("%+v", h)
	}
	r.Measurements[0].Heap = nil
	if text := written(t, func(w io.Writer) error { return WriteText(w, r, Options{}) }); strings.Contains(text, "counters") {
		t.Errorf("told of a build that nobody watched:\n%s", text)
	}
}

func TestCourseThatPassed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		course observe.HeapCourse
		want   string
	}{
		{observe.HeapCourse{PeakBytes: 5 << 20}, "at most 5 MiB; 0 us lost to collections"},
		{observe.HeapCourse{PeakBytes: 5 << 20, DyingWhy: "y"}, "at most 5 MiB; 0 us lost to collections|it was close to its end, and came through: y"},
	} {
		if got := strings.Join(courseSentences(&c.course), "|"); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
