// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"cmp"
	"math"
	"slices"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
)

// Over-representation: is a function active at crashes more often than it
// would be if crashes came at random? Random is not uniform: a function that
// runs half the time is found running half the time (length bias). So the
// measure is its share of Starlark's thread time in builds that passed, in the
// phase in which the crash came, and under the same memory limit where builds
// passed under it too: the limit decides both whether a build crashes and what
// it is busy with, and pooled over limits the two look associated (Simpson;
// the reason for which Cochran, Mantel and Haenszel stratify).
//
// At a crash at which a functions were active, one that has the share s of the
// time was to be found with the chance 1 - (1-s)^a. The number of crashes at
// which it was found is then a sum of independent trials with those chances,
// whose tail is the p-value, exactly (stats.PoissonBinomialTail). A function
// that passing builds do not show is given the time of one close window, and
// so is every other. The q-value is Benjamini and Hochberg's over all functions
// that any trace shows. The interval is that of the crashes (Clopper and Pearson)
// and that of the share in passing builds (baseline.go) in one.
//
// Where the same limit has builds of both kinds, the fourfold tables of
// presence are tested beside it (strata.go); and Increase and Importance say
// the same in the terms of statistical debugging, with the crashes of the first
// suspect taken away before the second is looked for (elimination).

// A crashEnd is a crash as seen by its trace: which strata it is to be compared
// with, best first, and how many functions were active.
type crashEnd struct {
	limit  int64
	strata [2]int
	Active int
}

// addCrashEnd notes a crash, and returns its number, -1 where nothing was
// active any more.
func (t *Totals) addCrashEnd(o *observe.Observation, over bool) int {
	if over {
		return -1
	}
	end := crashEnd{limit: o.Summary.MemoryLimitBytes}
	for i := range o.Trace.Functions {
		if o.Trace.Functions[i].EndedClose > 0 {
			end.Active++
		}
	}
	if end.Active == 0 {
		return -1
	}
	end.strata[0] = t.strata.of(stratum{end.limit, o.Trace.StarlarkPhase})
	end.strata[1] = t.strata.of(stratum{0, o.Trace.StarlarkPhase})
	t.Ends = append(t.Ends, end)
	return len(t.Ends) - 1
}

// Chance is that of being found active at the crash, for a function that is
// active no more than its time in passing builds.
func (n *NameStatistics) Chance(b *Statistics, end *crashEnd) (float64, bool) {
	s, ok := n.share(b, end.strata)
	return end.chance(s.part), ok
}

// chance is that of a share of the time.
func (e *crashEnd) chance(share float64) float64 {
	return 1 - math.Pow(1-share, float64(e.Active))
}

// A Representation is what the test says of one name.
type Representation struct {
	Observed int     // crashes at which it was active
	Of       int     // crashes with a baseline
	Expected float64 // of these, by its time
	Ratio    float64 // observed/expected, half a crash added to both
	Interval stats.Interval
	P, Q     float64
}

// An endKind are the crashes that are the same to the test: one limit, one
// phase, as many functions active. There are few kinds, however many crashes.
type endKind struct {
	crashEnd
	phase   string
	crashes int
}

// sortEnds counts the crashes of each kind.
func (b *Statistics) sortEnds() {
	phases := make([]string, len(b.strata.sums))
	for at, i := range b.strata.index {
		phases[i] = at.phase
	}
	count := map[crashEnd]int{}
	for _, end := range b.Ends {
		count[end]++
	}
	for end, n := range count {
		b.kinds = append(b.kinds, endKind{end, phases[end.strata[1]], n})
	}
	slices.SortFunc(b.kinds, func(x, y endKind) int {
		return cmp.Or(cmp.Compare(x.limit, y.limit), cmp.Compare(x.phase, y.phase), cmp.Compare(x.Active, y.Active))
	})
}

