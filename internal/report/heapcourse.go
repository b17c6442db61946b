// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/quantity"
)

// A HeapCourse is how the heap did during a build, by the JVM's counters. What
// is not known is absent.
type HeapCourse struct {
	LimitBytes      int64       `json:"limit_bytes,omitempty"`
	PeakBytes       int64       `json:"peak_bytes"`
	PeakAfterBytes  *int64      `json:"peak_after_collection_bytes,omitempty"`
	WatchedMicros   int64       `json:"watched_micros,omitempty"`
	PausedMicros    int64       `json:"paused_micros"`
	Collections     int64       `json:"collections,omitempty"`
	FullCollections int         `json:"full_collections"`
	ForetoldMicros  *int64      `json:"foretold_micros,omitempty"`
	DyingWhy        string      `json:"dying_why,omitempty"`
	After           []HeapLevel `json:"after_collections,omitempty"`
}

// A HeapLevel is what a collection left in use, so long after the first sample.
type HeapLevel struct {
	Micros int64 `json:"micros"`
	Bytes  int64 `json:"bytes"`
}

func heapCourse(c *observe.HeapCourse) *HeapCourse {
	if c == nil {
		return nil
	}
	made := &HeapCourse{LimitBytes: c.LimitBytes, PeakBytes: c.PeakBytes, PeakAfterBytes: c.PeakAfterBytes, WatchedMicros: c.TookMicros, PausedMicros: c.PausedMicros,
		Collections: c.Collections, FullCollections: c.FullCollections, ForetoldMicros: c.ForetoldMicros, DyingWhy: c.DyingWhy}
	for _, l := range c.After {
		made.After = append(made.After, HeapLevel(l))
	}
	return made
}

// heap tells how the heaps of the newest builds did that were watched.
func (t *textWriter) heap() {
	watched := slices.DeleteFunc(slices.Clone(t.r.Measurements), func(s observe.Summary) bool { return s.Heap == nil || s.Older })
	if len(watched) == 0 {
		return
	}
	slices.SortStableFunc(watched, func(a, b observe.Summary) int { return b.Ended.Compare(a.Ended) })
	t.heading("Heap, by the JVM's counters")
	most := 3
	if t.o.Full {
		most = 20
	}
	for i := range watched[:min(len(watched), most)] {
		m := &watched[i]
		first := "  - "
		if len(t.r.Measurements) > 1 {
			first += t.o.path(m.Path) + ": "
		}
		for _, sentence := range courseSentences(m.Heap) {
			t.wrapped(sentence, first, "    ")
			first = "    "
		}
	}
	if len(watched) > most {
		t.line("  and of %d more builds (--sections heap)", len(watched)-most)
	}
}

// courseSentences are what there is to say of one.
func courseSentences(c *observe.HeapCourse) []string {
	text := "at most " + quantity.Bytes(c.PeakBytes)
	if c.LimitBytes > 0 {
		text += " of " + quantity.Bytes(c.LimitBytes)
	}
	if c.PeakAfterBytes != nil {
		text += fmt.Sprintf(", %s after a collection", quantity.Bytes(*c.PeakAfterBytes))
	}
	text += "; " + quantity.Micros(c.PausedMicros)
	if c.TookMicros > 0 {
		text += fmt.Sprintf(" (%s)", quantity.Share(float64(c.PausedMicros)/float64(c.TookMicros)))
	}
	text += " lost to collections"
	if c.FullCollections > 0 {
		text += ", " + quantity.Count(c.FullCollections, "of them a full GC", "of them full GCs")
	}
	sentences := []string{text}
	if levels := fewLevels(c.After); levels != "" {
		sentences = append(sentences, "left by collections: "+levels)
	}
	switch {
	case c.ForetoldMicros != nil:
		sentences = append(sentences, fmt.Sprintf("the warning came %s before it died: %s", quantity.Micros(*c.ForetoldMicros), c.DyingWhy))
	case c.DyingWhy != "":
		sentences = append(sentences, "it was close to its end, and came through: "+c.DyingWhy)
	}
	return sentences
}

// fewLevels are some of the levels, the last one among them.
func fewLevels(all []observe.HeapLevel) string {
	const few = 6
	if len(all) < 2 {
		return ""
	}
	var words []string
	n := min(len(all), few)
	for i := range n {
		l := all[i*(len(all)-1)/(n-1)]
		words = append(words, fmt.Sprintf("%s at %s", quantity.Bytes(l.Bytes), quantity.Micros(l.Micros)))
	}
	return strings.Join(words, ", ")
}
