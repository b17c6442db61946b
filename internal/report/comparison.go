// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/internal/quantity"
	"example.invalid/starlark-memls/internal/retained"
)

// A ComparisonDocument is the JSON of `compare`, schema 1, by the rules of
// Document: fields are added, never renamed; what is not known is absent.
type ComparisonDocument struct {
	Schema     int           `json:"schema"`
	A          ComparedSide  `json:"a"`
	B          ComparedSide  `json:"b"`
	PassedOnly bool          `json:"passed_only"`     // compared over builds that passed
	Functions  []Compared    `json:"functions"`       // by how much they matter
	Rules      []ChangedRule `json:"rules,omitempty"` // of dump --rules, the greatest change first
	// Heaps are who holds the live heap on both sides, where both tell it.
	Heaps  *ComparedHeaps `json:"heaps,omitempty"`
	Notes  []string       `json:"notes,omitempty"`
	Failed []string       `json:"failed,omitempty"`
}

// ComparedHeaps are the heaps of both sides. A holder whose change is "noise"
// changed by no more than equal builds differ.
type ComparedHeaps struct {
	A       ComparedHeap      `json:"a"`
	B       ComparedHeap      `json:"b"`
	Live    retained.Change   `json:"live"`
	Changes []retained.Change `json:"changes"`
}

// A ComparedHeap is one side.
type ComparedHeap struct {
	Builds int                   `json:"builds"`
	AtEnd  bool                  `json:"at_end"` // of builds that passed; else of dumps
	Limit  *retained.NeededLimit `json:"limit,omitempty"`
}

func comparedHeaps(h *retained.Comparison, o Options) *ComparedHeaps {
	if h == nil {
		return nil
	}
	made := &ComparedHeaps{A: comparedHeap(&h.A), B: comparedHeap(&h.B), Live: h.Live, Changes: []retained.Change{}}
	for _, c := range h.Changes {
		c.File = o.heapFile(c.File)
		made.Changes = append(made.Changes, c)
	}
	return made
}

func comparedHeap(s *retained.Set) ComparedHeap {
	return ComparedHeap{len(s.Builds), s.AtEnd(), s.Limit}
}

// A ComparedSide is one set of measurements.
type ComparedSide struct {
	Measurements   int     `json:"measurements"`
	Compared       int     `json:"compared"` // builds that are compared
	Crashes        int     `json:"crashes"`
	CrashShareLow  float64 `json:"crash_share_low"` // 95 % interval
	CrashShareHigh float64 `json:"crash_share_high"`
}

// A Compared function: own time and calls a build on both sides, and the
// ratios B to A with 95 % intervals; an upper end that is absent is open.
type Compared struct {
	Name           string              `json:"name"`
	File           string              `json:"file,omitempty"`
	Line           int                 `json:"line,omitempty"`
	Change         string              `json:"change"` // worse, better, unclear
	SelfMicrosA    float64             `json:"self_micros_a"`
	SelfMicrosB    float64             `json:"self_micros_b"`
	SelfRatio      *float64            `json:"self_ratio,omitempty"`
	SelfRatioLow   *float64            `json:"self_ratio_low,omitempty"`
	SelfRatioHigh  *float64            `json:"self_ratio_high,omitempty"`
	CallsA         float64             `json:"calls_a"`
	CallsB         float64             `json:"calls_b"`
	CallsRatio     *float64            `json:"calls_ratio,omitempty"`
	CallsRatioLow  *float64            `json:"calls_ratio_low,omitempty"`
	CallsRatioHigh *float64            `json:"calls_ratio_high,omitempty"`
	VerdictA       attribution.Verdict `json:"verdict_a,omitempty"`
	VerdictB       attribution.Verdict `json:"verdict_b,omitempty"`
	// Values are the measures that say what they are per build; in JSON each
	// has two fields of its own, ID_a and ID_b.
	Values []attribution.ComparedValue `json:"-"`
}

