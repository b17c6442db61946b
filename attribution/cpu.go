package attribution

import (
	"fmt"

	"example.invalid/starlark-memls/internal/quantity"
)

// Time is weak evidence of memory: building a large value takes time, and so
// does everything else. It orders functions about which nothing else is known.

func (s *subject) cpuEvidence(b *body) finding {
	if s.cpu == nil {
		return finding{}
	}
	return finding{
		weight: cpuCeiling * ratio(s.cpu.flat, b.cpu),
		reason: fmt.Sprintf("%s of %s Starlark CPU time", quantity.Micros(s.cpu.flat), quantity.Micros(b.cpu)),
	}
}

func (s *subject) timeEvidence(b *body) finding {
	n := s.trace
	if n == nil {
		return finding{}
	}
	return finding{
		weight: timeCeiling * ratio(n.self, b.self),
		reason: fmt.Sprintf("%s; %s of self time, of %s of recorded Starlark time",
			quantity.Count(n.calls, "recorded call", "recorded calls"), quantity.Micros(n.self), quantity.Micros(b.self)),
	}
}
