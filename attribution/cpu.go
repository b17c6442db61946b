package attribution

import (
	"fmt"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/internal/quantity"
)

// Time is weak evidence of memory: building a large value takes time, and so
// does everything else. It orders functions about which nothing else is known.

func (s *subject) cpuEvidence(b *aggregate.Statistics) finding {
	if s.cpu == nil {
		return finding{}
	}
	return finding{
		weight: weights.CPUCeiling * stats.Part(s.cpu.Flat, b.CPU),
		reason: fmt.Sprintf("%s of %s Starlark CPU time", quantity.Micros(s.cpu.Flat), quantity.Micros(b.CPU)),
	}
}

func (s *subject) timeEvidence(b *aggregate.Statistics) finding {
	n := s.trace
	if n == nil {
		return finding{}
	}
	return finding{
		weight: weights.TimeCeiling * stats.Part(n.Self, b.Self),
		reason: fmt.Sprintf("%s; %s of self time, of %s of recorded Starlark time",
			quantity.Count(n.Calls, "recorded call", "recorded calls"), quantity.Micros(n.Self), quantity.Micros(b.Self)),
	}
}