// MarshalJSON writes the measures as fields.
func (c Compared) MarshalJSON() ([]byte, error) {
	type plain Compared
	text, err := json.Marshal(plain(c))
	if err != nil {
		return nil, err
	}
	text = text[:len(text)-1]
	for _, v := range c.Values {
		for at, n := range []float64{v.A, v.B} {
			if !math.IsNaN(n) {
				text = fmt.Appendf(text, `,"%s_%c":%s`, v.Measure.ID, 'a'+at, strconv.FormatFloat(n, 'f', -1, 64))
			}
		}
	}
	return append(text, '}'), nil
}

// NewComparisonDocument is the comparison in its JSON shape.
func NewComparisonDocument(both *ComparisonJSON, o Options) *ComparisonDocument {
	d := &ComparisonDocument{Schema: Schema, Functions: []Compared{}, Heaps: comparedHeaps(both.Heaps, o), Notes: both.Notes}
	c := both.Builds
	if c == nil {
		d.A.Measurements, d.B.Measurements = both.Heaps.A.Measured, both.Heaps.B.Measured
		return d
	}
	d.A, d.B, d.PassedOnly, d.Rules = side(c.A), side(c.B), c.PassedOnly, changedRules(c)
	for i := range c.Functions {
		if o.Top > 0 && i == o.Top {
			break
		}
		d.Functions = append(d.Functions, o.compared(&c.Functions[i]))
	}
	return d
}

func side(s attribution.ComparedSet) ComparedSide {
	return ComparedSide{s.Measured, s.Builds, s.Crashed, rounded(s.CrashShare.Low), rounded(s.CrashShare.High)}
}

func (o Options) compared(f *attribution.Difference) Compared {
	made := Compared{
		Name: f.Name, Change: changeWord(f.Self), Values: f.Values,
		SelfMicrosA: math.Round(f.SelfA), SelfMicrosB: math.Round(f.SelfB), CallsA: rounded(f.CallsA), CallsB: rounded(f.CallsB),
	}
	made.SelfRatio, made.SelfRatioLow, made.SelfRatioHigh = finite(&f.Self.Ratio), finite(&f.Self.Low), finite(&f.Self.High)
	made.CallsRatio, made.CallsRatioLow, made.CallsRatioHigh = finite(&f.Calls.Ratio), finite(&f.Calls.Low), finite(&f.Calls.High)
	if s := f.A; s != nil {
		made.VerdictA = s.Verdict
	}
	if s := f.B; s != nil {
		made.VerdictB = s.Verdict
	}
	if s := firstOf(f.B, f.A); s != nil && s.Definition != nil {
		made.File, made.Line = o.path(s.Definition.File), s.Definition.NameRange.Start.Line
	}
	return made
}

func firstOf(a, b *attribution.Suspect) *attribution.Suspect {
	if a != nil {
		return a
	}
	return b
}

// comparedTitle heads the table.
func comparedTitle(certain, shown, all int) string {
	title := fmt.Sprintf("Differences (%d of %s)", shown, quantity.Count(certain, "function that differs", "functions that differ"))
	if certain == 0 {
		title = fmt.Sprintf("Largest differences, which may be chance (%d of %s)", shown, quantity.Count(all, "function", "functions"))
	}
	return title
}

// unclear is a change that chance explains.
const unclear = "unclear"

// changeWord says what the interval allows to say.
func changeWord(c stats.Change) string {
	switch {
	case c.Worse():
		return "worse"
	case c.Better():
		return "better"
	}
	return unclear
}

// WriteComparisonJSON writes the comparison as JSON; failed are the conditions
// that hold.
func WriteComparisonJSON(w io.Writer, c *ComparisonJSON, failed []Violation, o Options) error {
	d := NewComparisonDocument(c, o)
	for _, f := range failed {
		d.Failed = append(d.Failed, f.Text)
	}
	return encodeIndented(w, d)
}

// namesAlone is whether a table has no column but that of the names, or, where
// nothing was compared, not even that.
func namesAlone(rows [][]string) bool { return len(rows[0]) <= 1 }

