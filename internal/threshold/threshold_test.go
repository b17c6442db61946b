// SPDX-License-Identifier: Apache-2.0

package threshold

import (
	"math"
	"math/rand/v2"
	"runtime"
	"sort"
	"sync"
	"testing"
)

const mib = 1 << 20

// A build is a simulated response to the memory limit.
type build struct{ half, width float64 }

func (b build) crash(rng *rand.Rand, limit int64) bool {
	return rng.Float64() < crashProbability(math.Log(float64(limit)), math.Log(b.half), b.width)
}

// randomBuild draws needs from 150 MB to 4 GB, and bands from one percent
// (steep) to two thirds (flaky).
func randomBuild(rng *rand.Rand) build {
	return build{
		half:  math.Exp(uniform(rng, math.Log(150*mib), math.Log(4096*mib))),
		width: math.Exp(uniform(rng, math.Log(0.002), math.Log(0.12))),
	}
}

func uniform(rng *rand.Rand, low, high float64) float64 { return low + (high-low)*rng.Float64() }

var wide = Range{LowBytes: 100 * mib, HighBytes: 8192 * mib}

// search runs the adaptive search until the precision or the budget is
// reached and returns the estimate.
func search(t testing.TB, rng *rand.Rand, b build, precision float64, budget int) (Estimate, []Trial) {
	var trials []Trial
	for {
		e, err := New(wide, trials)
		if err != nil {
			t.Fatal(err)
		}
		if len(trials) >= budget || e.Reached(precision) {
			return e, trials
		}
		limit := e.Next(mib)
		trials = append(trials, Trial{limit, b.crash(rng, limit)})
	}
}

// TestIntervalsCoverTheTruth is the claim that the documentation makes: over
// a thousand random response curves, steep and flaky, the 95 % intervals of
// both limits cover the truth in at least 93 %.
func TestIntervalsCoverTheTruth(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: thousands of searches simulated")
	}
	t.Parallel()
	const curves = 1000
	var mu sync.Mutex
	var half, safe int
	var needed []int
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < curves; i += workers {
				rng := rand.New(rand.NewPCG(20231024, uint64(i)))
				b := randomBuild(rng)
				e, trials := search(t, rng, b, 0.02, 25)
				truth := math.Exp(math.Log(b.half) + b.width*logNinetyNine)
				mu.Lock()
				if e.Half.LowBytes <= b.half && b.half <= e.Half.HighBytes {
					half++
				}
				if e.Safe.LowBytes <= truth && truth <= e.Safe.HighBytes {
					safe++
				}
				needed = append(needed, len(trials))
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	sort.Ints(needed)
	t.Logf("covered: half %d, safe %d of %d curves; builds: median %d, 90th percentile %d",
		half, safe, curves, needed[curves/2], needed[curves*9/10])
	if half < 930 || safe < 930 {
		t.Errorf("the 95 %% intervals cover the truth in %d (half) and %d (safe) of %d curves, want at least 930", half, safe, curves)
	}
}
