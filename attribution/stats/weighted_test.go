// SPDX-License-Identifier: Apache-2.0

package stats

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// TestWeightedPublished: with equal weights it is the exact interval of a
// Poisson count (Garwood 1936; Ulm 1990, Am. J. Epidemiol. 131:373).
func TestWeightedPublished(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n    int
		want Interval
	}{
		{1, Interval{0.0253, 5.5716}},
		{10, Interval{4.7954, 18.3904}},
		{100, Interval{81.364, 121.627}},
	} {
		var w Weighted
		for range c.n {
			w.Add(1)
		}
		got := w.Interval()
		near(t, "low", got.Low, c.want.Low, 2e-3)
		near(t, "high", got.High, c.want.High, 2e-3)
	}
	exact := distuv.ChiSquared{K: 2000}
	for _, p := range []float64{0.025, 0.975} {
		near(t, "many degrees", chiSquared(p, 2000), exact.Quantile(p), 0.01)
	}
	if got := (Weighted{}).Interval(); got != (Interval{}) {
		t.Errorf("of nothing: %v", got)
	}
}

// weightOf is what a sampled object of a size stands for.
func weightOf(size, every int64) int64 {
	return int64(float64(size) / -math.Expm1(-float64(size)/float64(every)))
}
