package attribution

import (
	"fmt"

	"example.invalid/starlark-memls/internal/quantity"
)

// Contents of files not yet written. A crash inside FileWriteAction is in the
// execution phase: no Starlark is on any stack, and what fills the heap was
// handed to ctx.actions.write during analysis. The builtin's time, recorded
// from 50 ms a call, grows with the contents (it copies or compresses them).

// writingCrashes counts the crashes inside a file-writing action.
func (b *body) writingCrashes() int {
	n := 0
	for _, c := range b.crashes {
		if entryOf(c.facts.Java).Writing {
			n++
		}
	}
	return n
}

func (s *subject) writingEvidence(b *body, writing int) finding {
	if writing == 0 || s.trace == nil || s.trace.write == 0 {
		return finding{}
	}
	return finding{
		weight: writingCeiling * ratio(s.trace.write, b.write) * float64(writing) / float64(len(b.crashes)),
		reason: fmt.Sprintf("accounts for %s of the %s in ctx.actions.write; %s happened while such a file was being written",
			quantity.Micros(s.trace.write), quantity.Micros(b.write), crashes(writing)),
	}
}
