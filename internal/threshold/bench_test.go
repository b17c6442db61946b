// SPDX-License-Identifier: Apache-2.0

package threshold

import (
	"math"
	"math/rand/v2"
	"sort"
	"testing"
)

// BenchmarkBuildsToTwoPercent prints, for the same random response curves,
// how many builds each way needs until it says ±2 %, and how often the truth
// lies in what it says. The origin's grid is 348 builds whatever it finds.
func BenchmarkBuildsToTwoPercent(b *testing.B) {
	ways := []struct {
		name   string
		search func(*rand.Rand, build) (builds int, low, high float64)
	}{
		{"psi", func(rng *rand.Rand, bu build) (int, float64, float64) {
			e, trials := search(b, rng, bu, 0.02, 200)
			return len(trials), e.Half.LowBytes, e.Half.HighBytes
		}},
		{"bisection-1", bisect(1)},
		{"bisection-5", bisect(5)},
	}
	for _, way := range ways {
		b.Run(way.name, func(b *testing.B) {
			var needed []int
			covered, curves := 0, 0
			for i := 0; b.Loop(); i++ {
				for c := range 100 {
					rng := rand.New(rand.NewPCG(99, uint64(c)))
					bu := randomBuild(rng)
					n, low, high := way.search(rng, bu)
					needed = append(needed, n)
					curves++
					if low <= bu.half && bu.half <= high {
						covered++
					}
				}
			}
			sort.Ints(needed)
			b.ReportMetric(float64(needed[len(needed)/2]), "builds(median)")
			b.ReportMetric(float64(needed[len(needed)*9/10]), "builds(p90)")
			b.ReportMetric(100*float64(covered)/float64(curves), "%covered")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// bisect is plain bisection with the given number of builds a limit, decided
// by their majority, until the bracket is ±2 %.
func bisect(retries int) func(*rand.Rand, build) (int, float64, float64) {
	return func(rng *rand.Rand, bu build) (int, float64, float64) {
		low, high, builds := float64(wide.LowBytes), float64(wide.HighBytes), 0
		for (high-low)/2/math.Sqrt(low*high) > 0.02 {
			limit := math.Sqrt(low * high)
			crashes := 0
			for range retries {
				builds++
				if bu.crash(rng, int64(limit)) {
					crashes++
				}
			}
			if 2*crashes > retries {
				low = limit
			} else {
				high = limit
			}
		}
		return builds, low, high
	}
}
