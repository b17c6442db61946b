// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"fmt"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/internal/quantity"
)

func restartEvidence(n *aggregate.NameStatistics, b *aggregate.Statistics) reason {
	r, ok := n.RestartRatio(b)
	if !ok || r.Low <= 1 {
		return reason{}
	}
	return reason{
		weight: weights.GrowthCeiling * (1 - 1/r.Low),
		reason: fmt.Sprintf("called %s times as often in passing builds at low memory limits as at high ones (95 %%: %s to %s)", quantity.Ratio(r.Ratio), quantity.Ratio(r.Low), quantity.Ratio(r.High)),
	}
}

func growthEvidence(n *aggregate.NameStatistics, b *aggregate.Statistics) reason {
	if n == nil {
		return reason{}
	}
	g, ok := aggregate.Halved(&n.Growth.Time)
	if !ok || !g.Worse() {
		return reason{}
	}
	f := reason{
		weight: weights.GrowthCeiling * (1 - 1/g.Low),
		reason: fmt.Sprintf("its self time grows %s-fold each time the memory limit is halved (95 %%: %s to %s)", quantity.Ratio(g.Ratio), quantity.Ratio(g.Low), quantity.Ratio(g.High)),
	}
	if c, ok := n.Cost(b); ok && c.Low > 0 {
		f.reason += "; " + costWords(c)
	}
	return f
}

func costWords(c aggregate.Cost) string {
	seconds := func(micros float64) string { return quantity.Micros(int64(micros)) }
	return fmt.Sprintf("a build at a limit of %s spends %s more in it than one at %s (95 %%: %s to %s)",
		quantity.Bytes(c.LowLimit), seconds(c.Micros), quantity.Bytes(c.HighLimit), seconds(c.Low), seconds(c.High))
}

// concurrentEvidence tells of the surest pair of the function.
func concurrentEvidence(n *aggregate.NameStatistics) reason {
	if n == nil || n.Concurrent == nil {
		return reason{}
	}
	c := n.Concurrent
	return reason{
		weight: weights.ConcurrentCeiling * stats.Clamp01(1-c.Expected/float64(max(c.Observed, 1))),
		reason: fmt.Sprintf("running at %d of %d restarts of %s, %s expected by chance; q = %.2g", c.Observed, c.Restarts, c.What(), quantity.Ratio(c.Expected), c.QValue),
	}
}
