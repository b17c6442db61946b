// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"example.invalid/starlark-memls/attribution/stats"
)

// GC pressure. Whoever fills the heap makes the collector run. The rate of
// collections during the function's own time is held against the rate over
// the rest of the phases in which it ran; both are collections per second.
//
// Collections come in clusters: a heap that is nearly full is collected again
// and again, whoever runs. So a ratio is never told without its interval, which
// takes the builds, not the collections, for independent, and widens by how
// much the collections of each build cluster (stats.RateSums). A ratio whose
// interval includes 1 weighs nothing; another weighs by its lower end. Near the
// end of a crashing build the collector runs for everybody, which is why this
// source stays well below a crash stack.

// gcRate is rate(own time) / rate(rest) with its interval. The second result is
// false where either is not known.
func (n *NameStatistics) GCRate() (stats.Rate, bool) {
	if n == nil || n.Exclusive <= 0 {
		return stats.Rate{}, false
	}
	return n.GCRatio, n.GCRatio.Ratio == n.GCRatio.Ratio // not NaN
}

// Full heap. Major collections come when the heap is full, again and again
// until an allocation fails. Who is running then keeps it full, or waits: the
// pauses are divided among those that ran in them.

// PressureShare is its part of those pauses, where there are any.
func (n *NameStatistics) PressureShare(b *Statistics) float64 {
	return stats.Clamp01(n.CrashedMajor / float64(b.CrashedMajor))
}
