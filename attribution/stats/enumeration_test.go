// SPDX-License-Identifier: Apache-2.0

package stats

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"
)

// Each exact method against going through all possibilities.

func TestFisherByEnumeration(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		table := Fourfold{r.IntN(4), r.IntN(4), r.IntN(4), r.IntN(4)}
		n, crashed, active := table.total(), table.A+table.B, table.A+table.C
		// The first `active` runs are active; every choice of crashed runs.
		as, all := 0, 0
		for set := range uint(1) << n {
			if bits.OnesCount(set) != crashed {
				continue
			}
			all++
			if bits.OnesCount(set&(1<<active-1)) >= table.A {
				as++
			}
		}
		if n < 2 {
			continue // says nothing
		}
		near(t, "greater", fisher(table), float64(as)/float64(all), 1e-9)
	}
}

func TestStratifiedByEnumeration(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		a := Fourfold{r.IntN(3), r.IntN(3), r.IntN(3), 1 + r.IntN(3)}
		b := Fourfold{r.IntN(3), r.IntN(3), r.IntN(3), 1 + r.IntN(3)}
		as, all := 0, 0
		for x := range uint(1) << a.total() {
			if bits.OnesCount(x) != a.A+a.B {
				continue
			}
			for y := range uint(1) << b.total() {
				if bits.OnesCount(y) != b.A+b.B {
					continue
				}
				all++
				if bits.OnesCount(x&(1<<(a.A+a.C)-1))+bits.OnesCount(y&(1<<(b.A+b.C)-1)) >= a.A+b.A {
					as++
				}
			}
		}
		if a.total() < 2 || b.total() < 2 {
			continue // such a stratum says nothing and is left out
		}
		near(t, "exact", CMH([]Fourfold{a, b}).ExactGreater, float64(as)/float64(all), 1e-9)
	}
}

func TestPoissonBinomialByEnumeration(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for range 30 {
		chances := make([]float64, r.IntN(9))
		for i := range chances {
			chances[i] = r.Float64()
		}
		for k := range len(chances) + 2 {
			want := 0.0
			for set := range uint(1) << len(chances) {
				if bits.OnesCount(set) < k {
					continue
				}
				p := 1.0
				for i, c := range chances {
					if set>>i&1 == 1 {
						p *= c
					} else {
						p *= 1 - c
					}
				}
				want += p
			}
			near(t, "tail", PoissonBinomialTail(k, single(chances)), want, 1e-9)
		}
	}
	near(t, "binomial", BinomialTail(3, 8, .3), PoissonBinomialTail(3, single([]float64{.3, .3, .3, .3, .3, .3, .3, .3})), 1e-12)
	// Trials that are alike, in groups or one by one, also where there are
	// many and the chances next to nothing.
	for _, groups := range [][]Trials{{{3, .2}, {5, .6}, {1, 1}, {2, 0}}, {{400, .01}, {300, .9}}, {{700, .5}, {0, .3}}} {
		var chances []float64
		for _, g := range groups {
			for range g.N {
				chances = append(chances, g.Chance)
			}
		}
		for k := 0; k <= len(chances)+1; k += 1 + len(chances)/40 {
			near(t, "in groups", PoissonBinomialTail(k, groups), PoissonBinomialTail(k, single(chances)), 1e-9)
		}
	}
	if got, want := PoissonBinomialTail(40, []Trials{{400, .01}}), BinomialTail(40, 400, .01); math.Abs(got/want-1) > 1e-6 {
		t.Errorf("far out in the tail: %g, want %g", got, want)
	}
}

func single(chances []float64) (trials []Trials) {
	for _, c := range chances {
		trials = append(trials, Trials{1, c})
	}
	return trials
}

func TestBenjaminiHochbergByDefinition(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	for range 50 {
		p := make([]float64, 1+r.IntN(12))
		for i := range p {
			p[i] = math.Round(r.Float64()*20) / 20 // with ties
		}
		for i, q := range BenjaminiHochberg(p) {
			// The least over thresholds t >= p[i] of m·t / #{p <= t}.
			want := 1.0
			for _, at := range p {
				if at < p[i] {
					continue
				}
				n := 0
				for _, other := range p {
					if other <= at {
						n++
					}
				}
				want = min(want, at*float64(len(p))/float64(n))
			}
			near(t, "q", q, want, 1e-12)
		}
	}
}

func TestChangePointsByEnumeration(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 10))
	for range 40 {
		n := 1 + r.IntN(11)
		series := make([]float64, n)
		level := 0.0
		for i := range series {
			if r.IntN(4) == 0 {
				level = float64(r.IntN(8))
			}
			series[i] = level + r.NormFloat64()/2
		}
		penalty := 0.5 + 3*r.Float64()
		total := func(cuts uint) float64 {
			sum, from := 0.0, 0
			for to := 1; to <= n; to++ {
				if to < n && cuts>>(to-1)&1 == 0 {
					continue
				}
				mean := 0.0
				for _, x := range series[from:to] {
					mean += x / float64(to-from)
				}
				for _, x := range series[from:to] {
					sum += (x - mean) * (x - mean)
				}
				if from > 0 {
					sum += penalty
				}
				from = to
			}
			return sum
		}
		best := math.Inf(1)
		for cuts := range uint(1) << (n - 1) {
			best = math.Min(best, total(cuts))
		}
		var found uint
		for _, at := range ChangePoints(series, penalty) {
			found |= 1 << (at - 1)
		}
		near(t, "cost", total(found), best, 1e-9)
	}
}

