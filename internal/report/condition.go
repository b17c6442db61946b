// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/internal/quantity"
)

// Conditions for a gate in continuous integration (--fail-on). One is a word
// or a comparison; several are separated by commas, and any one that holds
// fails:
//
//	crash               there is a crash (compare: B has more than A, beyond chance or from none)
//	sure, likely, possible
//	                    a suspect has that verdict or a stronger one
//	                    (compare: in B, and not in A)
//	worse               compare: a function's own time grew beyond its interval
//	FIELD>NUMBER        a function's field of the JSON report, or its score:
//	                    score>0.9, retained_bytes>=1e8, q_value<0.01
//	FIELD>+NUMBER%      compare: a measure grew by more than that; self_micros
//	                    and calls beyond their interval as well
//	FIELD>+SIZE, >SIZE  compare: bytes grew by more than that, or are more in B:
//	                    retained_bytes, live_bytes, limit (condition_heaps.go)
//
// The operators are >, >=, < and <=. A number of bytes may be a size, such as
// 200m or 1.5g. A function that lacks the field does not hold it.

// A Condition is one parsed condition.
type Condition struct {
	text     string
	word     string // or a comparison:
	field    string
	operator string
	value    float64
	relative bool // value is a change in percent
	grown    bool // value is a change in bytes
}

var comparison = regexp.MustCompile(`^([a-z_]+)\s*(>=|<=|>|<)\s*(\+?)([0-9.]+(?:[eE][+-]?[0-9]+)?)\s*([kmgtKMGT]?)(%?)$`)

var conditionWords = []string{"crash", "sure", "likely", "possible", "worse"}

// relativeFields are the measures that compare holds against each other.
func relativeFields() []string {
	var names []string
	for _, m := range attribution.Measures() {
		if m.Compared() {
			names = append(names, m.ID)
		}
	}
	return names
}

// ParseConditions parses a list of conditions. comparing allows those that
// need two sets of measurements. The error says what is wrong with which.
func ParseConditions(text string, comparing bool) ([]Condition, error) {
	var all []Condition
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		c, err := parseCondition(part)
		switch {
		case err != nil:
			return nil, err
		case !comparing && (c.word == "worse" || c.relative || c.grown):
			return nil, fmt.Errorf("condition %q: it needs two sets of measurements; use it with compare", part)
		case !comparing && c.ofHeaps() && c.field != attribution.RetainedBytes.ID:
			return nil, fmt.Errorf("condition %q: %s is what compare and check know; use it with them", part, c.field)
		case comparing && c.field != "" && !c.relative && !c.ofHeaps():
			return nil, fmt.Errorf("condition %q: compare looks at changes, as in self_micros>+20%%; use it with report", part)
		}
		all = append(all, c)
	}
	return all, nil
}

func parseCondition(text string) (Condition, error) {
	if slices.Contains(conditionWords, text) {
		return Condition{text: text, word: text}, nil
	}
	m := comparison.FindStringSubmatch(text)
	if m == nil {
		return Condition{}, fmt.Errorf("condition %q: it is not one of %s, nor a comparison such as score>0.9 or self_micros>+20%%", text, strings.Join(conditionWords, ", "))
	}
	value, err := strconv.ParseFloat(m[4], 64)
	if err != nil {
		return Condition{}, fmt.Errorf("condition %q: %s is not a number", text, m[4])
	}
	unit := m[5]
	if unit != "" {
		bytes, err := quantity.ParseSize(m[4] + unit)
		if err != nil {
			return Condition{}, fmt.Errorf("condition %q: %w", text, err)
		}
		value = float64(bytes)
	}
	c := Condition{text: text, field: m[1], operator: m[2], value: value, relative: m[6] == "%"}
	c.grown = m[3] == "+" && !c.relative
	known := slices.Contains(fieldNames(), c.field)
	switch {
	case c.relative && (m[3] == "" || unit != ""), c.grown && !c.ofHeaps():
		return c, fmt.Errorf("condition %q: write a change as +20%%, a value without sign and without %%", text)
	case c.ofHeaps() && c.relative && strings.HasPrefix(c.operator, ">"), c.ofHeaps() && !c.relative:
		return c, nil
	case c.relative && (!slices.Contains(relativeFields(), c.field) || !strings.HasPrefix(c.operator, ">")):
		return c, fmt.Errorf("condition %q: a growth is one of %s, with > or >=", text, strings.Join(append(relativeFields(), heapFields[1:]...), ", "))
	case !c.relative && !known:
		return c, fmt.Errorf("condition %q: no field %s; there are %s", text, c.field, strings.Join(fieldNames(), ", "))
	}
	return c, nil
}

// fieldNames are the numbers of the evidence, as the JSON report calls them,
// and the score.
func fieldNames() []string {
	names := []string{"score"}
	for _, m := range attribution.Measures() {
		m.Is(0).Fields(func(name string, _ float64) { names = append(names, name) })
	}
	slices.Sort(names)
	return names
}

// number is a suspect's number of that name; ok is false where it is not known.
func number(s *attribution.Suspect, name string) (number float64, ok bool) {
	if name == "score" {
		return rounded(s.Score), true
	}
	for _, v := range s.Evidence {
		v.Fields(func(field string, n float64) {
			if field == name {
				number, ok = n, true
			}
		})
	}
	return number, ok
}

