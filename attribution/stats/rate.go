package stats

import "math"

// A Rate is a ratio of two rates with its 95 % interval.
type Rate struct {
	Ratio float64
	Interval
	// P is the two-sided p-value of the ratio being 1.
	P float64
}

// RateRatio compares two Poisson counts with their exposures: k1 events in t1
// against k2 in t2. Given the sum, k1 is binomial (Przyborowski & Wilenski
// 1940, Biometrika 31:313), so the interval is exact, hence conservative. It
// takes events to be independent: for events that come in clusters use
// CircularShift. Without exposure, or without events, the ratio is NaN and the
// interval everything.
func RateRatio(k1 int, t1 float64, k2 int, t2 float64) Rate {
	none := Rate{Ratio: math.NaN(), Interval: Interval{0, math.Inf(1)}, P: 1}
	n := k1 + k2
	if t1 <= 0 || t2 <= 0 || n == 0 {
		return none
	}
	odds := func(p float64) float64 { return p / (1 - p) * t2 / t1 }
	share := ClopperPearson(k1, n)
	r := Rate{Ratio: math.Inf(1), Interval: Interval{odds(share.Low), math.Inf(1)}}
	if k2 > 0 {
		r.Ratio = float64(k1) / t1 / (float64(k2) / t2)
		r.High = odds(share.High)
	}
	p := t1 / (t1 + t2)
	r.P = math.Min(1, 2*math.Min(BinomialTail(k1, n, p), BinomialTail(n-k1, n, 1-p)))
	return r
}

// RateOverRuns compares rates that were seen in several runs, each of which
// has its own level and its events in clusters: the unit that is independent
// is the run, not the event. The logarithm of the ratio of sums is taken, and
// its variance by the jackknife over runs (Quenouille 1956, Biometrika
// 43:353), with Student's quantile. Half an event is added to either sum
// (Haldane, Anscombe). It needs three runs; with fewer the interval is
// everything and P is 1.
func RateOverRuns(k1, t1, k2, t2 []float64) Rate {
	log := func(without int) float64 {
		var a, s, b, u float64
		for i := range k1 {
			if i != without {
				a, s, b, u = a+k1[i], s+t1[i], b+k2[i], u+t2[i]
			}
		}
		if s <= 0 || u <= 0 {
			return math.NaN()
		}
		return math.Log((a + .5) / s / ((b + .5) / u))
	}
	n := len(k1)
	all := log(-1)
	out := Rate{Ratio: math.Exp(all), Interval: Interval{0, math.Inf(1)}, P: 1}
	if n < 3 || math.IsNaN(all) {
		return out
	}
	var values []float64
	mean := 0.0
	for i := range n {
		v := log(i)
		if math.IsNaN(v) {
			return out // one run has all the exposure: nothing is known
		}
		values = append(values, v)
		mean += v / float64(n)
	}
	variance := 0.0
	for _, v := range values {
		variance += (v - mean) * (v - mean) * float64(n-1) / float64(n)
	}
	// Poisson noise is the floor: runs that agree by luck are no certainty.
	var a, b float64
	for i := range n {
		a, b = a+k1[i], b+k2[i]
	}
	se := math.Sqrt(math.Max(variance, 1/(a+.5)+1/(b+.5)))
	t := StudentQuantile(0.975, float64(n-1))
	out.Interval = Interval{math.Exp(all - t*se), math.Exp(all + t*se)}
	out.P = 2 * StudentTail(math.Abs(all)/se, float64(n-1))
	return out
}
