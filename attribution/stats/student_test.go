// SPDX-License-Identifier: Apache-2.0

package stats

import (
	"math"
	"testing"
)

// TestStudent95 holds the quick ways to the quantile's definition, by the tail.
func TestStudent95(t *testing.T) {
	t.Parallel()
	for _, freedom := range []float64{1, 2, 2.5, 7, 29, 29.9, 30, 30.7, 45, 100, 999, 1e6} {
		q := Student95(freedom)
		if tail := StudentTail(q, freedom); math.Abs(tail-0.025) > 1e-9 {
			t.Errorf("%g degrees: %.9f, beyond which lies %.12f", freedom, q, tail)
		}
	}
	for freedom, want := range map[float64]float64{1: 12.7062, 10: 2.2281, 30: 2.0423, 120: 1.9799} { // any table
		if got := Student95(freedom); math.Abs(got-want) > 5e-5 {
			t.Errorf("%g degrees: %.5f, want %.4f", freedom, got, want)
		}
	}
}