func TestMMUByEnumeration(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 12))
	for range 40 {
		period := Stretch{50, 150}
		var pauses []Stretch
		for at := int64(50); ; {
			start := at + 1 + r.Int64N(20)
			end := start + 1 + r.Int64N(10)
			if end > 150 {
				break
			}
			pauses = append(pauses, Stretch{start, end})
			at = end
		}
		window := 1 + r.Int64N(120)
		long := min(window, 100)
		least := 1.0
		for start := period.Start; start+long <= period.End; start++ {
			var paused int64
			for _, p := range pauses {
				paused += max(0, min(p.End, start+long)-max(p.Start, start))
			}
			least = math.Min(least, 1-float64(paused)/float64(long))
		}
		near(t, "MMU", MMU(pauses, period, window), least, 1e-12)
	}
}

func TestNothingKnown(t *testing.T) {
	t.Parallel()
	everything := Interval{0, math.Inf(1)}
	if r := new(RateSums).Rate(); r.Interval != everything || r.P != 1 {
		t.Errorf("no runs: %+v", r)
	}
	if d := Dispersion([]float64{3}); d != 1 {
		t.Errorf("dispersion of one count: %v", d)
	}
	if i := Wilson(0, 0); i != (Interval{0, 1}) {
		t.Errorf("no trials: %+v", i)
	}
	if c := CMH(nil); c.P != 1 || c.ExactGreater != 1 || c.Interval != everything {
		t.Errorf("no strata: %+v", c)
	}
	if i := IncreaseOf(0, 0, 3, 4, 3); i.Interval != (Interval{-1, 1}) {
		t.Errorf("never active: %+v", i)
	}
	if got := ChangePoints(nil, 1); got != nil {
		t.Errorf("empty series: %v", got)
	}
}

// The variance over runs, from running sums, against the jackknife (Quenouille
// 1956, Biometrika 43:353), which needs the runs themselves: they agree to a
// few percent for a dozen runs that differ.
func TestRateSumsByJackknife(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(13, 14))
	for range 20 {
		var all RateSums
		var runs [][4]float64
		for range 30 {
			level := .5 + r.Float64()
			run := [4]float64{200 * level * (.5 + r.Float64()), 2, 500 * level * (.8 + .4*r.Float64()), 10}
			runs = append(runs, run)
			all.Add(run[0], run[1], run[2], run[3], 1)
		}
		var logs []float64
		mean := 0.0
		for without := range runs {
			var s RateSums
			for i, run := range runs {
				if i != without {
					s.Add(run[0], run[1], run[2], run[3], 1)
				}
			}
			logs = append(logs, math.Log(s.Rate().Ratio))
			mean += logs[without] / 30
		}
		variance := 0.0
		for _, l := range logs {
			variance += (l - mean) * (l - mean) * 29 / 30
		}
		got := all.Rate()
		se := math.Log(got.High/got.Low) / 2 / Student95(29)
		near(t, "standard error", se/math.Sqrt(variance), 1, 0.05)
	}
}

// TestClustersByCircularShift holds the widening by the index of dispersion
// against a test that assumes nothing of how events cluster: all of them are
// moved around the period by every amount (Amarasingham et al. 2012, J.
// Neurophysiol. 107:517). Where a function drives no event, both call few
// functions that do; taking events for independent calls many.
func TestClustersByCircularShift(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(15, 16))
	const draws, period, own = 400, 400, 80 // the function's time is the first 80
	var widened, shifted, naive float64
	for range draws {
		at := make([]float64, period)
		for burst := 0; burst < 12; burst++ { // some ten events within 10
			from := r.IntN(period)
			for range 6 + r.IntN(8) {
				at[(from+r.IntN(10))%period]++
			}
		}
		inside, all := 0.0, 0.0
		bins := make([]float64, 40)
		for i, n := range at {
			all += n
			bins[i/10] += n
			if i < own {
				inside += n
			}
		}
		var with, without RateSums
		with.Add(inside, own, all-inside, period-own, Dispersion(bins))
		without.Add(inside, own, all-inside, period-own, 1)
		asMany, window := 0, inside
		for by := range period {
			if window >= inside {
				asMany++
			}
			window += at[(by+own)%period] - at[by]
		}
		count := func(p float64, into *float64) {
			if p < 0.1 {
				*into += 1.0 / draws
			}
		}
		count(with.Rate().P, &widened)
		count(without.Rate().P, &naive)
		count(2*min(float64(asMany)/period, 1-float64(asMany-1)/period), &shifted)
	}
	t.Logf("of functions without effect at 10 %%: widened %.3f, shifted %.3f, independent %.3f", widened, shifted, naive)
	if widened > 0.14 || shifted > 0.14 || naive < 0.3 {
		t.Errorf("called at 10 %%: widened %.3f, shifted %.3f, taken for independent %.3f", widened, shifted, naive)
	}
}