// comparedTable is the table of both the text and the Markdown form: the
// functions of which something can be said, or, where nothing can be said of
// any, those with the largest differences. A measure has a column where any of
// them has it, and so has what can be said.
func comparedTable(c *attribution.Comparison, o Options) (rows [][]string, certain int) {
	list := make([]*attribution.Difference, 0, len(c.Functions))
	for i := range c.Functions {
		if f := &c.Functions[i]; differs(f) {
			list = append(list, f)
		}
	}
	if certain = len(list); certain == 0 {
		for i := range c.Functions {
			list = append(list, &c.Functions[i])
		}
	}
	n := o.Top
	if n == 0 {
		n = defaultTop
	}
	list = list[:min(n, len(list))]
	var shown []*attribution.Measure
	for _, m := range attribution.Measures() {
		if slices.ContainsFunc(list, func(f *attribution.Difference) bool { _, ok := f.Of(m); return ok }) {
			shown = append(shown, m)
		}
	}
	rows = [][]string{{"function", "change", "self time A", "B", "ratio", "95 %", "calls A", "B"}}
	for _, m := range shown {
		rows[0] = append(rows[0], m.Label+" A", "B")
	}
	for _, f := range list {
		rows = append(rows, comparedRow(f, shown))
	}
	return withoutEmpty(rows), certain
}

// comparedRow is a function's; what is not known or not beyond chance is "-".
func comparedRow(f *attribution.Difference, shown []*attribution.Measure) []string {
	row := []string{shorten(f.Name, 26), "-", "-", "-", "-", "-", "-", "-"}
	if word := changeWord(f.Self); word != unclear {
		row[1] = word
	}
	if !math.IsNaN(f.Self.Ratio) {
		copy(row[2:], []string{
			quantity.Micros(int64(f.SelfA)), quantity.Micros(int64(f.SelfB)), quantity.Ratio(f.Self.Ratio),
			changeInterval(f.Self), quantity.Figure(f.CallsA), quantity.Figure(f.CallsB),
		})
	}
	for _, m := range shown {
		a, b := "-", "-"
		if v, ok := f.Of(m); ok {
			a, b = sideText(m, v.A), sideText(m, v.B)
		}
		row = append(row, a, b)
	}
	return row
}

// differs reports whether something can be said of a function: its time
// changed beyond chance, or what is counted exactly is not the same.
func differs(f *attribution.Difference) bool {
	return changeWord(f.Self) != unclear || slices.ContainsFunc(f.Values, func(v attribution.ComparedValue) bool {
		growth, ok := v.Growth()
		return ok && growth != 0
	})
}

// withoutEmpty leaves out the columns that say nothing in any row.
func withoutEmpty(rows [][]string) [][]string {
	var kept [][]string
	for range rows {
		kept = append(kept, nil)
	}
	for column := range rows[0] {
		if !slices.ContainsFunc(rows[1:], func(row []string) bool { return row[column] != "-" }) {
			continue
		}
		for i, row := range rows {
			kept[i] = append(kept[i], row[column])
		}
	}
	return kept
}

// crashesAnswer is how many builds crashed on each side, and of what.
func crashesAnswer(c *attribution.Comparison) string {
	text := fmt.Sprintf("B crashed in %d of %s, A in %d of %d", c.B.Crashed, builds(c.B.Measured), c.A.Crashed, c.A.Measured)
	if crashes := c.B.Report.Crashes; len(crashes) > 0 {
		text += ": " + CauseText(crashes[0].Cause)
		if at := crashes[0].Target; at != "" {
			text += " while evaluating " + at
		}
	}
	return text + "."
}

// comparisonAnswer is what differs, in a sentence.
func comparisonAnswer(c *attribution.Comparison) string {
	var worse, better []string
	for i := range c.Functions {
		switch f := &c.Functions[i]; changeWord(f.Self) {
		case "worse":
			worse = append(worse, fmt.Sprintf("%s takes %s times the time", f.Name, quantity.Ratio(f.Self.Ratio)))
		case "better":
			better = append(better, fmt.Sprintf("%s takes %s times the time", f.Name, quantity.Ratio(f.Self.Ratio)))
		}
	}
	switch {
	case len(c.Functions) == 0 && len(c.Rules) > 0:
		return mostChanged(c.Rules)
	case len(c.Functions) == 0:
		return "No profile on either side holds a Starlark call, and no heap dump or allocation profile names a function."
	case len(worse) > 0:
		return "B is worse beyond chance: " + listed(worse) + "."
	case len(better) > 0:
		return "B is better beyond chance: " + listed(better) + "."
	case c.A.Builds == 0 || c.B.Builds == 0:
		which := "A's"
		if c.A.Builds > 0 {
			which = "B's"
		}
		return "Functions' times cannot be compared: " + which + " profiles hold no Starlark call."
	case c.A.Builds < 2 || c.B.Builds < 2:
		return "No function's time differs beyond chance: to tell, it takes two builds or more on each side."
	}
	return "No function's time differs beyond chance."
}

