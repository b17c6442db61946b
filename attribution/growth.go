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
func medianLimit(ends map[int64]presence) int64 {
	var limits []int64
	builds := 0
	for limit, at := range ends {
		if at.passed > 0 {
			limits = append(limits, limit)
			builds += at.passed
		}
	}
	if len(limits) < 2 {
		return 0
	}
	slices.Sort(limits)
	below := 0
	for i, limit := range limits {
		if below += ends[limit].passed; below > builds/2 {
			return limits[max(i, 1)] // at the least, the low half are those at the least limit
		}
	}
	return limits[len(limits)-1]
}

// restartRatio is calls at low limits against high ones.
func (n *nameEvidence) restartRatio(b *body) (stats.Rate, bool) {
	if n == nil || b.median == 0 {
		return stats.Rate{}, false
	}
	var low, high stats.Counts
	for i := range n.limits {
		if at := &n.limits[i]; at.limit < b.median {
			low.Join(at.calls)
		} else {
			high.Join(at.calls)
		}
	}
	r := stats.RatioOf(low, high)
	return r, r.Ratio == r.Ratio
}

// growthFactor is that of own time when the limit is halved.
func (n *nameEvidence) growthFactor(b *body) (factor float64, interval stats.Interval, ok bool) {
	if n == nil || b.median == 0 {
		return 0, interval, false
	}
	var l stats.Line
	for i := range n.limits {
		l.AddAt(math.Log2(float64(n.limits[i].limit)), n.limits[i].time)
	}
	slope, i, ok := l.Slope()
	return math.Exp2(-slope), stats.Interval{Low: math.Exp2(-i.High), High: math.Exp2(-i.Low)}, ok
}

func (n *nameEvidence) restartEvidence(b *body) finding {
	r, ok := n.restartRatio(b)
	if !ok || r.Low <= 1 {
		return finding{}
	}
	return finding{
		weight: growthCeiling * (1 - 1/r.Low),
		reason: fmt.Sprintf("called %s times as often in builds that passed under the lower limits (95 %%: %s to %s)", factor(r.Ratio), factor(r.Low), factor(r.High)),
	}
}

func (n *nameEvidence) growthEvidence(b *body) finding {
	g, i, ok := n.growthFactor(b)
	if !ok || i.Low <= 1 {
		return finding{}
	}
	return finding{
		weight: growthCeiling * (1 - 1/i.Low),
		reason: fmt.Sprintf("its own time grows %s-fold when the limit is halved (95 %%: %s to %s)", factor(g), factor(i.Low), factor(i.High)),
	}
}
