// SPDX-License-Identifier: Apache-2.0

//go:build slow

package threshold

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestCoverageByBand: how often the intervals of a search as it is by default
// (5 %, 25 builds) hold the truth, by the width of the random band. Its log is
// the table in docs/measuring.md, and the bounds are below that by what chance
// makes of it.
func TestCoverageByBand(t *testing.T) {
	t.Parallel()
	const curves = 200
	for _, c := range []struct{ width, half, safe float64 }{
		{.003, .95, .93}, {.02, .93, .93}, {.03, .91, .91}, {.045, .88, .91}, {.06, .80, .90}, {.09, .74, .84}, {.12, .68, .68},
	} {
		half, safe := 0, 0
		for i := range curves {
			rng := rand.New(rand.NewPCG(20231024, uint64(i)))
			b := randomBuild(rng)
			b.width = c.width
			e, _ := search(t, rng, b, 0.05, 25)
			truth := math.Exp(math.Log(b.half) + b.width*logNinetyNine)
			if e.Half.LowBytes <= b.half && b.half <= e.Half.HighBytes {
				half++
			}
			if e.Safe.LowBytes <= truth && truth <= e.Safe.HighBytes {
				safe++
			}
		}
		band := 100 * (math.Exp(2*math.Log(9)*c.width) - 1)
		t.Logf("band %.0f %%: half covered in %.1f %%, safe in %.1f %%", band, 100*float64(half)/curves, 100*float64(safe)/curves)
		if float64(half) < c.half*curves || float64(safe) < c.safe*curves {
			t.Errorf("band %.0f %%: covered in %d (half) and %d (safe) of %d, want %.0f and %.0f", band, half, safe, curves, c.half*curves, c.safe*curves)
		}
	}
}
