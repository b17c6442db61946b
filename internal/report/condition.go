package report

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"example.invalid/starlark-memls/attribution"
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
//	FIELD>+NUMBER%      compare: self_micros or calls grew by more than that,
//	                    and beyond the interval
//
// The operators are >, >=, < and <=. A function that lacks the field does not
// hold it.

// A Condition is one parsed condition.
type Condition struct {
	text     string
	word     string // or a comparison:
	field    string
	operator string
	value    float64
	relative bool // value is a change in percent
}

var comparison = regexp.MustCompile(`^([a-z_]+)\s*(>=|<=|>|<)\s*(\+?)([0-9.]+(?:[eE][+-]?[0-9]+)?)\s*(%?)$`)

var conditionWords = []string{"crash", "sure", "likely", "possible", "worse"}

// relativeFields are those whose change a comparison gives with an interval.
var relativeFields = []string{"self_micros", "calls"}

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
		case !comparing && (c.word == "worse" || c.relative):
			return nil, fmt.Errorf("condition %q: it needs two sets of measurements; use it with compare", part)
		case comparing && c.field != "" && !c.relative:
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
		return Condition{}, fmt.Errorf("condition %q: it is none of %s, and no comparison such as score>0.9 or self_micros>+20%%", text, strings.Join(conditionWords, ", "))
	}
	value, err := strconv.ParseFloat(m[4], 64)
	if err != nil {
		return Condition{}, fmt.Errorf("condition %q: %s is no number", text, m[4])
	}
	c := Condition{text: text, field: m[1], operator: m[2], value: value, relative: m[5] == "%"}
	known := slices.Contains(numberFields(), c.field)
	switch {
	case (m[3] == "+") != c.relative:
		return c, fmt.Errorf("condition %q: a change is written +20%%, a value without sign and %%", text)
	case c.relative && (!slices.Contains(relativeFields, c.field) || !strings.HasPrefix(c.operator, ">")):
		return c, fmt.Errorf("condition %q: a growth is one of %s, with > or >=", text, strings.Join(relativeFields, ", "))
	case !c.relative && !known:
		return c, fmt.Errorf("condition %q: no field %s; there are %s", text, c.field, strings.Join(numberFields(), ", "))
	}
	return c, nil
}

