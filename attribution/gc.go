package attribution

import (
	"fmt"

	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/internal/quantity"
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
func (n *nameEvidence) gcRate() (stats.Rate, bool) {
	if n == nil || n.exclusive <= 0 {
		return stats.Rate{}, false
	}
	return n.gcRatio, n.gcRatio.Ratio == n.gcRatio.Ratio // not NaN
}

func (n *nameEvidence) gcEvidence() finding {
	r, ok := n.gcRate()
	if !ok || r.Low <= 1 || n.collections < minCollections {
		return finding{}
	}
	return finding{
		weight: gcCeiling * (1 - 1/r.Low),
		reason: fmt.Sprintf("%s (%d major) during its %s of self time: %s times the rate in the rest of the same phases (95 %%: %s to %s)",
			quantity.Count(n.minor+n.major, "garbage collection", "garbage collections"), n.major, quantity.Micros(n.exclusive), quantity.Ratio(r.Ratio), quantity.Ratio(r.Low), quantity.Ratio(r.High)),
	}
}

// Full heap. Major collections come when the heap is full, again and again
// until an allocation fails. Who is running then keeps it full, or waits: the
// pauses are divided among those that ran in them.

// pressureShare is its part of those pauses, where there are any.
func (n *nameEvidence) pressureShare(b *body) float64 {
	return clamp01(n.crashedMajor / float64(b.crashedMajor))
}

func (n *nameEvidence) pressureEvidence(b *body) finding {
	if n == nil || b.crashedMajor == 0 || n.crashedMajor == 0 {
		return finding{}
	}
	share := n.pressureShare(b)
	return finding{
		weight: pressureCeiling * share,
		reason: fmt.Sprintf("%s of the %s of major-GC pauses in crashed builds came during its self time", quantity.Micros(int64(n.crashedMajor)), quantity.Micros(b.crashedMajor)),
	}
}
