package attribution

import (
	"fmt"
	"math"
	"slices"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/internal/quantity"
)

// What changes as the limit falls. Of builds that came to their end under
// several limits (a crash is cut short and would count too little):
//
//   - Restarts. Skyframe begins an evaluation anew when something it asked for
//     was not there yet or was dropped for want of memory, so a function is
//     called more often under low limits than under high ones. The ratio is
//     of calls a build below the median limit to those above it.
//   - Growth. The factor by which a function's own time, its calls and the
//     share of its own time in collections grow each time the limit is halved,
//     from straight lines through the logarithms. Of dumps and allocation
//     profiles, which crashes leave as well, the same for the bytes.
//   - Cost. The seconds of own time that it takes in a build under the lowest
//     limit beyond those under the highest: the difference of the means, a build
//     that does not show it counting as nothing.
//
// All come with an interval over builds, and weigh only where it excludes no
// change, and little then: a trace records calls from 50 ms on, so that a
// build that is slow, for whatever reason, shows more of them.

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

// growthTally is what grows, as the logarithm to the base 2, over that of the
// limit.
type growthTally struct{ time, calls, gc stats.Line }

// add adds a passing build.
func (g *growthTally) add(limit int64, f *observe.Activity) {
	x := math.Log2(float64(limit))
	addLogarithm(&g.time, x, float64(f.SelfMicros))
	addLogarithm(&g.calls, x, float64(f.Calls))
	addLogarithm(&g.gc, x, ratio(f.GC.MinorPauseMicros+f.GC.MajorPauseMicros, f.SelfMicros))
}

// addLogarithm adds a point; what is nothing has no logarithm.
func addLogarithm(l *stats.Line, x, y float64) {
	if y > 0 {
		l.Add(x, math.Log2(y))
	}
}

// halved is the factor by which something grows when the limit is halved.
func halved(l *stats.Line) (Change, bool) {
	slope, i, ok := l.Slope()
	return Change{math.Exp2(-slope), math.Exp2(-i.High), math.Exp2(-i.Low)}, ok
}

// costLimits are the lowest and the highest limit with builds enough to tell
// the mean of; equal where there are not two.
func (b *body) costLimits() (low, high int64) {
	for limit, at := range b.endsAt {
		if at.passed < 2 {
			continue
		}
		if low == 0 || limit < low {
			low = limit
		}
		high = max(high, limit)
	}
	return low, high
}

// A cost is own time a build, under one limit beyond another, in microseconds.
type cost struct {
	low, high int64 // limits
	micros    float64
	stats.Interval
}

func (n *nameEvidence) cost(b *body) (c cost, ok bool) {
	if n == nil || b.lowest == b.highest {
		return c, false
	}
	at := func(limit int64) stats.Moments {
		m := n.at(limit).own
		m.N = int64(b.endsAt[limit].passed)
		return m
	}
	c.low, c.high = b.lowest, b.highest
	c.micros, c.Interval, ok = stats.DifferenceOfMeans(at(c.low), at(c.high))
	return c, ok
}

func (c cost) words() string {
	seconds := func(micros float64) string { return quantity.Micros(int64(micros)) }
	return fmt.Sprintf("a build at a limit of %s spends %s more in it than one at %s (95 %%: %s to %s)",
		quantity.Bytes(c.low), seconds(c.micros), quantity.Bytes(c.high), seconds(c.Low), seconds(c.High))
}

func (n *nameEvidence) restartEvidence(b *body) finding {
	r, ok := n.restartRatio(b)
	if !ok || r.Low <= 1 {
		return finding{}
	}
	return finding{
		weight: growthCeiling * (1 - 1/r.Low),
		reason: fmt.Sprintf("called %s times as often in passing builds at low memory limits as at high ones (95 %%: %s to %s)", quantity.Ratio(r.Ratio), quantity.Ratio(r.Low), quantity.Ratio(r.High)),
	}
}

func (n *nameEvidence) growthEvidence(b *body) finding {
	if n == nil {
		return finding{}
	}
	g, ok := halved(&n.growth.time)
	if !ok || !g.Worse() {
		return finding{}
	}
	f := finding{
		weight: growthCeiling * (1 - 1/g.Low),
		reason: fmt.Sprintf("its self time grows %s-fold each time the memory limit is halved (95 %%: %s to %s)", quantity.Ratio(g.Ratio), quantity.Ratio(g.Low), quantity.Ratio(g.High)),
	}
	if c, ok := n.cost(b); ok && c.Low > 0 {
		f.reason += "; " + c.words()
	}
	return f
}

// heldGrowth is how the bytes that dumps, or else allocation profiles, put down
// to it grow when the limit is halved.
func (s *subject) heldGrowth() (Change, bool) {
	var dumps stats.Line
	for _, h := range s.held {
		if limit := h.in.Summary.MemoryLimitBytes; limit > 0 {
			addLogarithm(&dumps, math.Log2(float64(limit)), float64(h.own))
		}
	}
	if g, ok := halved(&dumps); ok || s.allocated == nil {
		return g, ok
	}
	return halved(&s.allocated.growth)
}
