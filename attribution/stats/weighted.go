// SPDX-License-Identifier: Apache-2.0

package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Weighted is a total that is estimated from samples, each of which stands for
// so many units. Its zero value is ready for use.
type Weighted struct {
	N       int   // samples
	Total   int64 // of their weights
	Largest int64
	squares Sum
}

// Add adds a sample.
func (w *Weighted) Add(weight int64) {
	w.Join(Weighted{1, weight, weight, SumOf(float64(weight) * float64(weight))})
}

// Join adds all samples of another.
func (w *Weighted) Join(o Weighted) {
	w.N += o.N
	w.Total += o.Total
	w.Largest = max(w.Largest, o.Largest)
	w.squares.Join(o.squares)
}

// Interval is the 95 % interval of the total, by the sampling alone: that of a
// weighted sum of Poisson counts (Fay & Feuer 1997, Statistics in Medicine
// 16:791). Where all weights are equal it is the exact one of a count. Its
// upper end is wide where few samples stand for much.
func (w Weighted) Interval() Interval {
	if w.N == 0 || w.Total <= 0 {
		return Interval{}
	}
	total, variance, largest := float64(w.Total), w.squares.Value(), float64(w.Largest)
	above, aboveVariance := total+largest, variance+largest*largest
	return Interval{
		Low:  variance / (2 * total) * chiSquared(0.025, 2*total*total/variance),
		High: aboveVariance / (2 * above) * chiSquared(0.975, 2*above*above/aboveVariance),
	}
}

// chiSquared is the quantile of the chi-squared distribution; for large degrees
// of freedom by Wilson and Hilferty's cube root, then good to a millionth.
func chiSquared(p, freedom float64) float64 {
	const many = 1000
	if freedom < many {
		return distuv.ChiSquared{K: freedom}.Quantile(p)
	}
	z := Z95
	if p < 0.5 {
		z = -Z95
	}
	s := 2 / (9 * freedom)
	return freedom * math.Pow(1-s+z*math.Sqrt(s), 3)
}
