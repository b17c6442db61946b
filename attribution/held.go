// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"fmt"
	"math"
	"strings"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/join"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/internal/quantity"
)

func retainedEvidence(s *join.Subject, b *aggregate.Statistics) reason {
	if !s.Holds() {
		return reason{}
	}
	most := s.Most()
	witness := "estimated from the heap dump"
	if h := most.In.Heap; h != nil && h.Living {
		witness = "asked from the running server at the end of the build"
	}
	f := reason{
		weight: weights.RetainedCeiling * stats.Clamp01(most.Share()/weights.RetainedFull),
		reason: fmt.Sprintf("what it made keeps %s of the %s live heap in memory (%s)", quantity.Bytes(most.Bytes()), quantity.Bytes(most.In.LiveHeapBytes()), witness),
	}
	if frames := most.Frames; len(frames) > 0 && 2*frames[0].Bytes >= most.Bytes() {
		f.reason = fmt.Sprintf("%s of the %s live heap %s (%s)", quantity.Bytes(most.Bytes()), quantity.Bytes(most.In.LiveHeapBytes()), frames[0].Words(), witness)
	}
	if b.Dumps > 1 {
		f.reason += fmt.Sprintf(", the most of %d dumps", b.Dumps)
		if n := s.DumpsWith(weights.SureRetained); n > 1 {
			f.reason += fmt.Sprintf("; half or more in %d", n)
		}
	}
	if g, ok := heldGrowth(s); ok && g.Worse() {
		f.reason += fmt.Sprintf(", growing %s-fold each time the memory limit is halved (95 %%: %s to %s)", quantity.Ratio(g.Ratio), quantity.Ratio(g.Low), quantity.Ratio(g.High))
	}
	if len(most.Fields) > 0 && most.FieldBytes() == most.Bytes() {
		field := most.Fields[0]
		f.reason += fmt.Sprintf(", %s of it in %s of %s made at line %d",
			quantity.Bytes(field.Bytes), field.Name, quantity.Count(int(field.Instances), "instance", "instances"), field.Line)
	}
	return f
}

// heldGrowth is how the bytes that dumps, or else allocation profiles, put down
// to it grow when the limit is halved.
func heldGrowth(s *join.Subject) (stats.Change, bool) {
	var dumps stats.Line
	for _, h := range s.Held {
		if limit := h.In.Summary.MemoryLimitBytes; limit > 0 {
			aggregate.AddLogarithm(&dumps, math.Log2(float64(limit)), float64(h.Own))
		}
	}
	if g, ok := aggregate.Halved(&dumps); ok || s.Allocated == nil {
		return g, ok
	}
	return aggregate.Halved(&s.Allocated.Growth)
}

// rulesEvidence weighs it among all rules' bytes.
func rulesEvidence(s *join.Subject, all int64) reason {
	bytes, targets := s.RuleSum()
	if bytes == 0 || all == 0 {
		return reason{}
	}
	var names []string
	for _, r := range s.Rules {
		names = append(names, r.Name)
	}
	return reason{
		weight: weights.RulesCeiling * stats.Part(bytes, all),
		reason: fmt.Sprintf("implements %s: %s live in %s, %s each, of %s in all rules (dump --rules)", strings.Join(names, ", "),
			quantity.Bytes(bytes), quantity.Count(int(targets), "target", "targets"), quantity.Bytes(bytes/max(targets, 1)), quantity.Bytes(all)),
	}
}

// recordedEvidence weighs a function's part of all that a recording saw allocated.
func recordedEvidence(n *aggregate.NameStatistics, b *aggregate.Statistics) reason {
	if n == nil || n.Recorded.N == 0 {
		return reason{}
	}
	in := n.Recorded.Interval()
	return reason{
		weight: weights.RecordedCeiling * stats.Part(n.Recorded.Total, b.Recorded),
		reason: fmt.Sprintf("allocated %s in total, garbage included (95 %%: %s to %s): %s of what all recorded calls allocated (Java Flight Recorder)",
			quantity.Bytes(n.Recorded.Total), quantity.Bytes(int64(in.Low)), quantity.Bytes(int64(in.High)), quantity.Share(stats.Part(n.Recorded.Total, b.Recorded))),
	}
}

// Sampled allocations (bazel dump --skylark_memory): live objects at the end
// of a build that survived, one sample about every 256 KiB. What JDK string
// concatenation allocates is not seen at all, so the absence of a function
// means nothing, and a large share of what is seen need not be a large share
// of the heap.

const allocationBlind = "the allocation profile samples every 256 KiB and does not see string concatenation: a small or missing value proves nothing"

func allocationEvidence(s *join.Subject, b *aggregate.Statistics) reason {
	if s.Allocated == nil {
		if b.HasAlloc {
			return reason{blind: allocationBlind}
		}
		return reason{}
	}
	return reason{
		weight: weights.AllocationCeiling * stats.Part(s.Allocated.Flat, b.Allocated),
		reason: fmt.Sprintf("allocated %s of the %s of live memory that the allocation profile saw (%s with what it calls)",
			quantity.Bytes(s.Allocated.Flat), quantity.Bytes(b.Allocated), quantity.Bytes(s.Allocated.Cum)),
		blind: allocationBlind,
	}
}
