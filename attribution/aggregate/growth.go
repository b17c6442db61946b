// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"math"
	"slices"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
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

// RestartRatio is calls at low limits against high ones.
func (n *NameStatistics) RestartRatio(b *Statistics) (stats.Rate, bool) {
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

// Growth is what grows, as the logarithm to the base 2, over that of the
// limit.
type Growth struct{ Time, Calls, GC stats.Line }

// add adds a passing build.
func (g *Growth) add(limit int64, f *observe.Activity) {
	x := math.Log2(float64(limit))
	AddLogarithm(&g.Time, x, float64(f.SelfMicros))
	AddLogarithm(&g.Calls, x, float64(f.Calls))
	AddLogarithm(&g.GC, x, stats.Part(f.GC.MinorPauseMicros+f.GC.MajorPauseMicros, f.SelfMicros))
}

// AddLogarithm adds a point; what is nothing has no logarithm.
func AddLogarithm(l *stats.Line, x, y float64) {
	if y > 0 {
		l.Add(x, math.Log2(y))
	}
}

// Halved is the factor by which something grows when the limit is halved.
func Halved(l *stats.Line) (stats.Change, bool) {
	slope, i, ok := l.Slope()
	return stats.Change{Ratio: math.Exp2(-slope), Low: math.Exp2(-i.High), High: math.Exp2(-i.Low)}, ok
}

// costLimits are the lowest and the highest limit with builds enough to tell
// the mean of; equal where there are not two.
func (b *Statistics) costLimits() (low, high int64) {
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
type Cost struct {
	LowLimit, HighLimit int64 // limits
	Micros              float64
	stats.Interval
}

func (n *NameStatistics) Cost(b *Statistics) (c Cost, ok bool) {
	if n == nil || b.lowest == b.highest {
		return c, false
	}
	at := func(limit int64) stats.Moments {
		m := n.at(limit).own
		m.N = int64(b.endsAt[limit].passed)
		return m
	}
	c.LowLimit, c.HighLimit = b.lowest, b.highest
	c.Micros, c.Interval, ok = stats.DifferenceOfMeans(at(c.LowLimit), at(c.HighLimit))
	return c, ok
}