// numberFields are the fields of the evidence, as the JSON report calls them,
// and the score.
func numberFields() []string {
	one, count, bytes := 1.0, 1, int64(1)
	e := Evidence{
		CrashFrames: &count, ActiveAtCrash: &count, Crashes: &count, LastOnThread: &count, WindowClose: &count, WindowMedium: &count, WindowFar: &count,
		Overrepresentation: &one, OverrepresentationLow: &one, OverrepresentationHigh: &one, ExpectedActive: &one,
		Increase: &one, IncreaseLow: &one, IncreaseHigh: &one, Importance: &one, Elimination: &count, Ochiai: &one, Tarantula: &one,
		StratifiedOdds: &one, StratifiedOddsLow: &one, StratifiedOddsHigh: &one, StratifiedP: &one, SurvivalShare: &one,
		PValue: &one, QValue: &one, GCRateRatio: &one, GCRateRatioLow: &one, GCRateRatioHigh: &one, GCEvents: &count, MajorGCEvents: &count, GCPauseMicros: &bytes,
		RestartRatio: &one, RestartRatioLow: &one, RestartRatioHigh: &one, Growth: &one, GrowthLow: &one, GrowthHigh: &one,
		CallsGrowth: &one, CallsGrowthLow: &one, CallsGrowthHigh: &one, GCGrowth: &one, GCGrowthLow: &one, GCGrowthHigh: &one, RetainedGrowth: &one, RetainedGrowthLow: &one, RetainedGrowthHigh: &one, CostMicros: &one, CostMicrosLow: &one, CostMicrosHigh: &one,
		Calls: &count, TotalMicros: &bytes, SelfMicros: &bytes, AllocatedBytes: &bytes, AllocatedCumBytes: &bytes, RetainedBytes: &bytes, CPUMicros: &bytes,
	}
	names := []string{"score"}
	for name := range fieldsOf(e) {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// fieldsOf are the fields that are known, by their names in JSON.
func fieldsOf(e Evidence) map[string]float64 {
	fields := map[string]float64{}
	text, err := json.Marshal(e)
	if err == nil {
		err = json.Unmarshal(text, &fields)
	}
	if err != nil {
		panic(err) // Evidence is numbers only
	}
	return fields
}

// Held are the conditions that hold in a report, each told with what holds it.
func Held(conditions []Condition, r *attribution.Report, o Options) []string {
	var held []string
	o.Top = 0
	d := NewDocument(r, o)
	for _, c := range conditions {
		switch {
		case c.word == "crash":
			if n := len(r.Crashes); n > 0 {
				held = append(held, fmt.Sprintf("%s: %s, the newest in %s", c.text, quantity.Count(n, "crash", "crashes"), o.path(r.Crashes[0].Path)))
			}
		case c.word != "":
			for i := range r.Suspects {
				if s := &r.Suspects[i]; atLeast(s.Verdict, attribution.Verdict(c.word)) {
					held = append(held, fmt.Sprintf("%s: %s, %s, is %s (score %.2f)", c.text, s.Name, o.where(s), s.Verdict, s.Score))
				}
			}
		default:
			for i := range d.Functions {
				f := &d.Functions[i]
				value, known := fieldsOf(f.Evidence)[c.field]
				if c.field == "score" {
					value, known = f.Score, true
				}
				if known && c.compares(value) {
					held = append(held, fmt.Sprintf("%s: %s, %s, has %s %s", c.text, f.Name, o.where(&r.Suspects[i]), c.field, strconv.FormatFloat(value, 'g', 6, 64)))
				}
			}
		}
	}
	return held
}

// HeldBetween are the conditions that hold in a comparison.
func HeldBetween(conditions []Condition, c *attribution.Comparison, o Options) []string {
	var held []string
	for _, condition := range conditions {
		if condition.word == "crash" {
			if c.B.Crashed > 0 && (c.A.Crashed == 0 || c.B.CrashShare.Low > c.A.CrashShare.High) {
				held = append(held, fmt.Sprintf("crash: %d of %d in B, %d of %d in A", c.B.Crashed, c.B.Measured, c.A.Crashed, c.A.Measured))
			}
			continue
		}
		for i := range c.Functions {
			if text := condition.between(&c.Functions[i]); text != "" {
				held = append(held, condition.text+": "+c.Functions[i].Name+o.differencePlace(&c.Functions[i])+text)
			}
		}
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
	change := f.Self
	if c.field == "calls" {
		change = f.Calls
	}
	switch {
	case c.word == "worse" && change.Worse(), c.relative && change.Worse() && c.compares(100*(change.Ratio-1)):
		of := fmt.Sprintf("own time went from %s to %s a build", quantity.Micros(int64(f.SelfA)), quantity.Micros(int64(f.SelfB)))
		if c.field == "calls" {
			of = fmt.Sprintf("calls went from %.3g to %.3g a build", f.CallsA, f.CallsB)
		}
		return fmt.Sprintf(" %s, %s times as much (95 %%: %s to %s)", of, quantity.Figure(change.Ratio), quantity.Figure(change.Low), quantity.Figure(change.High))
	case c.word != "" && c.word != "worse" && f.B != nil && atLeast(f.B.Verdict, attribution.Verdict(c.word)) &&
		(f.A == nil || !atLeast(f.A.Verdict, attribution.Verdict(c.word))):
		return fmt.Sprintf(" is %s in B (score %.2f)", f.B.Verdict, f.B.Score)
	}
	return ""
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

// atLeast reports whether a verdict is the other or stronger.
func atLeast(v, least attribution.Verdict) bool {
	order := []attribution.Verdict{attribution.Sure, attribution.Likely, attribution.Possible, attribution.NotKnown}
	i := slices.Index(order, v)
	return i >= 0 && i <= slices.Index(order, least)
}
