package attribution

import (
	"fmt"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/internal/quantity"
)

// Sampled allocations (bazel dump --skylark_memory): live objects at the end
// of a build that survived, one sample about every 256 KiB. What JDK string
// concatenation allocates is not seen at all, so the absence of a function
// means nothing, and a large share of what is seen need not be a large share
// of the heap.

const allocationBlind = "the allocation profile samples every 256 KiB and does not see string concatenation: a small or missing value proves nothing"

func (s *subject) allocationEvidence(b *aggregate.Statistics) finding {
	if s.allocated == nil {
		if b.HasAlloc {
			return finding{blind: allocationBlind}
		}
		return finding{}
	}
	return finding{
		weight: weights.AllocationCeiling * stats.Part(s.allocated.Flat, b.Allocated),
		reason: fmt.Sprintf("allocated %s of the %s of live memory that the allocation profile saw (%s with what it calls)",
			quantity.Bytes(s.allocated.Flat), quantity.Bytes(b.Allocated), quantity.Bytes(s.allocated.Cum)),
		blind: allocationBlind,
	}
}