// Held are the conditions that hold in a report, each told with what holds it.
func Held(conditions []Condition, r *attribution.Report, o Options) []string {
	var held []string
	for _, c := range conditions {
		switch {
		case c.word == "crash":
			if n := len(r.Crashes); n > 0 {
				held = append(held, fmt.Sprintf("%s: %s, the newest in %s", c.text, quantity.Count(n, "crash", "crashes"), o.path(r.Crashes[0].Path)))
			}
		case c.word != "":
			for i := range r.Suspects {
				if s := &r.Suspects[i]; atLeast(s, attribution.Verdict(c.word)) {
					held = append(held, fmt.Sprintf("%s: %s, %s, is %s (score %.2f)", c.text, s.Name, o.where(s), s.Verdict, s.Score))
				}
			}
		default:
			for i := range r.Suspects {
				s := &r.Suspects[i]
				if value, known := number(s, c.field); known && c.compares(value) {
					held = append(held, fmt.Sprintf("%s: %s, %s, has %s %s", c.text, s.Name, o.where(s), c.field, strconv.FormatFloat(value, 'g', 6, 64)))
				}
			}
		}
	}
	return held
}

// A Violation is a condition that holds, with what holds it.
type Violation struct {
	Text string // all of it, in a sentence
	Rule string // the condition's field or word
	// Subject is what holds it, File and Line where that stands, as far as it
	// is known.
	Subject, File string
	Line          int
}

func (v Violation) String() string { return v.Text }

// HeldBetween are the conditions that hold in a comparison.
func HeldBetween(conditions []Condition, c *ComparisonJSON, o Options) []Violation {
	var held []Violation
	for _, condition := range conditions {
		switch {
		case condition.ofHeaps() && c.Heaps != nil:
			held = append(held, condition.betweenHeaps(c.Heaps, o)...)
		case c.Builds != nil:
			held = append(held, condition.betweenBuilds(c.Builds, o)...)
		}
	}
	return held
}

// moreCrashes is whether B crashes and A never did, or more beyond chance.
func moreCrashes(c *attribution.Comparison) bool {
	return c.B.Crashed > 0 && (c.A.Crashed == 0 || c.B.CrashShare.Low > c.A.CrashShare.High)
}

func (condition Condition) betweenBuilds(c *attribution.Comparison, o Options) []Violation {
	if condition.word == "crash" {
		if moreCrashes(c) {
			return []Violation{{Text: fmt.Sprintf("crash: %d of %d in B, %d of %d in A", c.B.Crashed, c.B.Measured, c.A.Crashed, c.A.Measured), Rule: "crash", Subject: "crash"}}
		}
		return nil
	}
	var held []Violation
	for i := range c.Functions {
		f := &c.Functions[i]
		text := condition.between(f)
		if text == "" {
			continue
		}
		v := Violation{Text: condition.text + ": " + f.Name + o.differencePlace(f) + text, Rule: cmp.Or(condition.field, condition.word), Subject: f.Name}
		if s := firstOf(f.B, f.A); s != nil && s.Definition != nil {
			v.File, v.Line = o.path(s.Definition.File), s.Definition.NameRange.Start.Line
		}
		held = append(held, v)
	}
	return held
}
func (o Options) differencePlace(f *attribution.Difference) string {
	if s := firstOf(f.B, f.A); s != nil {
		return ", " + o.where(s) + ","
	}
	return ","
}

// between says how the condition holds for one function, "" if it does not.
func (c Condition) between(f *attribution.Difference) string {
	switch {
	case c.word == "worse" || c.field == attribution.SelfMicros.ID:
		if f.Self.Worse() && (c.word == "worse" || c.holdsGrowth(f.Self.Ratio-1)) {
			return fmt.Sprintf(" self time went from %s to %s per build", quantity.Micros(int64(f.SelfA)), quantity.Micros(int64(f.SelfB))) + changeText(f.Self)
		}
	case c.field == attribution.Calls.ID:
		if f.Calls.Worse() && c.holdsGrowth(f.Calls.Ratio-1) {
			return fmt.Sprintf(" calls went from %s to %s per build", quantity.Figure(f.CallsA), quantity.Figure(f.CallsB)) + changeText(f.Calls)
		}
	case c.word != "":
		if atLeast(f.B, attribution.Verdict(c.word)) && !atLeast(f.A, attribution.Verdict(c.word)) {
			return fmt.Sprintf(" is %s in B (score %.2f)", f.B.Verdict, f.B.Score)
		}
	case c.relative:
		v, _ := f.Of(attribution.MeasureOf(c.field))
		if growth, ok := v.Growth(); ok && c.holdsGrowth(growth) {
			return fmt.Sprintf(" has %s %s per build, %s before", v.Measure.ID, numberText(v.Measure, v.B), numberText(v.Measure, v.A))
		}
	}
	return ""
}

// holdsGrowth reports whether a growth is one that the condition is about.
func (c Condition) holdsGrowth(growth float64) bool { return c.compares(100 * growth) }

func changeText(c stats.Change) string {
	return fmt.Sprintf(", %s times as much (95 %%: %s)", quantity.Figure(c.Ratio), changeInterval(c))
}

func (c Condition) compares(value float64) bool {
	switch c.operator {
	case ">":
		return value > c.value
	case ">=":
		return value >= c.value
	case "<":
		return value < c.value
	}
	return value <= c.value
}

// atLeast reports whether a suspect's verdict is the given one or stronger.
func atLeast(s *attribution.Suspect, least attribution.Verdict) bool {
	if s == nil {
		return false
	}
	order := []attribution.Verdict{attribution.Sure, attribution.Likely, attribution.Possible, attribution.NotKnown}
	i := slices.Index(order, s.Verdict)
	return i >= 0 && i <= slices.Index(order, least)
}
