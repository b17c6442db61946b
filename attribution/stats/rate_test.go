// SPDX-License-Identifier: Apache-2.0

package stats

import (
	"math"
	"testing"
)

// TestRateOfFewRuns: three runs, whose interval is worked out from each run's
// own residual: their spread with n/(n-1), and Student's quantile of two
// degrees of freedom, 4.3027 (Cochran 1977, 6.3).
func TestRateOfFewRuns(t *testing.T) {
	t.Parallel()
	runs := [][4]float64{{9, 100, 12, 400}, {30, 150, 20, 500}, {4, 80, 15, 300}}
	var s RateSums
	var k1, t1, k2, t2 float64
	for _, r := range runs {
		s.Add(r[0], r[1], r[2], r[3], 1)
		k1, t1, k2, t2 = k1+r[0], t1+r[1], k2+r[2], t2+r[3]
	}
	squares := 0.0
	for _, r := range runs {
		d := (r[0]-k1/t1*r[1])/(k1+.5) - (r[2]-k2/t2*r[3])/(k2+.5)
		squares += d * d
	}
	half := 4.302652729911275 * math.Sqrt(3.0/2*squares)
	ratio := (k1 + .5) / t1 / ((k2 + .5) / t2)
	got := s.Rate()
	for _, c := range []struct{ got, want float64 }{
		{got.Ratio, ratio}, {got.Low, ratio * math.Exp(-half)}, {got.High, ratio * math.Exp(half)},
	} {
		if math.Abs(c.got/c.want-1) > 1e-6 {
			t.Errorf("%+v, want %.6f from %.6f to %.6f", got, ratio, ratio*math.Exp(-half), ratio*math.Exp(half))
			break
		}
	}
}
