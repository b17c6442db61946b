// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/problems"
	"example.invalid/starlark-memls/internal/quantity"
	"example.invalid/starlark-memls/internal/retained"
)

// A ComparisonJSON is what compare has found: time and calls of builds with
// profiles, bytes of heaps. Either may be nil.
type ComparisonJSON struct {
	Builds *attribution.Comparison
	Heaps  *retained.Comparison
	// Notes say what could not be compared, and what to know about the rest.
	Notes []string
}

// NewComparison puts the two together. Where heaps are compared, they say what
// functions hold, and not the reports of the dumps again.
func NewComparison(builds *attribution.Comparison, heaps *retained.Comparison, notes []string) *ComparisonJSON {
	c := &ComparisonJSON{Builds: builds, Heaps: heaps, Notes: notes}
	if heaps == nil || builds == nil {
		return c
	}
	without := *builds
	without.Functions = nil
	for _, f := range builds.Functions {
		f.Values = slices.DeleteFunc(slices.Clone(f.Values), func(v attribution.ComparedValue) bool { return v.Measure == attribution.RetainedBytes })
		if len(f.Values) > 0 || !math.IsNaN(f.Self.Ratio) {
			without.Functions = append(without.Functions, f)
		}
	}
	c.Builds = &without
	return c
}

// answer is what differs, in a sentence or two: crashes first, for they stop the
// build; then bytes, because they are exact.
func (c *ComparisonJSON) answer(o Options) string {
	var said []string
	if c.Builds != nil && moreCrashes(c.Builds) {
		said = append(said, crashesAnswer(c.Builds))
	}
	if c.Heaps != nil {
		said = append(said, o.heapsAnswer(c.Heaps))
	}
	if c.Builds != nil && (c.Heaps == nil || len(c.Builds.Functions) > 0) {
		said = append(said, comparisonAnswer(c.Builds))
	}
	return strings.Join(said, " ")
}

// WriteComparison writes the comparison for a terminal.
func WriteComparison(w io.Writer, c *ComparisonJSON, failed []Violation, o Options) error {
	var r *attribution.Report
	if c.Builds != nil {
		r = c.Builds.B.Report
	}
	t := newTextWriter(w, r, o)
	for _, l := range wrapTo(o.width(), c.answer(o), "", "") {
		t.inStyle(bold, "%s", l)
	}
	t.lines(heldLines(failed))
	if c.Heaps != nil {
		t.heaps(c.Heaps)
	}
	if c.Builds != nil {
		t.line("")
		t.builds(c.Builds)
	}
	if len(c.Notes) > 0 {
		t.heading("What to know about the data")
		for _, note := range c.Notes {
			t.wrapped(note, "  - ", "    ")
		}
	}
	return t.out.Flush()
}

// WriteComparisonMarkdown writes the comparison to share: the comment of a pull
// request. The first line, which is not shown, lets who posts it find his
// comment again and renew it.
func WriteComparisonMarkdown(w io.Writer, c *ComparisonJSON, failed []Violation, o Options) error {
	m := markdown{bufio.NewWriter(w), o}
	m.line("<!-- starlark-memls compare -->")
	m.line("# Comparison\n\n**%s**", escape(c.answer(o)))
	for i, f := range failed {
		if i == 0 {
			m.line("\nConditions that hold:\n")
		}
		m.line("- :x: %s", escape(f.Text))
	}
	if c.Heaps != nil {
		m.heaps(c.Heaps)
	}
	if c.Builds != nil {
		m.builds(c.Builds)
	}
	if len(c.Notes) > 0 {
		m.line("")
	}
	for _, note := range c.Notes {
		m.line("- %s", escape(note))
	}
	return m.out.Flush()
}

// ComparisonProblems are the conditions that hold, and what grew beyond noise.
func ComparisonProblems(c *ComparisonJSON, failed []Violation, o Options) *problems.Set {
	s := &problems.Set{Rules: []problems.Rule{
		{ID: "fail-on", Title: "A condition of --fail-on holds", Severity: problems.Error, Help: "The comparison with the builds before shows what a condition of `starlark-memls compare --fail-on` forbids."},
		{ID: "grown", Title: "This holds more of the heap than before", Severity: problems.Warning, Help: "What the function made, or the provider's field, holds more bytes at the end of the build than before, by more than equal builds differ."},
	}}
	told := map[string]bool{}
	for _, v := range failed {
		told[v.File+"\x00"+v.Subject] = true
		s.Problems = append(s.Problems, problems.Problem{Rule: "fail-on", Severity: problems.Error, Message: v.Text, Subject: v.Rule + " of " + v.Subject, Place: problems.Place{File: v.File, Line: v.Line}})
	}
	if c.Heaps != nil {
		for i := range c.Heaps.Changes {
			change := &c.Heaps.Changes[i]
			file := o.heapFile(change.File)
			if !change.Real() || change.Growth() < LeastGrowth || change.Kind != "function" && change.Kind != "provider_field" || told[file+"\x00"+change.Name] {
				continue
			}
			s.Problems = append(s.Problems, problems.Problem{Rule: "grown", Severity: problems.Warning, Message: o.holderSubject(change) + changedBytes(change) + ".",
				Subject: change.Name, Place: problems.Place{File: file, Line: change.Line}})
		}
	}
	if len(failed) == 0 {
		s.Held = []string{"no condition of --fail-on holds"}
	}
	return s
}

// countOf is "2 builds".
func countOf(s *retained.Set) string { return quantity.Count(len(s.Builds), "build", "builds") }

// heapsHead says what is compared.
func heapsHead(h *retained.Comparison) []string {
	moment := func(s *retained.Set) string {
		if s.AtEnd() {
			return countOf(s) + " that passed"
		}
		return quantity.Count(len(s.Builds), "heap dump", "heap dumps")
	}
	lines := []string{fmt.Sprintf("Live heap %s, was %s (%s, %s). A: %s; B: %s.", quantity.Bytes(h.Live.After.Bytes), quantity.Bytes(h.Live.Before.Bytes),
		signed(h.Live.Growth()), percent(&h.Live), moment(&h.A), moment(&h.B))}
	if h.A.AtEnd() != h.B.AtEnd() {
		lines = append(lines, "One side is of builds that passed and the other of heap dumps, which are made at a crash: what was under way differs, too.")
	}
	if a, b := h.A.Limit, h.B.Limit; a != nil && b != nil {
		from := "from builds that passed and crashed, 95 %"
		if a.From == retained.FromCounters || b.From == retained.FromCounters {
			from = "estimated from the counters of builds that passed, 9 of 10"
		}
		lines = append(lines, fmt.Sprintf("Memory limit needed: %s, was %s (%s).", limitText(b), limitText(a), from))
	}
	return lines
}
