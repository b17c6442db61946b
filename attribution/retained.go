package attribution

import "fmt"

// Retained bytes, from a heap dump: what would be freed if all that the
// function made were gone. That is the question itself, so it weighs almost
// as much as a stack; not more, because a function may rightly hold much.
const retainedCeiling = 0.9

func (s *subject) retainedEvidence(b *body) finding {
	if s.retained == nil {
		return finding{}
	}
	return finding{
		weight: retainedCeiling * ratio(s.retained.flat, b.held),
		reason: fmt.Sprintf("%s of the %s live heap is retained by what it made (estimated from the dump)",
			size(s.retained.flat), size(b.held)),
	}
}
