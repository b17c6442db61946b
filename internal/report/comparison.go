package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/internal/quantity"
)

// A ComparisonDocument is the JSON of `compare`, schema 1, by the rules of
// Document: fields are added, never renamed; what is not known is absent.
type ComparisonDocument struct {
	Schema     int          `json:"schema"`
	A          ComparedSide `json:"a"`
	B          ComparedSide `json:"b"`
	PassedOnly bool         `json:"passed_only"` // compared over builds that passed
	Functions  []Compared   `json:"functions"`   // by how much they matter
	Failed     []string     `json:"failed,omitempty"`
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
	RetainedA      *int64              `json:"retained_bytes_a,omitempty"`
	RetainedB      *int64              `json:"retained_bytes_b,omitempty"`
	AllocatedA     *int64              `json:"allocated_bytes_a,omitempty"`
	AllocatedB     *int64              `json:"allocated_bytes_b,omitempty"`
}

// NewComparisonDocument is the comparison in its JSON shape.
func NewComparisonDocument(c *attribution.Comparison, o Options) *ComparisonDocument {
	d := &ComparisonDocument{Schema: Schema, A: side(c.A), B: side(c.B), PassedOnly: c.PassedOnly, Functions: []Compared{}}
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
		Name: f.Name, Change: changeWord(f.Self),
		SelfMicrosA: math.Round(f.SelfA), SelfMicrosB: math.Round(f.SelfB), CallsA: rounded(f.CallsA), CallsB: rounded(f.CallsB),
	}
	made.SelfRatio, made.SelfRatioLow, made.SelfRatioHigh = finite(&f.Self.Ratio), finite(&f.Self.Low), finite(&f.Self.High)
	made.CallsRatio, made.CallsRatioLow, made.CallsRatioHigh = finite(&f.Calls.Ratio), finite(&f.Calls.Low), finite(&f.Calls.High)
	if s := f.A; s != nil {
		made.VerdictA, made.RetainedA, made.AllocatedA = s.Verdict, s.Evidence.RetainedBytes, s.Evidence.AllocatedBytes
	}
	if s := f.B; s != nil {
		made.VerdictB, made.RetainedB, made.AllocatedB = s.Verdict, s.Evidence.RetainedBytes, s.Evidence.AllocatedBytes
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

// changeWord says what the interval allows to say.
func changeWord(c attribution.Change) string {
	switch {
	case c.Worse():
		return "worse"
	case c.Better():
		return "better"
	}
	return "unclear"
}

// WriteComparisonJSON writes the comparison as JSON; failed are the conditions
// that hold.
func WriteComparisonJSON(w io.Writer, c *attribution.Comparison, failed []string, o Options) error {
	d := NewComparisonDocument(c, o)
	d.Failed = failed
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(d)
}

// comparedRows is the table of both the text and the Markdown form.
func comparedRows(c *attribution.Comparison, o Options) [][]string {
	n := o.Top
	if n == 0 {
		n = defaultTop
	}
	rows := [][]string{{"change", "function", "A", "B", "ratio", "95 %", "calls A", "B"}}
	for i := range c.Functions {
		if i == n {
			break
		}
		f := &c.Functions[i]
		rows = append(rows, []string{
			changeWord(f.Self), shorten(f.Name, 26), quantity.Micros(int64(f.SelfA)), quantity.Micros(int64(f.SelfB)),
			ratioText2(f.Self.Ratio), intervalText(stats.Interval{Low: f.Self.Low, High: f.Self.High}),
			strconv.FormatFloat(f.CallsA, 'g', 3, 64), strconv.FormatFloat(f.CallsB, 'g', 3, 64),
		})
	}
	return rows
}

func ratioText2(x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	return strconv.FormatFloat(x, 'g', 2, 64)
}

// intervalText is "1.2-3.4", or "any" where nothing is known.
func intervalText(i stats.Interval) string {
	if math.IsInf(i.High, 0) {
		return "any"
	}
	return ratioText2(i.Low) + "-" + ratioText2(i.High)
}

// comparisonHead says what is compared.
func comparisonHead(c *attribution.Comparison) []string {
	which := "all builds with a profile, because one side has none that passed"
	if c.PassedOnly {
		which = "builds that passed"
	}
	crashed := func(s attribution.ComparedSet) string {
		return fmt.Sprintf("%d of %d crashed (95 %%: %.0f to %.0f %%)", s.Crashed, s.Measured, 100*s.CrashShare.Low, 100*s.CrashShare.High)
	}
	return []string{
		"A: " + crashed(c.A) + "; B: " + crashed(c.B) + ".",
		fmt.Sprintf("Own time and calls a build, over %s: %d in A, %d in B. The ratio is B to A, 50 ms (the shortest call that is recorded) being added to each build's time.",
			which, c.A.Builds, c.B.Builds),
	}
}

// WriteComparison writes the comparison for a terminal.
func WriteComparison(w io.Writer, c *attribution.Comparison, failed []string, o Options) error {
	t := textWriter{bufio.NewWriter(w), o, c.B.Report}
	for _, l := range comparisonHead(c) {
		t.lines(wrap(l, "", ""))
	}
	t.line("")
	if len(c.Functions) == 0 {
		t.line("No profile on either side holds a Starlark call.")
	} else {
		t.lines(columns(comparedRows(c, o), func(column int) bool { return column > 1 }))
	}
	t.lines(heldLines(failed))
	return t.out.Flush()
}

// WriteComparisonMarkdown writes the comparison to share.
func WriteComparisonMarkdown(w io.Writer, c *attribution.Comparison, failed []string, o Options) error {
	m := markdown{bufio.NewWriter(w), o}
	m.line("# Comparison")
	for _, l := range comparisonHead(c) {
		m.line("\n%s", escape(l))
	}
	m.line("\n| change | function | A | B | ratio | 95 %% | calls A | B |")
	m.line("|---|---|---:|---:|---:|---:|---:|---:|")
	for _, row := range comparedRows(c, o)[1:] {
		m.line("| %s | %s | %s | %s | %s | %s | %s | %s |", row[0], code(row[1]), row[2], row[3], row[4], row[5], row[6], row[7])
	}
	for i, f := range failed {
		if i == 0 {
			m.line("\nConditions that hold:\n")
		}
		m.line("- %s", escape(f))
	}
	return m.out.Flush()
}

// heldLines tell the conditions that hold.
func heldLines(failed []string) []string {
	var lines []string
	for _, f := range failed {
		lines = append(lines, wrap(printable(f), "  ! ", "    ")...)
	}
	if len(lines) > 0 {
		lines = append([]string{"", "Conditions that hold"}, lines...)
	}
	return lines
}
