package attribution

import (
	"fmt"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/internal/quantity"
)

// Who held the heap at one crash. The Report's ranking adds up all dumps; a
// crash that names no function of its own (in the execution phase no Starlark
// is on any stack, and what ran last need not be what holds the memory) is to be
// answered from its own dump.

// heldAt is what each function's work held in the dump of one measurement.
func (j *joiner) heldAt(o *observe.Observation) map[*subject]int64 {
	if o.Retained == nil {
		return nil
	}
	held := map[*subject]int64{}
	for _, s := range j.subjects.list {
		for _, h := range s.held {
			if h.in == o {
				held[s] = h.bytes()
			}
		}
	}
	return held
}

// holding is how much a share of the live heap says that its holder is to blame
// for this crash.
func holding(held int64, o *observe.Observation) float64 {
	if o.Retained == nil {
		return 0
	}
	return weights.RetainedCeiling * stats.Clamp01(stats.Part(held, o.Retained.Total)/weights.RetainedFull)
}

// holdingWhy says it in words, from a hundredth of the heap on.
func holdingWhy(held int64, o *observe.Observation) string {
	if o.Retained == nil || stats.Part(held, o.Retained.Total) < 0.01 {
		return ""
	}
	return fmt.Sprintf("; in its heap dump, what the function made keeps %s of the %s live heap in memory", quantity.Bytes(held), quantity.Bytes(o.Retained.Total))
}
