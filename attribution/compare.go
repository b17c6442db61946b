// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"cmp"
	"math"
	"slices"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
)

// Comparing two sets of measurements: before and after a change, or low limits
// against high ones. The unit is the build. A function's own time and calls in
// each build of one set are held against those of the other, as a ratio of
// geometric means with an interval over builds, so that one slow build does not
// make a difference, and one build against one makes none that is certain.
//
// Builds that passed are compared with builds that passed, because a crash cuts
// a build short; only where one set has none are all compared. Calls under 50
// ms are not recorded, so that length is added to each build's time: a function
// that is at the edge of being recorded at all shows no change.

// A Comparison is what differs between two sets of measurements.
type Comparison struct {
	A, B ComparedSet
	// PassedOnly: the builds compared are those that passed.
	PassedOnly bool
	// Functions are by how much they matter, those that got worse first.
	Functions []Difference
	// Rules are those of dump --rules that differ, the most first.
	Rules []RuleChange
}

// A ComparedSet is one side.
type ComparedSet struct {
	Report   *Report
	Builds   int // that are compared
	Measured int
	Crashed  int
	// CrashShare is the 95 % interval of the share of builds that crash.
	CrashShare stats.Interval
}

// A Difference is one function on both sides.
type Difference struct {
	Name string
	// A and B are what the reports say of it, nil where a side does not
	// know it.
	A, B *Suspect
	// SelfA and SelfB are its own time in microseconds a build, CallsA and
	// CallsB its recorded calls a build.
	SelfA, SelfB, CallsA, CallsB float64
	// Self is SelfB to SelfA, each with the shortest recorded call added;
	// Calls that of the calls, each with one added.
	Self, Calls stats.Change
	// Values are measures per build: bytes in dumps and allocation profiles.
	Values []ComparedValue
}

// Compare compares the measurements behind two reports, which should have been
// concluded against the same workspace.
func Compare(a, b *Report) *Comparison {
	c := &Comparison{A: comparedSet(a), B: comparedSet(b), Rules: ruleChanges(a, b)}
	inA, inB := tracesOf(a, true), tracesOf(b, true)
	c.PassedOnly = len(inA) > 0 && len(inB) > 0
	if !c.PassedOnly {
		inA, inB = tracesOf(a, false), tracesOf(b, false)
	}
	c.A.Builds, c.B.Builds = len(inA), len(inB)
	names := map[string]bool{}
	self, calls := map[string][2][]float64{}, map[string][2][]float64{}
	for side, builds := range [2][]*observe.TraceFacts{inA, inB} {
		for at, t := range builds {
			for i := range t.Functions {
				f := &t.Functions[i]
				names[f.Name] = true
				put2(self, f.Name, side, len(builds), at, float64(f.SelfMicros))
				put2(calls, f.Name, side, len(builds), at, float64(f.Calls))
			}
		}
	}
	suspectsA, suspectsB := suspectsByName(a), suspectsByName(b)
	for name := range names {
		s, k := filled(self[name], len(inA), len(inB)), filled(calls[name], len(inA), len(inB))
		c.Functions = append(c.Functions, Difference{
			Name: name, A: suspectsA[name], B: suspectsB[name],
			SelfA: mean(s[0]), SelfB: mean(s[1]), CallsA: mean(k[0]), CallsB: mean(k[1]),
			Self: change(s, observe.RecordedMicros), Calls: change(k, 1),
		})
	}
	c.addValues(a, b)
	slices.SortFunc(c.Functions, func(x, y Difference) int {
		return cmp.Or(cmp.Compare(y.matters(), x.matters()), cmp.Compare(y.bytes(), x.bytes()), cmp.Compare(x.Name, y.Name), cmp.Compare(x.file(), y.file()))
	})
	return c
}

// matters orders differences: certain ones before others, growth before
// shrinkage, and by the time at stake.
func (d *Difference) matters() float64 {
	stake := math.Abs(d.SelfB - d.SelfA)
	switch {
	case d.Self.Worse():
		return 2e15 + stake
	case d.Self.Better():
		return 1e15 + stake
	}
	return stake
}

// bytes is by how much the bytes differ; file tells functions of one name apart.
func (d *Difference) bytes() (most float64) {
	for _, v := range d.Values {
		if n := math.Abs(v.B - v.A); v.Measure.Unit == Bytes && n > most {
			most = n
		}
	}
	return most
}

func (d *Difference) file() string {
	for _, s := range []*Suspect{d.B, d.A} {
		if s != nil {
			return suspectKeyOf(s).file
		}
	}
	return ""
}

func comparedSet(r *Report) ComparedSet {
	s := ComparedSet{Report: r, Measured: len(r.Measurements)}
	for _, m := range r.Measurements {
		if m.Status.Crashed() {
			s.Crashed++
		}
	}
	s.CrashShare = stats.Wilson(float64(s.Crashed), float64(s.Measured))
	return s
}

// tracesOf are the traces with Starlark calls.
func tracesOf(r *Report, passed bool) []*observe.TraceFacts {
	var list []*observe.TraceFacts
	for _, o := range r.observed.Observations {
		if o.Trace != nil && o.Trace.StarlarkCalls > 0 && (!passed || o.Passed()) {
			list = append(list, o.Trace)
		}
	}
	return list
}

func put2(m map[string][2][]float64, name string, side, of, at int, value float64) {
	pair := m[name]
	if pair[side] == nil {
		pair[side] = make([]float64, of)
	}
	pair[side][at] = value
	m[name] = pair
}

// filled is the pair with zeros where a side has no call.
func filled(pair [2][]float64, a, b int) [2][]float64 {
	if pair[0] == nil {
		pair[0] = make([]float64, a)
	}
	if pair[1] == nil {
		pair[1] = make([]float64, b)
	}
	return pair
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / math.Max(float64(len(values)), 1)
}

// change is the ratio of two sides with something added to each value.
func change(pair [2][]float64, add float64) stats.Change {
	plus := func(values []float64) []float64 {
		out := make([]float64, len(values))
		for i, v := range values {
			out[i] = v + add
		}
		return out
	}
	r := stats.RatioOfMeans(plus(pair[0]), plus(pair[1]))
	return stats.Change{Ratio: r.Ratio, Low: r.Low, High: r.High}
}

// suspectsByName are the suspects that a trace knows, by name.
func suspectsByName(r *Report) map[string]*Suspect {
	all := map[string]*Suspect{}
	for i := range r.Suspects {
		s := &r.Suspects[i]
		if was := all[s.Name]; was == nil || s.Evidence.Knows(SelfMicros) && !was.Evidence.Knows(SelfMicros) {
			all[s.Name] = s
		}
	}
	return all
}