// listed is the first two of a list, and how many more there are.
func listed(all []string) string {
	const most = 2
	text := strings.Join(all[:min(len(all), most)], ", ")
	if more := len(all) - most; more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	return text
}

func sideText(m *attribution.Measure, n float64) string {
	if math.IsNaN(n) {
		return "-"
	}
	return numberText(m, n)
}

// openRatio is where an end of an interval says no more: one build against one
// leaves a ratio open over many powers of ten.
const openRatio = 1000

// changeInterval is "1.2 to 3.4"; "-" where builds are too few to tell.
func changeInterval(c stats.Change) string {
	if math.IsNaN(c.Low) || math.IsInf(c.High, 0) || c.High > openRatio && c.Low < 1/openRatio {
		return "-"
	}
	return quantity.Ratio(c.Low) + " to " + quantity.Ratio(c.High)
}

// comparisonHead says what is compared.
func comparisonHead(c *attribution.Comparison) []string {
	which := "all builds with a profile, because one side has no build that passed"
	if c.PassedOnly {
		which = "builds that passed"
	}
	crashed := func(s attribution.ComparedSet) string {
		return fmt.Sprintf("%d of %d crashed (95 %%: %.0f to %.0f %%)", s.Crashed, s.Measured, 100*s.CrashShare.Low, 100*s.CrashShare.High)
	}
	lines := []string{
		"A: " + crashed(c.A) + "; B: " + crashed(c.B) + ".",
		fmt.Sprintf("Self time and calls are means per build, over %s: %d in A, %d in B.", which, c.A.Builds, c.B.Builds),
	}
	if c.A.Builds > 0 && c.B.Builds > 0 {
		lines[1] += " The ratio is that of typical builds (geometric means, so that one slow build counts little, with 50 ms added to each, because shorter calls are not recorded): it is not the quotient of the two columns."
	}
	return lines
}

// builds writes time and calls for a terminal.
func (t *textWriter) builds(c *attribution.Comparison) {
	for _, l := range comparisonHead(c) {
		t.wrapped(l, "", "")
	}
	t.ruleChanges(c)
	rows, certain := comparedTable(c, t.o)
	if namesAlone(rows) {
		return
	}
	t.heading("%s", comparedTitle(certain, len(rows)-1, len(c.Functions)))
	for i, l := range columns(rows, func(column int) bool { return column > 0 && rows[0][column] != "change" }) {
		style := ""
		if i == 0 {
			style = faint
		}
		t.inStyle(style, "  %s", l)
	}
}

// builds writes time and calls to share.
func (m markdown) builds(c *attribution.Comparison) {
	for _, l := range comparisonHead(c) {
		m.line("\n%s", escape(l))
	}
	rows, certain := comparedTable(c, m.o)
	if namesAlone(rows) {
		return
	}
	m.line("\n%s:\n\n| %s |", comparedTitle(certain, len(rows)-1, len(c.Functions)), strings.Join(rows[0], " | "))
	m.line("|---|%s", strings.Repeat("---:|", len(rows[0])-1))
	for _, row := range rows[1:] {
		row[0] = code(row[0])
		m.line("| %s |", strings.Join(row, " | "))
	}
}

// heldLines tell the conditions that hold.
func heldLines(failed []Violation) []string {
	var lines []string
	for _, f := range failed {
		lines = append(lines, wrap(printable(f.Text), "  ! ", "    ")...)
	}
	if len(lines) > 0 {
		lines = append([]string{"", "Conditions that hold"}, lines...)
	}
	return lines
}
