// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/join"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
)

// A Measure is one number that can be known of a function. It is declared
// once, in the table of measures.go; JSON, tables, hover, --fail-on and the
// documentation are drawn from the declaration.
type Measure struct {
	// ID is its name in JSON and in --fail-on; with an Interval there are
	// ID_low and ID_high beside it.
	ID string
	// Label heads it in a table; Meaning is a sentence.
	Label, Meaning string
	Unit           Unit
	// Term: the label is a term of statistics or of garbage collection, so
	// that a text gives the meaning beside it.
	Term bool
	// Of is what the number is a part of: crash stacks of crashes. May be nil.
	Of *Measure
	// Interval: the number comes with its 95 % interval.
	Interval bool

	// value finds it; ok is false where it is not known.
	value func(x *examined) (v Value, ok bool)
	// weigh says how far it alone makes the function a suspect; nil for what
	// is told and has no part in the score.
	weigh func(x *examined) reason
	// told reports whether a build can tell it; compare holds the number per
	// such build against that of the other side. Nil: it is not compared so.
	told func(o *observe.Observation) bool
	// ofOne: the number is of one of those builds already, not their sum.
	ofOne bool
}

// Compared reports whether compare holds the measure of one set of builds
// against that of another, and --fail-on takes a growth of it.
func (m *Measure) Compared() bool { return m.told != nil || m == SelfMicros || m == Calls }

// A Unit is what a measure counts.
type Unit string

// The units.
const (
	Count  Unit = "count"
	Bytes  Unit = "bytes"
	Micros Unit = "microseconds"
	Factor Unit = "factor"  // times another
	Share  Unit = "share"   // 0 to 1
	Number Unit = "number"  // a statistic without a unit
	Chance Unit = "p-value" // 0 to 1
)

// A Value is a measure's number for one function; Low and High are its 95 %
// interval where the measure has one, High infinite where it is open.
type Value struct {
	Measure           *Measure
	Number, Low, High float64
}

// Is is a value of the measure.
func (m *Measure) Is(n float64) Value { return Value{m, n, n, n} }

// Within is the value with its interval.
func (v Value) Within(low, high float64) Value {
	v.Low, v.High = low, high
	return v
}

// Fields are the value's numbers by their names in JSON. What JSON has no word
// for, an interval's open end, is left out.
func (v Value) Fields(field func(name string, n float64)) {
	give := func(name string, n float64) {
		if !math.IsInf(n, 0) && !math.IsNaN(n) {
			field(name, n)
		}
	}
	give(v.Measure.ID, v.Number)
	if v.Measure.Interval {
		give(v.Measure.ID+"_low", v.Low)
		give(v.Measure.ID+"_high", v.High)
	}
}

// Evidence is what is known of one function, in the order of the table. A
// measure that is not known has no value; a known zero is zero.
type Evidence []Value

// Of is the value of a measure; ok is false where it is not known.
func (e Evidence) Of(m *Measure) (v Value, ok bool) {
	for _, v := range e {
		if v.Measure == m {
			return v, true
		}
	}
	return Value{}, false
}

// Number is the number of a measure; ok is false where it is not known.
func (e Evidence) Number(m *Measure) (n float64, ok bool) {
	v, ok := e.Of(m)
	return v.Number, ok
}

// Knows reports whether a measure is known.
func (e Evidence) Knows(m *Measure) bool {
	_, ok := e.Of(m)
	return ok
}

// Positive reports whether a measure is known to be above zero.
func (e Evidence) Positive(m *Measure) bool {
	n, _ := e.Number(m)
	return n > 0
}

// MarshalJSON writes the numbers by their names, in the order of the table.
func (e Evidence) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for _, v := range e {
		v.Fields(func(name string, n float64) {
			if b.Len() > 1 {
				b.WriteByte(',')
			}
			number, _ := json.Marshal(n) // finite
			fmt.Fprintf(&b, "%q:%s", name, number)
		})
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON reads what MarshalJSON writes; an absent end of an interval is
// open. Names that no measure has are passed over.
func (e *Evidence) UnmarshalJSON(text []byte) error {
	var fields map[string]float64
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	*e = nil
	for _, m := range measures {
		n, known := fields[m.ID]
		if !known {
			continue
		}
		v := m.Is(n)
		if m.Interval {
			v = v.Within(math.Inf(-1), math.Inf(1))
			if low, ok := fields[m.ID+"_low"]; ok {
				v.Low = low
			}
			if high, ok := fields[m.ID+"_high"]; ok {
				v.High = high
			}
		}
		*e = append(*e, v)
	}
	return nil
}

// Measures is the table, in its order.
func Measures() []*Measure { return slices.Clone(measures) }

// MeasureOf is the measure of that name in JSON, or nil.
func MeasureOf(id string) *Measure {
	for _, m := range measures {
		if m.ID == id {
			return m
		}
	}
	return nil
}

// examined is a subject as the measures see it: with what all functions add up
// to, and with the tests that several measures are read from.
type examined struct {
	*join.Subject
	*scoring
	*aggregate.Statistics
	increase stats.Increase
	strata   stats.Stratified
	// tested: increase is known; stratified: strata is.
	tested, stratified bool
}

func (w *scoring) examine(s *join.Subject) *examined {
	x := &examined{Subject: s, scoring: w, Statistics: w.observed}
	if n := s.Trace; n != nil {
		x.increase, x.tested = n.Increase(w.observed)
		x.strata, x.stratified = n.Stratified(w.observed)
	}
	return x
}

// evidence is what is known of it.
func (x *examined) evidence() Evidence {
	e := make(Evidence, 0, len(measures))
	for _, m := range measures {
		if m.value == nil {
			continue
		}
		if v, ok := m.value(x); ok {
			v.Measure = m
			e = append(e, v)
		}
	}
	return slices.Clip(e)
}

// findings are what it weighs.
func (x *examined) findings() []reason {
	var all []reason
	for _, m := range measures {
		if m.weigh != nil {
			all = append(all, m.weigh(x))
		}
	}
	return all
}

// number is a value without an interval.
func number[N int | int64 | float64](n N) Value { return Value{Number: float64(n)} }

// only is a number that is known if ok.
func only[N int | int64 | float64](n N, ok bool) (Value, bool) { return number(n), ok }

// ratioOf and changeOf are estimates with their intervals.
func ratioOf(r stats.Rate, ok bool) (Value, bool) {
	return Value{Number: r.Ratio, Low: r.Low, High: r.High}, ok
}

func changeOf(c stats.Change, ok bool) (Value, bool) {
	return Value{Number: c.Ratio, Low: c.Low, High: c.High}, ok
}

// traced is a number that traces know, of a function that any trace shows.
func traced(of func(x *examined, n *aggregate.NameStatistics) (Value, bool)) func(*examined) (Value, bool) {
	return func(x *examined) (Value, bool) {
		if x.Trace == nil {
			return Value{}, false
		}
		return of(x, x.Trace)
	}
}

// crashTraced is a count that profiles of crashes know.
func crashTraced(of func(n *aggregate.NameStatistics) int) func(*examined) (Value, bool) {
	return traced(func(x *examined, n *aggregate.NameStatistics) (Value, bool) {
		return only(of(n), x.Statistics.Traced > 0)
	})
}

// always is a number that is known of every function that a trace shows.
func always[N int | int64](of func(n *aggregate.NameStatistics) N) func(*examined) (Value, bool) {
	return traced(func(_ *examined, n *aggregate.NameStatistics) (Value, bool) { return number(of(n)), true })
}
