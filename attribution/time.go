// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"fmt"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/join"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/internal/quantity"
)

// Time is weak evidence of memory: building a large value takes time, and so
// does everything else. It orders functions about which nothing else is known.

func cpuEvidence(s *join.Subject, b *aggregate.Statistics) reason {
	if s.CPU == nil {
		return reason{}
	}
	return reason{
		weight: weights.CPUCeiling * stats.Part(s.CPU.Flat, b.CPU),
		reason: fmt.Sprintf("%s of %s Starlark CPU time", quantity.Micros(s.CPU.Flat), quantity.Micros(b.CPU)),
	}
}

func timeEvidence(s *join.Subject, b *aggregate.Statistics) reason {
	n := s.Trace
	if n == nil {
		return reason{}
	}
	return reason{
		weight: weights.TimeCeiling * stats.Part(n.Self, b.Self),
		reason: fmt.Sprintf("%s; %s of self time, of %s of recorded Starlark time",
			quantity.Count(n.Calls, "recorded call", "recorded calls"), quantity.Micros(n.Self), quantity.Micros(b.Self)),
	}
}

// Contents of files not yet written. A crash inside FileWriteAction is in the
// execution phase: no Starlark is on any stack, and what fills the heap was
// handed to ctx.actions.write during analysis. The builtin's time, recorded
// from 50 ms a call, grows with the contents (it copies or compresses them).

func writingEvidence(s *join.Subject, b *aggregate.Statistics, writing int) reason {
	if writing == 0 || s.Trace == nil || s.Trace.Write == 0 {
		return reason{}
	}
	return reason{
		weight: weights.WritingCeiling * stats.Part(s.Trace.Write, b.Write) * float64(writing) / float64(len(b.Crashes)),
		reason: fmt.Sprintf("accounts for %s in ctx.actions.write; %s happened while such a file was being written",
			partOf(s.Trace.Write, b.Write), crashes(writing)),
	}
}

// partOf is a length of time and the whole that it is part of: "2.97 s of the
// 3.1 s", "all 26.5 s".
func partOf(micros, whole int64) string {
	if part, all := quantity.Micros(micros), quantity.Micros(whole); part != all {
		return part + " of the " + all
	}
	return "all " + quantity.Micros(whole)
}
