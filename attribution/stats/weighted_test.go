// SPDX-License-Identifier: Apache-2.0

package stats

import (
	"math"
	"math/rand/v2"
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

// TestWeightedCoverage: sampled by bytes, as the JVM does it, the interval holds
// what was there.
func TestWeightedCoverage(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	const runs, every = 2000, 1 << 20
	held := 0
	for range runs {
		var all int64
		var w Weighted
		next := r.ExpFloat64() * every
		for range 400 { // objects of very different sizes
			size := int64(1 + r.ExpFloat64()*float64(int64(1)<<(10+r.IntN(12))))
			all += size
			if next -= float64(size); next < 0 {
				// What it stands for: 1/P(sampled).
				w.Add(weightOf(size, every))
				next = r.ExpFloat64() * every
			}
		}
		if i := w.Interval(); i.Low <= float64(all) && float64(all) <= i.High {
			held++
		}
	}
	if share := float64(held) / runs; share < 0.94 {
		t.Errorf("it held what was there in %.1f %% of the runs", 100*share)
	}
}

// weightOf is what a sampled object of a size stands for.
func weightOf(size, every int64) int64 {
	return int64(float64(size) / -math.Expm1(-float64(size)/float64(every)))
}
