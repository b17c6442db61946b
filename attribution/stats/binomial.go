package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Z95 is the standard normal quantile of a two-sided 95 % interval.
const Z95 = 1.959963984540054

// An Interval is a confidence interval, 95 % unless its maker says otherwise.
type Interval struct{ Low, High float64 }

// Contains reports whether x lies in the interval, ends included.
func (i Interval) Contains(x float64) bool { return i.Low <= x && x <= i.High }

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

// PoissonBinomialTail is P(X >= k) where X counts successes of independent
// trials with chances of their own: how likely it is, by chance alone, to find
// a function active in k of the crashes, given its chance in each. Exact, by
// convolution, in len(chances)² steps.
func PoissonBinomialTail(k int, chances []float64) float64 {
	if k <= 0 {
		return 1
	}
	if k > len(chances) {
		return 0
	}
	// below[j] is the chance of j successes so far, for j < k; all else is
	// in reached.
	below := make([]float64, k)
	below[0] = 1
	reached := 0.0
	for _, p := range chances {
		p = math.Min(math.Max(p, 0), 1)
		reached += below[k-1] * p
		for j := k - 1; j > 0; j-- {
			below[j] = below[j]*(1-p) + below[j-1]*p
		}
		below[0] *= 1 - p
	}
	return math.Min(reached, 1)
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
