// SPDX-License-Identifier: Apache-2.0

package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Z95 is the standard normal quantile of a two-sided 95 % interval.
const Z95 = 1.959963984540054

// An Interval is a confidence interval, 95 % unless its maker says otherwise.
type Interval struct{ Low, High float64 }

// Times is the interval of a multiple.
func (i Interval) Times(x float64) Interval { return Interval{i.Low * x, i.High * x} }

// Wilson is the 95 % score interval of a proportion (Wilson 1927, JASA
// 22:209): k of n. It is honest for small n, where k/n ± 2s is not. n = 0
// gives 0 to 1.
func Wilson(k, n float64) Interval {
	if n <= 0 {
		return Interval{0, 1}
	}
	p := k / n
	z2 := Z95 * Z95
	center := (p + z2/(2*n)) / (1 + z2/n)
	half := Z95 / (1 + z2/n) * math.Sqrt(p*(1-p)/n+z2/(4*n*n))
	return Interval{math.Max(0, center-half), math.Min(1, center+half)}
}

// ClopperPearson is the exact 95 % interval of a proportion (Clopper & Pearson
// 1934, Biometrika 26:404). It is conservative: its coverage is at least 95 %.
func ClopperPearson(k, n int) Interval {
	if n <= 0 {
		return Interval{0, 1}
	}
	i := Interval{0, 1}
	if k > 0 {
		i.Low = mathext.InvRegIncBeta(float64(k), float64(n-k+1), 0.025)
	}
	if k < n {
		i.High = mathext.InvRegIncBeta(float64(k+1), float64(n-k), 0.975)
	}
	return i
}

// BinomialTail is P(X >= k) of a binomial variable with n trials of chance p.
func BinomialTail(k, n int, p float64) float64 {
	switch {
	case k <= 0:
		return 1
	case k > n || p <= 0:
		return 0
	case p >= 1:
		return 1
	}
	return mathext.RegIncBeta(float64(k), float64(n-k+1), p)
}

// Trials are independent trials of one chance.
type Trials struct {
	N      int
	Chance float64
}

// PoissonBinomialTail is P(X >= k) where X counts successes of independent
// trials with chances of their own: how likely it is, by chance alone, to find
// a function active in k of the crashes, given its chance in each. Exact, by
// convolution of the binomial distributions of trials that are alike.
func PoissonBinomialTail(k int, groups []Trials) float64 {
	if k <= 0 {
		return 1
	}
	// below[j] is the chance of j successes so far, for j < k; all else is
	// in reached.
	below := make([]float64, k)
	below[0] = 1
	reached := 0.0
	for _, g := range groups {
		chances := g.chances()
		beyond := tail(chances, k) // P(successes of this group >= k-j)
		for j, so := range below {
			reached += so * beyond
			if at := k - j - 1; at < len(chances) {
				beyond += chances[at]
			}
		}
		for i := k - 1; i >= 0; i-- {
			sum := 0.0
			for j := max(0, i-g.N); j <= i; j++ {
				sum += below[j] * chances[i-j]
			}
			below[i] = sum
		}
	}
	return math.Min(reached, 1)
}

// chances are the binomial chances of each number of successes.
func (t Trials) chances() []float64 {
	p := math.Min(math.Max(t.Chance, 0), 1)
	mode := min(t.N, int(float64(t.N+1)*p))
	if p == 0 || p == 1 {
		chances := make([]float64, t.N+1)
		chances[mode] = 1
		return chances
	}
	log := logChoose(t.N, mode) + float64(mode)*math.Log(p) + float64(t.N-mode)*math.Log1p(-p)
	return fromMode(0, t.N, mode, log, func(k int) float64 { return float64(t.N-k) / float64(k+1) * p / (1 - p) })
}

// fromMode are the chances of a distribution from least to greatest, by the
// logarithm of the one at its mode, and the ratio of each to the one before:
// nothing is lost to numbers too small, as from either end.
func fromMode(least, greatest, mode int, logAtMode float64, ratio func(k int) float64) []float64 {
	chances := make([]float64, greatest-least+1)
	chances[mode-least] = math.Exp(logAtMode)
	for k := mode; k < greatest; k++ {
		chances[k+1-least] = chances[k-least] * ratio(k)
	}
	for k := mode - 1; k >= least; k-- {
		chances[k-least] = chances[k+1-least] / ratio(k)
	}
	return chances
}

// NormalTail is P(Z >= z) of a standard normal variable.
func NormalTail(z float64) float64 { return 0.5 * math.Erfc(z/math.Sqrt2) }

func logFactorial(n int) float64 {
	v, _ := math.Lgamma(float64(n) + 1)
	return v
}

func logChoose(n, k int) float64 {
	if k < 0 || k > n {
		return math.Inf(-1)
	}
	return logFactorial(n) - logFactorial(k) - logFactorial(n-k)
}
