// SPDX-License-Identifier: Apache-2.0

package stats

import "math"

// A Rate is a ratio of two rates with its 95 % interval.
type Rate struct {
	Ratio float64
	Interval
	// P is the two-sided p-value of the ratio being 1.
	P float64
}

// RateSums compares two rates that were seen side by side in several runs,
// each of which has its own level and its events in clusters: what is
// independent is the run, not the event. It holds sums only, so that adding a
// run costs the same however many there are, and they do not depend on the
// order of the runs (see Sum). Its zero value is ready for use.
type RateSums struct {
	n                      int64
	k1, t1, k2, t2         Sum
	k1k1, k1t1, t1t1       Sum
	k2k2, k2t2, t2t2       Sum
	k1k2, k1t2, t1k2, t1t2 Sum
	dispersion             Sum
}

// Add adds a run: k1 events in t1, k2 events in t2. dispersion is the variance
// of the run's counts relative to a Poisson process (see Dispersion), 1 if it
// is not known.
func (s *RateSums) Add(k1, t1, k2, t2, dispersion float64) {
	s.n++
	s.k1.Add(k1)
	s.t1.Add(t1)
	s.k2.Add(k2)
	s.t2.Add(t2)
	s.k1k1.Add(k1 * k1)
	s.k1t1.Add(k1 * t1)
	s.t1t1.Add(t1 * t1)
	s.k2k2.Add(k2 * k2)
	s.k2t2.Add(k2 * t2)
	s.t2t2.Add(t2 * t2)
	s.k1k2.Add(k1 * k2)
	s.k1t2.Add(k1 * t2)
	s.t1k2.Add(t1 * k2)
	s.t1t2.Add(t1 * t2)
	s.dispersion.Add(math.Max(dispersion, 1))
}

// Counts are the events of several runs, with what they are to be divided by in
// each.
type Counts struct {
	Runs, Events, Exposure                         int64
	eventsEvents, eventsExposure, exposureExposure int64
}

// Add adds a run.
func (c *Counts) Add(events, exposure int64) {
	c.Join(Counts{1, events, exposure, events * events, events * exposure, exposure * exposure})
}

// Join adds the runs of another.
func (c *Counts) Join(d Counts) {
	c.Runs, c.Events, c.Exposure = c.Runs+d.Runs, c.Events+d.Events, c.Exposure+d.Exposure
	c.eventsEvents += d.eventsEvents
	c.eventsExposure += d.eventsExposure
	c.exposureExposure += d.exposureExposure
}

// RatioOf compares the runs of two groups that have none in common: each has
// its exposure on one side alone.
func RatioOf(first, second Counts) Rate {
	runs := first.Runs + second.Runs
	sum := func(n int64) Sum { return SumOf(float64(n)) }
	s := RateSums{n: runs, dispersion: sum(runs),
		k1: sum(first.Events), t1: sum(first.Exposure),
		k1k1: sum(first.eventsEvents), k1t1: sum(first.eventsExposure), t1t1: sum(first.exposureExposure),
		k2: sum(second.Events), t2: sum(second.Exposure),
		k2k2: sum(second.eventsEvents), k2t2: sum(second.eventsExposure), t2t2: sum(second.exposureExposure)}
	return s.Rate()
}

// Rate is the ratio of the summed rates with its 95 % interval. The variance
// of its logarithm is the larger of two: that of the ratio estimator over runs
// (Cochran 1977, Sampling Techniques, 6.3; the sandwich of Liang & Zeger 1986
// for this model), with Student's quantile, where there are three runs or more;
// and that of counts whose variance is dispersion times a Poisson's
// (quasi-likelihood: McCullagh & Nelder 1989, 6.2). Half an event is added to
// either sum (Haldane, Anscombe). Without exposure on one side nothing is
// known.
func (s *RateSums) Rate() Rate {
	none := Rate{Ratio: math.NaN(), Interval: Interval{0, math.Inf(1)}, P: 1}
	n, t1, t2 := float64(s.n), s.t1.Value(), s.t2.Value()
	if s.n == 0 || t1 <= 0 || t2 <= 0 || s.k1.Value()+s.k2.Value() <= 0 {
		return none
	}
	k1, k2 := s.k1.Value()+.5, s.k2.Value()+.5
	log := math.Log(k1 / t1 / (k2 / t2))
	se := math.Sqrt(s.dispersion.Value() / n * (1/k1 + 1/k2))
	quantile, p := Z95, 2*NormalTail(math.Abs(log)/se)
	if s.n >= 3 {
		// Residuals e1 = k1 - r1·t1, e2 = k2 - r2·t2 of each run.
		r1, r2 := s.k1.Value()/t1, s.k2.Value()/t2
		e11 := s.k1k1.Value() - 2*r1*s.k1t1.Value() + r1*r1*s.t1t1.Value()
		e22 := s.k2k2.Value() - 2*r2*s.k2t2.Value() + r2*r2*s.t2t2.Value()
		e12 := s.k1k2.Value() - r2*s.k1t2.Value() - r1*s.t1k2.Value() + r1*r2*s.t1t2.Value()
		variance := n / (n - 1) * (e11/(k1*k1) + e22/(k2*k2) - 2*e12/(k1*k2))
		t := Student95(n - 1)
		if over := math.Sqrt(math.Max(variance, 0)); t*over > quantile*se {
			se, quantile = over, t
			p = 2 * StudentTail(math.Abs(log)/se, n-1)
		}
	}
	return Rate{Ratio: math.Exp(log), Interval: Interval{math.Exp(log - quantile*se), math.Exp(log + quantile*se)}, P: p}
}

// Dispersion is the index of dispersion of counts: their variance relative to
// their mean, 1 for a Poisson process, more where events cluster. It is never
// below 1, and 1 where there are fewer than two counts or no event.
func Dispersion(counts []float64) float64 {
	if len(counts) < 2 {
		return 1
	}
	mean, square := 0.0, 0.0
	for _, c := range counts {
		mean += c / float64(len(counts))
	}
	for _, c := range counts {
		square += (c - mean) * (c - mean)
	}
	if mean == 0 {
		return 1
	}
	return math.Max(1, square/float64(len(counts)-1)/mean)
}

// A Change is the ratio of what is to what was, with its 95 % interval.
type Change struct{ Ratio, Low, High float64 }

// Worse reports whether it is above 1 beyond the interval; Better, below.
func (c Change) Worse() bool  { return c.Low > 1 }
func (c Change) Better() bool { return c.High < 1 }
