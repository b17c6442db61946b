// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"fmt"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/internal/quantity"
)

func gcEvidence(n *aggregate.NameStatistics) reason {
	r, ok := n.GCRate()
	if !ok || r.Low <= 1 || n.Collections < weights.MinCollections {
		return reason{}
	}
	return reason{
		weight: weights.GCCeiling * (1 - 1/r.Low),
		reason: fmt.Sprintf("%s (%d major) in the %s in which its own code ran: %s times the rate in the rest of the same phases (95 %%: %s to %s)",
			quantity.Count(n.Minor+n.Major, "garbage collection", "garbage collections"), n.Major, quantity.Micros(n.Exclusive), quantity.Ratio(r.Ratio), quantity.Ratio(r.Low), quantity.Ratio(r.High)),
	}
}

func pressureEvidence(n *aggregate.NameStatistics, part float64, b *aggregate.Statistics) reason {
	if n == nil || b.CrashedMajor == 0 || n.CrashedMajor == 0 {
		return reason{}
	}
	return reason{
		weight: weights.PressureCeiling * part * n.PressureShare(b),
		reason: fmt.Sprintf("%s of major-GC pauses in crashed builds came during its self time%s", partOf(int64(n.CrashedMajor), b.CrashedMajor), partWords(part)),
	}
}

// survivalEvidence weighs what the collector had to copy for it.
func survivalEvidence(n *aggregate.NameStatistics, part float64, b *aggregate.Statistics) reason {
	if n == nil || b.CopyPause <= 0 || n.Survived <= 0 {
		return reason{}
	}
	share := n.SurvivalShare(b)
	return reason{
		weight: weights.SurvivalCeiling * part * share,
		reason: fmt.Sprintf("accounts for %s of minor-GC pause time (%s of %s)%s: an estimate of what was copied because this function keeps it",
			quantity.Share(share), quantity.Micros(int64(n.Survived)), quantity.Micros(b.CopyPause), partWords(part)),
	}
}

// partWords say that a number is of all functions of a name, or of a helper and
// its callers.
func partWords(part float64) string {
	if part > 0.995 {
		return ""
	}
	return fmt.Sprintf(", counted at %s: the rest belongs to others of its name or to its callers", quantity.Share(part))
}
