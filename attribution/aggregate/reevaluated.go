// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"cmp"
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
)

// Values that were evaluated more often than they were built. The build events
// of Bazel 7 and later count both by SkyFunction (BuildGraphMetrics): what was
// evaluated and not built was broken off, for want of what it asked for, and
// begun anew; errors and retries count too. It tells no function and no key, but
// it sees every restart, also those that last no time, where a profile shows
// those of packages alone. Whether memory is the reason is told by the limit:
// restarts for each value that was built, at low limits against high ones.

// keptReevaluated bounds the list in the report.
const keptReevaluated = 10

// A ReevaluatedValues is what several builds counted of one SkyFunction.
type ReevaluatedValues struct {
	observe.Evaluations
	Builds int
	// Ratio is restarts for each built value at low limits against high
	// ones, with its 95 % interval; nil without builds of both.
	Ratio *stats.Change
}

// skyTotals are what adds up of one SkyFunction.
type skyTotals struct {
	builds int
	sum    observe.Evaluations
	limits []skyLimit // by limit; 0 is not known
}

type skyLimit struct {
	limit    int64
	restarts stats.Counts // for each built value
}

// Reevaluated are the SkyFunctions with restarts: those that have more at low
// limits, beyond the interval, before the others.
func (b *Statistics) Reevaluated() []ReevaluatedValues {
	var list []ReevaluatedValues
	for _, t := range b.sky {
		if t.sum.Restarts() == 0 {
			continue
		}
		made := ReevaluatedValues{Evaluations: t.sum, Builds: t.builds}
		var low, high stats.Counts
		for _, l := range t.limits {
			switch {
			case l.limit == 0 || b.median == 0:
			case l.limit < b.median:
				low.Join(l.restarts)
			default:
				high.Join(l.restarts)
			}
		}
		if r := stats.RatioOf(low, high); r.Ratio == r.Ratio {
			made.Ratio = &stats.Change{Ratio: r.Ratio, Low: r.Low, High: r.High}
		}
		list = append(list, made)
	}
	more := func(r ReevaluatedValues) int {
		if r.Ratio != nil && r.Ratio.Worse() {
			return 0
		}
		return 1
	}
	slices.SortFunc(list, func(x, y ReevaluatedValues) int {
		return cmp.Or(cmp.Compare(more(x), more(y)), cmp.Compare(y.Restarts(), x.Restarts()), strings.Compare(x.Function, y.Function))
	})
	return list[:min(len(list), keptReevaluated)]
}
