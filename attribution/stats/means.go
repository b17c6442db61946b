// SPDX-License-Identifier: Apache-2.0

package stats

import "math"

// RatioOfMeans compares positive measurements of two groups, second to first:
// the ratio of geometric means with its 95 % interval, by Welch's t-test on
// logarithms (Welch 1947, Biometrika 34:28; Satterthwaite's degrees of
// freedom). It needs two measurements in each group; with fewer the ratio is
// given with an interval of everything. An empty group gives NaN.
func RatioOfMeans(first, second []float64) Rate {
	out := Rate{Ratio: math.NaN(), Interval: Interval{0, math.Inf(1)}, P: 1}
	if len(first) == 0 || len(second) == 0 {
		return out
	}
	m1, v1 := logMoments(first)
	m2, v2 := logMoments(second)
	out.Ratio = math.Exp(m2 - m1)
	n1, n2 := float64(len(first)), float64(len(second))
	if n1 < 2 || n2 < 2 {
		return out
	}
	s1, s2 := v1/n1, v2/n2
	se := math.Sqrt(s1 + s2)
	if se == 0 { // all alike: equal, or different beyond doubt
		out.Interval = Interval{out.Ratio, out.Ratio}
		if out.Ratio != 1 {
			out.P = 0
		}
		return out
	}
	freedom := (s1 + s2) * (s1 + s2) / (s1*s1/(n1-1) + s2*s2/(n2-1))
	half := Student95(freedom) * se
	out.Interval = Interval{math.Exp(m2 - m1 - half), math.Exp(m2 - m1 + half)}
	out.P = 2 * StudentTail(math.Abs(m2-m1)/se, freedom)
	return out
}

// logMoments are mean and variance of the logarithms.
func logMoments(values []float64) (mean, variance float64) {
	for _, v := range values {
		mean += math.Log(v) / float64(len(values))
	}
	for _, v := range values {
		d := math.Log(v) - mean
		variance += d * d / math.Max(float64(len(values)-1), 1)
	}
	return mean, variance
}

// Moments are the sums of measurements and of their squares, in any order.
type Moments struct {
	N            int64
	Sum, Squares Sum
}

// Add adds a measurement.
func (m *Moments) Add(x float64) {
	m.N++
	m.Sum.Add(x)
	m.Squares.Add(x * x)
}

// DifferenceOfMeans is the mean of the first measurements less that of the
// second, with its 95 % interval by Welch's t-test. It is not known with fewer
// than two measurements on a side: then ok is false.
func DifferenceOfMeans(first, second Moments) (difference float64, interval Interval, ok bool) {
	if first.N < 2 || second.N < 2 {
		return 0, Interval{}, false
	}
	m1, s1, f1 := first.meanAndError()
	m2, s2, f2 := second.meanAndError()
	difference = m1 - m2
	if s1+s2 == 0 {
		return difference, Interval{difference, difference}, true
	}
	half := Student95((s1+s2)*(s1+s2)/(s1*s1/f1+s2*s2/f2)) * math.Sqrt(s1+s2)
	return difference, Interval{difference - half, difference + half}, true
}

// meanAndError are the mean, its variance, and the degrees of freedom of that.
func (m *Moments) meanAndError() (mean, variance, freedom float64) {
	n, sum := float64(m.N), m.Sum.Value()
	mean = sum / n
	return mean, math.Max(0, m.Squares.Value()-sum*mean) / (n - 1) / n, n - 1
}

// RatioOfEstimates is the interval of a ratio of two positive estimates that
// are independent of each other, from their own: the distances to the ends, as
// logarithms, are joined like standard errors, so that intervals that lie
// askew keep their slant (method of variance estimates recovery: Zou & Donner
// 2008, Stat. Med. 27:1693).
func RatioOfEstimates(above float64, aboveIn Interval, below float64, belowIn Interval) Interval {
	distance := func(from, to float64) float64 { return math.Abs(math.Log(to / from)) }
	log := math.Log(above / below)
	return Interval{
		math.Exp(log - math.Hypot(distance(above, aboveIn.Low), distance(below, belowIn.High))),
		math.Exp(log + math.Hypot(distance(above, aboveIn.High), distance(below, belowIn.Low))),
	}
}
