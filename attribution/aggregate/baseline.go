// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"math"
	"slices"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/attribution/weights"
)

// The baseline: each function's share of Starlark's thread time in builds that
// passed, by phase and limit, and how sure that is. Builds differ: a share that
// was seen in two of them is known within a third or so, and an excess over it
// no better. How much a function's share varies from build to build is
// estimated from its own builds, drawn towards what is usual for all functions
// by as many degrees of freedom as are believed in that (moderated variance:
// Smyth 2004, Stat. Appl. Genet. Mol. Biol. 3:3), because of two or three
// builds a variance is next to nothing. What is usual begins with a guess that
// counts as one build, so that a single build has an interval as well.

// A stratum is where shares are compared: a phase, under a limit or any (0).
type stratum struct {
	limit int64
	phase string
}

// strata numbers them, with their thread time in passing builds.
type strata struct {
	index map[stratum]int
	sums  []stratumSums
}

// stratumSums are the thread time in a stratum, over builds.
type stratumSums struct {
	builds  int
	total   int64
	squares stats.Sum
}

func (s strata) clone() strata { return strata{cloned(s.index), slices.Clone(s.sums)} }

func (s *strata) of(at stratum) int {
	i, ok := s.index[at]
	if !ok {
		i = len(s.sums)
		s.index[at] = i
		s.sums = append(s.sums, stratumSums{})
	}
	return i
}

// A stratumTime is a function's own time in a stratum, over builds.
type stratumTime struct {
	stratum        int
	micros         int64
	squares, cross stats.Sum // cross: times the build's thread time
}

// phaseStrata are the strata that a phase of one build counts for, looked up
// once for all its functions.
type phaseStrata struct {
	phase  string
	micros int64
	strata []int
}

// addBaseline adds a passing build to the baseline.
func (t *Totals) addBaseline(o *observe.Observation) []phaseStrata {
	var phases []phaseStrata
	for _, p := range o.Trace.Phases {
		at := []int{t.strata.of(stratum{0, p.Name})}
		if limit := o.Summary.MemoryLimitBytes; limit != 0 {
			at = append(at, t.strata.of(stratum{limit, p.Name}))
		}
		for _, s := range at {
			sums := &t.strata.sums[s]
			sums.builds++
			sums.total += p.SelfMicros
			sums.squares.Add(float64(p.SelfMicros) * float64(p.SelfMicros))
		}
		phases = append(phases, phaseStrata{p.Name, p.SelfMicros, at})
	}
	return phases
}

// addBaseline adds a passing build's time of one function.
func (n *NameTotals) addBaseline(phases []phaseStrata, f *observe.Activity) {
	for _, p := range f.Phases {
		i := slices.IndexFunc(phases, func(s phaseStrata) bool { return s.phase == p.Phase })
		if i < 0 {
			continue
		}
		for _, s := range phases[i].strata {
			t := n.stratum(s)
			t.micros += p.Micros
			t.squares.Add(float64(p.Micros) * float64(p.Micros))
			t.cross.Add(float64(p.Micros) * float64(phases[i].micros))
		}
	}
	if f.EndedClose > 0 {
		n.activePassed++
	}
}

// stratum is the function's own time in a stratum, to be added to.
func (n *NameTotals) stratum(stratum int) *stratumTime {
	for i := range n.baseline {
		if n.baseline[i].stratum == stratum {
			return &n.baseline[i]
		}
	}
	n.baseline = append(n.baseline, stratumTime{stratum: stratum})
	return &n.baseline[len(n.baseline)-1]
}

// variance is that of the function's share between builds, relative to it: of
// the ratio estimator (Cochran 1977, Sampling Techniques, 6.3). Of one build it
// is not known.
func (t *stratumTime) variance(of *stratumSums) (v float64, ok bool) {
	if of.builds < 2 || t.micros == 0 || of.total == 0 {
		return 0, false
	}
	n, share := float64(of.builds), float64(t.micros)/float64(of.total)
	rest := t.squares.Value() - 2*share*t.cross.Value() + share*share*of.squares.Value()
	return math.Max(0, rest) * n * n / (n - 1) / (float64(t.micros) * float64(t.micros)), true
}

// usual is the variance that is usual in each stratum: the mean over functions,
// by their time, and the guess.
func (b *Statistics) usual() []float64 {
	sums, times := make([]float64, len(b.strata.sums)), make([]float64, len(b.strata.sums))
	for i := range b.Names {
		for k := range b.Names[i].baseline {
			t := &b.Names[i].baseline[k]
			if v, ok := t.variance(&b.strata.sums[t.stratum]); ok {
				sums[t.stratum] += v * float64(t.micros)
				times[t.stratum] += float64(t.micros)
			}
		}
	}
	for s := range sums {
		own := 0.0
		if times[s] > 0 {
			own = sums[s] / times[s]
		}
		freedom := math.Max(0, float64(b.strata.sums[s].builds-1))
		sums[s] = (freedom*own + weights.UsualVariation*weights.UsualVariation) / (freedom + 1)
	}
	return sums
}

// A share is a function's part of the thread time, with its 95 % interval.
type share struct {
	part float64
	stats.Interval
}

// share is the function's in the best of the strata that builds passed in.
func (n *NameStatistics) share(b *Statistics, best [2]int) (share, bool) {
	for _, s := range best {
		sums := &b.strata.sums[s]
		if sums.total == 0 {
			continue
		}
		own := stratumTime{stratum: s}
		for i := range n.baseline {
			if n.baseline[i].stratum == s {
				own = n.baseline[i]
			}
		}
		part := stats.Clamp01(float64(own.micros+observe.CloseMicros) / float64(sums.total+observe.CloseMicros*int64(len(b.Names))))
		variance, freedom := b.usualVariance[s], float64(weights.UsualFreedom)
		if v, ok := own.variance(sums); ok {
			f := float64(sums.builds - 1)
			variance = (f*v + freedom*variance) / (f + freedom)
			freedom += f
		}
		spread := math.Exp(stats.Student95(freedom) * math.Sqrt(variance/float64(sums.builds)))
		return share{part, stats.Interval{Low: part / spread, High: stats.Clamp01(part * spread)}}, true
	}
	return share{}, false
}
