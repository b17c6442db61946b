// SPDX-License-Identifier: Apache-2.0

package foretell

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"example.invalid/starlark-memls/internal/gauge"
	"example.invalid/starlark-memls/internal/threshold"
)

// What an estimate from passing builds is worth to a search for the limit: the
// searches of --find-limit are simulated for every recorded workspace, with and
// without it. What collections left under a limit is what was recorded under
// the nearest one; the ratio is learned from the other workspaces.

// A searched is how searches ended.
type searched struct {
	builds  []int
	covered int // of which the interval holds the truth
}

const (
	searchesEach    = 3 // of a workspace, with random bands of all widths
	searchPrecision = 0.05
	searchBudget    = 25
)

var searchRange = threshold.Range{LowBytes: 50 << 20, HighBytes: 8 << 30}

// searches simulates them all; each with the same draws with and without.
func searches(builds []Build) (without, with searched, workspaces int) {
	between, ratios := brackets(builds), Ratios(builds)
	var mu sync.Mutex
	var wg sync.WaitGroup
	one := make(chan bool, 2) // at a time
	for n, scenario := range slices.Sorted(maps.Keys(between)) {
		workspaces++
		wg.Go(func() {
			one <- true
			defer func() { <-one }()
			_, ratio, _ := Learn(slices.DeleteFunc(slices.Clone(ratios), func(r Ratio) bool { return r.Scenario == scenario }))
			limits := between[scenario]
			half, peaks := math.Sqrt(float64(limits[0])*float64(limits[1])), peaksOf(builds, scenario)
			for i := range searchesEach {
				for _, estimate := range []bool{false, true} {
					rng := rand.New(rand.NewPCG(uint64(n), uint64(i)))
					width := math.Exp(math.Log(0.002) + rng.Float64()*math.Log(0.12/0.002))
					foreseen := func(limit int64) int64 { return int64(ratio * float64(min(nearest(peaks, limit), limit))) }
					if !estimate {
						foreseen = nil
					}
					e, n := search(rng, half, width, foreseen)
					mu.Lock()
					into := &without
					if estimate {
						into = &with
					}
					into.builds = append(into.builds, n)
					if float64(e.Half.LowBytes) <= half && half <= float64(e.Half.HighBytes) {
						into.covered++
					}
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	slices.Sort(without.builds)
	slices.Sort(with.builds)
	return without, with, workspaces
}

// search is one, with what is foreseen from a build that passed under a limit,
// as measure.Search does it: until one crashed, and for steps of a tenth.
func search(rng *rand.Rand, half, width float64, foreseen func(limit int64) int64) (threshold.Estimate, int) {
	var trials []threshold.Trial
	passed, crashed := int64(0), false
	for {
		e, err := threshold.New(searchRange, trials)
		if err != nil {
			panic(err) // the range is a constant
		}
		if len(trials) >= searchBudget || e.Reached(searchPrecision) {
			return e, len(trials)
		}
		limit := e.Next(1 << 20)
		if foreseen != nil && passed > 0 && !crashed {
			if f := foreseen(passed) >> 20 << 20; f >= searchRange.LowBytes && float64(f) < 0.9*float64(passed) {
				limit = f
			}
		}
		died := rng.Float64() < 1/(1+math.Exp((math.Log(float64(limit))-math.Log(half))/width))
		trials = append(trials, threshold.Trial{LimitBytes: limit, Crashed: died})
		if crashed = crashed || died; !died && (passed == 0 || limit < passed) {
			passed = limit
		}
	}
}

// peaksOf are the most that collections left in the passing builds, by limit.
func peaksOf(builds []Build, scenario string) map[int64]int64 {
	peaks := map[int64]int64{}
	for _, b := range builds {
		if b.Scenario == scenario && !b.Died {
			peaks[b.Outcome.LimitBytes] = b.Replay(gauge.DefaultRules(), nil).PeakAfterBytes
		}
	}
	return peaks
}

func nearest(peaks map[int64]int64, limit int64) int64 {
	best := slices.MinFunc(slices.Sorted(maps.Keys(peaks)), func(a, b int64) int {
		return int(min(max(math.Abs(float64(a-limit))-math.Abs(float64(b-limit)), -1), 1))
	})
	return peaks[best]
}

// searching is the page's part on them.
func searching(b *strings.Builder, builds []Build) {
	without, with, workspaces := searches(builds)
	if len(with.builds) == 0 {
		return
	}
	fmt.Fprintf(b, `
Whether it saves --find-limit builds, simulated: searches to +-5 %% of the limits of these
%d workspaces, %d each with random bands of all widths, between %d MiB and %d GiB,
at most %d builds. The ratio is learned from the other workspaces.

| search | builds: median (90 of 100) | the interval holds the limit |
|---|---|---|
`, workspaces, searchesEach, searchRange.LowBytes>>20, searchRange.HighBytes>>30, searchBudget)
	for _, x := range []struct {
		name string
		s    searched
	}{{"by outcomes alone", without}, {"with the estimate of a passing build", with}} {
		n := len(x.s.builds)
		fmt.Fprintf(b, "| %s | %d (%d) | %s |\n", x.name, x.s.builds[n/2], x.s.builds[n*9/10], share(x.s.covered, n))
	}
}
