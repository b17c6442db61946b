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

// activityCeiling is what activity can weigh over n crashes: one crash is an
// indication, fifteen are nearly a proof.
func activityCeiling(n int) float64 { return 0.9 * float64(n+1) / float64(n+2) }

// activityEvidence weighs the grades over the crashes that were graded.
func activityEvidence(s *join.Subject, b *aggregate.Statistics, graded int) reason {
	if len(s.Grades) == 0 || graded == 0 {
		return reason{}
	}
	sum := join.OverCrashes(s.Grades)
	observed := stats.Clamp01(sum / float64(graded))
	share := timeShare(s, b)
	single := observed * math.Max(weights.LeastDamping, math.Sqrt(1-share))
	return reason{
		weight: activityCeiling(graded) * stats.Clamp01(single),
		reason: activityReason(s, b, graded),
	}
}

// timeShare is the part of Starlark's thread time that is the function's own,
// over all builds: one that passed under a high limit is fast, and of its calls
// only those of 50 ms are recorded, so that it may tell of less than a second.
// Of functions of one name each has its part of the name's time.
func timeShare(s *join.Subject, b *aggregate.Statistics) float64 {
	if s.Trace == nil {
		return 0
	}
	own := s.NamePart * float64(s.Trace.CrashedSelf+s.Trace.PassedSelf)
	return stats.Clamp01(own / math.Max(1, float64(b.CrashedSelf+b.PassedSelf)))
}

func activityReason(s *join.Subject, b *aggregate.Statistics, graded int) string {
	var text strings.Builder
	if len(s.Last) > 0 {
		fmt.Fprintf(&text, "probably running in %d of %s that left no Starlark stack", len(s.Last), crashes(graded))
	} else {
		fmt.Fprintf(&text, "among the last recorded calls in %d of %s that left no Starlark stack", len(s.Grades), crashes(graded))
	}
	if len(s.Left) > 0 {
		var least float64 = 1
		for _, share := range s.Left {
			least = min(least, share)
		}
		fmt.Fprintf(&text, "; in %s the build went on after the last recorded call, and at least %s of the remaining work was this function's", crashes(len(s.Left)), quantity.Share(least))
	}
	if len(s.Open) > 0 {
		fmt.Fprintf(&text, "; in %s its own call had probably not ended: a function that it calls was running", crashes(len(s.Open)))
	}
	if n := letGo(s); n > 0 {
		fmt.Fprintf(&text, "; in %s it neither returned what it was making nor gave it to Bazel, so it may have asked for the last bytes without filling the heap", crashes(n))
	}
	if s.HandsOn {
		text.WriteString("; it is a helper of several functions, which keep what it makes")
	}
	if graded == 1 {
		for _, gap := range s.Ends {
			fmt.Fprintf(&text, "; its last call ended %s before the profile's last event", quantity.Micros(gap))
		}
	}
	if n := s.Trace; n != nil {
		if r := n.Representation; r != nil {
			fmt.Fprintf(&text, "; %s", overrepresentedWords(r, b.Passed))
		} else if b.CrashedSelf > 0 {
			fmt.Fprintf(&text, "; %s of %s of self time in the crashed builds", quantity.Micros(n.CrashedSelf), quantity.Micros(b.CrashedSelf))
		}
		if n.Eliminated > 1 && n.Explains > 0 {
			fmt.Fprintf(&text, "; accounts for %s that no earlier suspect explains", crashes(n.Explains))
		}
	}
	return text.String()
}

// overrepresentedWords tell the test of over-representation in a sentence.
func overrepresentedWords(r *aggregate.Representation, passed int) string {
	text := fmt.Sprintf("active in %d of the %s that can be compared with %s (%s expected by its share of the time)",
		r.Observed, crashes(r.Of), quantity.Count(passed, "passing build", "passing builds"), quantity.Ratio(r.Expected))
	if r.Observed > 0 {
		text += fmt.Sprintf("; q = %.2g", r.Q)
	}
	return text
}

func letGo(s *join.Subject) int {
	n := 0
	for _, let := range s.LetGo {
		if let {
			n++
		}
	}
	return n
}
