// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
)

// What compare holds against each other beside time and calls: the measures
// that say what they are per build, bytes above all. A heap dump and an
// allocation profile are exact counts of one moment, so that there is no
// interval; over several, the mean is compared.

// A ComparedValue is a measure on both sides, per build that can tell it; a
// side without such a build is not a number.
type ComparedValue struct {
	Measure *Measure
	A, B    float64
}

// Growth is B to A less one: .05 is 5 % more. ok is false where a side is not
// known, or both are nothing.
func (v ComparedValue) Growth() (growth float64, ok bool) {
	if math.IsNaN(v.A) || math.IsNaN(v.B) || v.A == 0 && v.B == 0 {
		return 0, false
	}
	return (v.B - v.A) / v.A, true
}

// Of is a measure on both sides; ok is false where neither side knows it.
func (d *Difference) Of(m *Measure) (v ComparedValue, ok bool) {
	for _, v := range d.Values {
		if v.Measure == m {
			return v, true
		}
	}
	return ComparedValue{}, false
}

// A side is one of the reports that are compared.
type side struct {
	suspects map[suspectKey]*Suspect
	builds   map[*Measure]int // that can tell a measure
}

// A suspectKey tells suspects of one name apart, in both reports alike.
type suspectKey struct{ name, file string }

func suspectKeyOf(s *Suspect) suspectKey {
	if s.Definition != nil {
		return suspectKey{s.Name, s.Definition.File}
	}
	return suspectKey{s.Name, s.PrintedFile}
}

func sideOf(r *Report) side {
	made := side{map[suspectKey]*Suspect{}, map[*Measure]int{}}
	for i := range r.Suspects {
		s := &r.Suspects[i]
		if key := suspectKeyOf(s); made.suspects[key] == nil {
			made.suspects[key] = s
		}
	}
	for _, m := range measures {
		for _, o := range r.observed.Observations {
			if m.told != nil && m.told(o) {
				made.builds[m]++
			}
		}
	}
	return made
}

// of is a suspect's measure per build that can tell it.
func (s side) of(key suspectKey, m *Measure) (n float64, named bool) {
	builds := s.builds[m]
	if builds == 0 {
		return math.NaN(), false
	}
	if suspect := s.suspects[key]; suspect != nil {
		n, named = suspect.Evidence.Number(m)
	}
	if m.ofOne {
		builds = 1
	}
	return n / float64(builds), named
}

// valuesOf are the measures that either side knows of a suspect.
func valuesOf(key suspectKey, a, b side) []ComparedValue {
	var all []ComparedValue
	for _, m := range measures {
		if m.told == nil {
			continue
		}
		inA, namedA := a.of(key, m)
		inB, namedB := b.of(key, m)
		if namedA || namedB {
			all = append(all, ComparedValue{m, inA, inB})
		}
	}
	return all
}

// addValues adds the measures to the functions that traces show, and the
// functions that only dumps and samples show.
func (c *Comparison) addValues(a, b *Report) {
	inA, inB := sideOf(a), sideOf(b)
	has := map[suspectKey]bool{}
	for i := range c.Functions {
		f := &c.Functions[i]
		for _, s := range []*Suspect{f.B, f.A} {
			if s == nil {
				continue
			}
			if key := suspectKeyOf(s); !has[key] {
				has[key] = true
				f.Values = valuesOf(key, inA, inB)
			}
			break
		}
	}
	for _, s := range []side{inB, inA} {
		for key := range s.suspects {
			if has[key] {
				continue
			}
			has[key] = true
			if values := valuesOf(key, inA, inB); len(values) > 0 {
				unknown := stats.Change{Ratio: math.NaN(), Low: math.NaN(), High: math.NaN()}
				c.Functions = append(c.Functions, Difference{Name: key.name, A: inA.suspects[key], B: inB.suspects[key],
					Self: unknown, Calls: unknown, Values: values})
			}
		}
	}
}

// A RuleChange is a rule on both sides, per build that tells of rules.
type RuleChange struct {
	Name   string
	Aspect bool
	A, B   observe.RuleFacts // per build; zero where a side does not have it
}

// ruleChanges holds the tables of two reports against each other, what grew or
// shrank most first.
func ruleChanges(a, b *Report) []RuleChange {
	if len(a.Rules) == 0 || len(b.Rules) == 0 {
		return nil
	}
	at := map[string]int{}
	var all []RuleChange
	for side, rules := range [][]RuleMemory{a.Rules, b.Rules} {
		for _, r := range rules {
			k := fmt.Sprint(r.Aspect, r.Name)
			i, known := at[k]
			if !known {
				i = len(all)
				at[k] = i
				all = append(all, RuleChange{Name: r.Name, Aspect: r.Aspect})
			}
			facts, n := r.RuleFacts, int64(max(r.Builds, 1))
			facts.Targets, facts.Actions, facts.Bytes = facts.Targets/n, facts.Actions/n, facts.Bytes/n
			if side == 0 {
				all[i].A = facts
			} else {
				all[i].B = facts
			}
		}
	}
	all = slices.DeleteFunc(all, func(r RuleChange) bool { return r.A.Bytes == r.B.Bytes && r.A.Targets == r.B.Targets })
	slices.SortStableFunc(all, func(x, y RuleChange) int {
		return cmp.Or(cmp.Compare(abs(y.B.Bytes-y.A.Bytes), abs(x.B.Bytes-x.A.Bytes)), cmp.Compare(abs(y.B.Targets-y.A.Targets), abs(x.B.Targets-x.A.Targets)))
	})
	return all
}

func abs(n int64) int64 { return max(n, -n) }
