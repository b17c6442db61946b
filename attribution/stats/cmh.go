// SPDX-License-Identifier: Apache-2.0

package stats

import "math"

// Stratified tables. The memory limit causes both the crash and what is
// running, so a table over all limits can show an association that none of
// them has (Simpson's paradox). Cochran (1954, Biometrics 10:417) and Mantel
// and Haenszel (1959, J. Natl. Cancer Inst. 22:719) compare within each limit
// and add up the comparisons.

// A Stratified result is the outcome of a Cochran-Mantel-Haenszel test.
type Stratified struct {
	// OddsRatio is Mantel and Haenszel's common ratio; NaN where no stratum
	// tells. Interval is Robins, Breslow and Greenland's (1986, Biometrics
	// 42:311), 95 %.
	OddsRatio float64
	Interval  Interval
	// ChiSquare is the statistic with continuity correction, one degree of
	// freedom; P its two-sided p-value.
	ChiSquare, P float64
	// ExactGreater is the exact one-sided p-value given all margins: the
	// convolution of the strata's hypergeometric distributions. It is the
	// one to use with few crashes.
	ExactGreater float64
}

// CMH tests a common association over strata.
func CMH(strata []Fourfold) Stratified {
	var sumA, sumE, sumV, r, s, pr, psqr, qs float64
	exact := []float64{1}
	offset, seen := 0, 0
	for _, t := range strata {
		n := float64(t.total())
		if n < 2 {
			continue
		}
		a, b, c, d := float64(t.A), float64(t.B), float64(t.C), float64(t.D)
		sumA += a
		sumE += (a + b) * (a + c) / n
		sumV += (a + b) * (c + d) * (a + c) * (b + d) / (n * n * (n - 1))
		ri, si, pi, qi := a*d/n, b*c/n, (a+d)/n, (b+c)/n
		r, s = r+ri, s+si
		pr += pi * ri
		psqr += pi*si + qi*ri
		qs += qi * si
		least, chances := t.hypergeometric()
		exact = convolve(exact, chances)
		offset, seen = offset+least, seen+t.A
	}
	out := Stratified{OddsRatio: r / s, P: 1, ExactGreater: tail(exact, seen-offset)}
	if sumV > 0 {
		out.ChiSquare = math.Pow(math.Max(0, math.Abs(sumA-sumE)-0.5), 2) / sumV
		out.P = 2 * NormalTail(math.Sqrt(out.ChiSquare))
	}
	switch {
	case r > 0 && s > 0:
		half := Z95 * math.Sqrt(pr/(2*r*r)+psqr/(2*r*s)+qs/(2*s*s))
		out.Interval = Interval{out.OddsRatio * math.Exp(-half), out.OddsRatio * math.Exp(half)}
	default:
		out.Interval = Interval{0, math.Inf(1)}
	}
	return out
}

func convolve(a, b []float64) []float64 {
	out := make([]float64, len(a)+len(b)-1)
	for i, x := range a {
		for j, y := range b {
			out[i+j] += x * y
		}
	}
	return out
}
