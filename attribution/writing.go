package attribution

import (
	"fmt"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/internal/quantity"
)

// Contents of files not yet written. A crash inside FileWriteAction is in the
// execution phase: no Starlark is on any stack, and what fills the heap was
// handed to ctx.actions.write during analysis. The builtin's time, recorded
// from 50 ms a call, grows with the contents (it copies or compresses them).

func (s *subject) writingEvidence(b *aggregate.Statistics, writing int) finding {
	if writing == 0 || s.trace == nil || s.trace.Write == 0 {
		return finding{}
	}
	return finding{
		weight: weights.WritingCeiling * stats.Part(s.trace.Write, b.Write) * float64(writing) / float64(len(b.Crashes)),
		reason: fmt.Sprintf("accounts for %s of the %s in ctx.actions.write; %s happened while such a file was being written",
			quantity.Micros(s.trace.Write), quantity.Micros(b.Write), crashes(writing)),
	}
}
