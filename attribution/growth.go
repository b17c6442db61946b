package attribution

import (
	"fmt"
	"math"
	"slices"

	"starlark-memls/attribution/stats"
)

// What changes as the limit falls. Of builds that came to their end under
// several limits (a crash is cut short and would count too little):
//
//   - Restarts. Skyframe begins an evaluation anew when something it asked for
//     was not there yet or was dropped for want of memory, so a function is
//     called more often under low limits than under high ones. The ratio is
//     of calls a build below the median limit to those above it.
//   - Growth. The factor by which a function's own time grows each time the
//     limit is halved, from a straight line through the logarithms.
//
// Both come with an interval over builds, and weigh only where it excludes no
// change, and little then: a trace records calls from 50 ms on, so that a
// build that is slow, for whatever reason, shows more of them.
const growthCeiling = 0.1

// medianLimit is the limit that divides the passing builds, 0 where they have
// one limit only.
func medianLimit(observations []*Observation) int64 {
	var limits []int64
	for _, o := range observations {
		if o.Trace != nil && o.passed() && o.Summary.MemoryLimitBytes > 0 {
			limits = append(limits, o.Summary.MemoryLimitBytes)
		}
	}
	slices.Sort(limits)
	if len(limits) == 0 || limits[0] == limits[len(limits)-1] {
		return 0
	}
	middle := limits[len(limits)/2]
	if middle == limits[0] { // then the low half are those at the least limit
		i, _ := slices.BinarySearch(limits, middle+1)
		middle = limits[i]
	}
	return middle
}

// addLimit adds a passing build's calls and time under its limit.
func (n *nameEvidence) addLimit(limit, median int64, f *Activity) {
	if limit <= 0 || median == 0 {
		return
	}
	if limit < median {
		n.restarts.Add(float64(f.Calls), 1, 0, 0, 1)
	} else {
		n.restarts.Add(0, 0, float64(f.Calls), 1, 1)
	}
	if f.SelfMicros > 0 {
		n.growth.Add(math.Log2(float64(limit)), math.Log2(float64(f.SelfMicros)))
	}
}

// restartRatio is calls at low limits against high ones.
func (n *nameEvidence) restartRatio() (stats.Rate, bool) {
	if n == nil {
		return stats.Rate{}, false
	}
	r := n.restarts.Rate()
	return r, r.Ratio == r.Ratio
}

// growthFactor is that of own time when the limit is halved.
func (n *nameEvidence) growthFactor() (factor float64, interval stats.Interval, ok bool) {
	if n == nil {
		return 0, interval, false
	}
	slope, i, ok := n.growth.Slope()
	return math.Exp2(-slope), stats.Interval{Low: math.Exp2(-i.High), High: math.Exp2(-i.Low)}, ok
}

func (n *nameEvidence) restartEvidence() finding {
	r, ok := n.restartRatio()
	if !ok || r.Low <= 1 {
		return finding{}
	}
	return finding{
		weight: growthCeiling * (1 - 1/r.Low),
		reason: fmt.Sprintf("called %s times as often in builds that passed under the lower limits (95 %%: %s to %s)", factor(r.Ratio), factor(r.Low), factor(r.High)),
	}
}

func (n *nameEvidence) growthEvidence() finding {
	g, i, ok := n.growthFactor()
	if !ok || i.Low <= 1 {
		return finding{}
	}
	return finding{
		weight: growthCeiling * (1 - 1/i.Low),
		reason: fmt.Sprintf("its own time grows %s-fold when the limit is halved (95 %%: %s to %s)", factor(g), factor(i.Low), factor(i.High)),
	}
}
