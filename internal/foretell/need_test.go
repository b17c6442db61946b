// SPDX-License-Identifier: Apache-2.0

package foretell

import (
	"math"
	"slices"

	"example.invalid/starlark-memls/internal/gauge"
)

// A Ratio is what a passing build's counters say of the limit that its
// workspace needs: the bracket of the limit over the most that a collection
// left.
type Ratio struct {
	Scenario  string
	Low, High float64 // of the highest limit under which it died, the lowest under which it passed
}

// brackets are the highest limit under which each workspace died and the lowest
// under which it passed, in order, of those that did both.
func brackets(builds []Build) map[string][2]int64 {
	low, high := map[string]int64{}, map[string]int64{}
	for _, b := range builds {
		limit := b.Outcome.LimitBytes
		if b.Died {
			low[b.Scenario] = max(low[b.Scenario], limit)
		} else if high[b.Scenario] == 0 || limit < high[b.Scenario] {
			high[b.Scenario] = limit
		}
	}
	both := map[string][2]int64{}
	for scenario, lo := range low {
		if hi := high[scenario]; hi > 0 {
			both[scenario] = [2]int64{min(lo, hi), max(lo, hi)}
		}
	}
	return both
}

// Ratios are those of all passing builds of workspaces that also died.
func Ratios(builds []Build) []Ratio {
	between := brackets(builds)
	var ratios []Ratio
	for _, b := range builds {
		limits, known := between[b.Scenario]
		if b.Died || !known {
			continue
		}
		if peak := b.Replay(gauge.DefaultRules(), nil).PeakAfterBytes; peak > 0 {
			ratios = append(ratios, Ratio{b.Scenario, float64(limits[0]) / float64(peak), float64(limits[1]) / float64(peak)})
		}
	}
	return ratios
}

// Middle is the ratio's geometric middle.
func (r Ratio) Middle() float64 { return math.Sqrt(r.Low * r.High) }

// Learn gives the median ratio and the interval that holds nine of ten of the
// brackets, by workspace: each counts once, by its median.
func Learn(ratios []Ratio) (low, middle, high float64) {
	byScenario := map[string][]Ratio{}
	for _, r := range ratios {
		byScenario[r.Scenario] = append(byScenario[r.Scenario], r)
	}
	var lows, middles, highs []float64
	for _, rs := range byScenario {
		for _, r := range rs {
			lows, middles, highs = append(lows, r.Low), append(middles, r.Middle()), append(highs, r.High)
		}
	}
	if len(middles) == 0 {
		return 0, 0, 0
	}
	for _, list := range [][]float64{lows, middles, highs} {
		slices.Sort(list)
	}
	// The extremes of so few are the honest ends: order statistics that leave
	// a twentieth out on either side, none of fewer than twenty.
	cut := len(middles) / 20
	return lows[cut], middles[len(middles)/2], highs[len(highs)-1-cut]
}

// Coverage leaves each workspace out in turn: of how many of its passing
// builds the interval learned from the others holds the bracket's middle.
func Coverage(ratios []Ratio) (held, of int) {
	seen := map[string]bool{}
	for _, r := range ratios {
		if seen[r.Scenario] {
			continue
		}
		seen[r.Scenario] = true
		var others, its []Ratio
		for _, o := range ratios {
			if o.Scenario == r.Scenario {
				its = append(its, o)
			} else {
				others = append(others, o)
			}
		}
		low, _, high := Learn(others)
		for _, i := range its {
			of++
			if m := i.Middle(); m >= low && m <= high {
				held++
			}
		}
	}
	return held, of
}