// represent tests every name. Without passing builds nothing is known.
func (b *Statistics) represent() {
	b.sortEnds()
	b.usualVariance = b.usual()
	p := make([]float64, len(b.Names))
	var chances []stats.Trials
	known := make(map[crashEnd]bool, len(b.kinds))
	for i := range b.Names {
		n := &b.Names[i]
		p[i] = 1
		var r Representation
		chances = chances[:0]
		var expected stats.Interval // of r.expected
		for k := range b.kinds {
			kind := &b.kinds[k]
			s, ok := n.share(b, kind.strata)
			known[kind.crashEnd] = ok
			if !ok {
				continue
			}
			c := kind.chance(s.part)
			expected.Low += kind.chance(s.Low) * float64(kind.crashes)
			expected.High += kind.chance(s.High) * float64(kind.crashes)
			chances = append(chances, stats.Trials{N: kind.crashes, Chance: c})
			r.Of += kind.crashes
			r.Expected += c * float64(kind.crashes)
		}
		for _, end := range n.ends {
			if known[b.Ends[end]] {
				r.Observed++
			}
		}
		if len(chances) == 0 {
			continue
		}
		r.Ratio = (float64(r.Observed) + .5) / (r.Expected + .5)
		of := float64(r.Of)
		seen := (float64(r.Observed) + .5) / (of + 1) * of // within its interval
		r.Interval = stats.RatioOfEstimates(seen, stats.ClopperPearson(r.Observed, r.Of).Times(of), r.Expected, expected)
		p[i] = stats.PoissonBinomialTail(r.Observed, chances)
		r.P = p[i]
		n.Representation = &r
	}
	for i, q := range stats.BenjaminiHochberg(p) {
		if r := b.Names[i].Representation; r != nil {
			r.Q = q
		}
	}
}

// Increase compares crashes and passes among the builds in which the function
// was active at the end with those among all in which it ran.
func (n *NameStatistics) Increase(b *Statistics) (stats.Increase, bool) {
	if b.Passed == 0 || len(b.Ends) == 0 || len(n.ends)+n.activePassed == 0 {
		return stats.Increase{}, false
	}
	return stats.IncreaseOf(len(n.ends), n.activePassed, n.ranCrashed, n.ranPassed, len(b.Ends)), true
}

// Spectrum is the fourfold table of presence at the end.
func (n *NameStatistics) Spectrum(b *Statistics) stats.Fourfold {
	a, c := len(n.ends), n.activePassed
	return stats.Fourfold{A: a, B: len(b.Ends) - a, C: c, D: max(0, b.Passed-c)}
}

// eliminate orders names by Importance, each time without the crashes that the
// earlier ones were active at (Liblit et al. 2005, section 3.4), until no crash
// is left to explain. What stands second may be a second culprit.
func (b *Statistics) eliminate() {
	left := map[int]bool{}
	for e := range b.Ends {
		left[e] = true
	}
	for order := 1; len(left) > 0 && order <= maxEliminated; order++ {
		var best *NameStatistics
		var bestValue float64
		for i := range b.Names {
			n := &b.Names[i]
			if n.Eliminated != 0 || n.Representation == nil {
				continue
			}
			explains := 0
			for _, e := range n.ends {
				if left[e] {
					explains++
				}
			}
			// Importance over what is left, the gain being over what the
			// share of time leads one to expect.
			gain := float64(explains)/float64(len(left)) - n.Representation.Expected/float64(n.Representation.Of)
			recall := math.Log1p(float64(explains)) / math.Log1p(float64(len(left)))
			if explains == 0 || gain <= 0 {
				continue
			}
			if value := 2 / (1/gain + 1/recall); value > bestValue {
				best, bestValue = n, value
			}
		}
		if best == nil {
			return
		}
		best.Eliminated = order
		for _, e := range best.ends {
			if left[e] {
				best.Explains++
				delete(left, e)
			}
		}
	}
}

const maxEliminated = 5
