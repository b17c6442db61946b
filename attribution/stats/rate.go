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
// run costs the same however many there are. Its zero value is ready for use.
type RateSums struct {
	n                      float64
	k1, t1, k2, t2         float64
	k1k1, k1t1, t1t1       float64
	k2k2, k2t2, t2t2       float64
	k1k2, k1t2, t1k2, t1t2 float64
	dispersion             float64
}

// Add adds a run: k1 events in t1, k2 events in t2. dispersion is the variance
// of the run's counts relative to a Poisson process (see Dispersion), 1 if it
// is not known.
func (s *RateSums) Add(k1, t1, k2, t2, dispersion float64) {
	s.n++
	s.k1, s.t1, s.k2, s.t2 = s.k1+k1, s.t1+t1, s.k2+k2, s.t2+t2
	s.k1k1, s.k1t1, s.t1t1 = s.k1k1+k1*k1, s.k1t1+k1*t1, s.t1t1+t1*t1
	s.k2k2, s.k2t2, s.t2t2 = s.k2k2+k2*k2, s.k2t2+k2*t2, s.t2t2+t2*t2
	s.k1k2, s.k1t2, s.t1k2, s.t1t2 = s.k1k2+k1*k2, s.k1t2+k1*t2, s.t1k2+t1*k2, s.t1t2+t1*t2
	s.dispersion += math.Max(dispersion, 1)
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
	if s.n == 0 || s.t1 <= 0 || s.t2 <= 0 || s.k1+s.k2 <= 0 {
		return none
	}
	k1, k2 := s.k1+.5, s.k2+.5
	log := math.Log(k1 / s.t1 / (k2 / s.t2))
	se := math.Sqrt(s.dispersion / s.n * (1/k1 + 1/k2))
	quantile, p := Z95, 2*NormalTail(math.Abs(log)/se)
	if s.n >= 3 {
		// Residuals e1 = k1 - r1·t1, e2 = k2 - r2·t2 of each run.
		r1, r2 := s.k1/s.t1, s.k2/s.t2
		e11 := s.k1k1 - 2*r1*s.k1t1 + r1*r1*s.t1t1
		e22 := s.k2k2 - 2*r2*s.k2t2 + r2*r2*s.t2t2
		e12 := s.k1k2 - r2*s.k1t2 - r1*s.t1k2 + r1*r2*s.t1t2
		variance := s.n / (s.n - 1) * (e11/(k1*k1) + e22/(k2*k2) - 2*e12/(k1*k2))
		t := StudentQuantile(0.975, s.n-1)
		if over := math.Sqrt(math.Max(variance, 0)); t*over > quantile*se {
			se, quantile = over, t
			p = 2 * StudentTail(math.Abs(log)/se, s.n-1)
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
