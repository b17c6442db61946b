// SPDX-License-Identifier: Apache-2.0

package export

import (
	"fmt"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/bazel/trace"
)

// Marks are what a report on one build says that has a time in its profile: when
// collections began to take all the time, and the end with the first suspect. The
// answer is the report's in a sentence.
func Marks(r *attribution.Report, answer string, o StackOptions) func(trace.ProfileSummary) []Mark {
	return func(sum trace.ProfileSummary) []Mark {
		var marks []Mark
		for i := range r.Measurements {
			if at := r.Measurements[i].ThrashingMicros; at != nil {
				marks = append(marks, Mark{Name: "from here on collections take most of the time", Micros: *at})
			}
		}
		if len(r.Crashes) == 0 && len(r.Suspects) == 0 {
			return marks
		}
		end := Mark{Name: "the end of what was recorded", Micros: sum.LastMicros, About: []trace.Arg{{Key: "answer", Text: answer}}}
		if len(r.Crashes) > 0 {
			c := &r.Crashes[0]
			end.Name = "the server died: " + string(c.Cause)
			if c.Target != "" {
				end.About = append(end.About, trace.Arg{Key: "target", Text: c.Target})
			}
		}
		for i := range r.Suspects[:min(3, len(r.Suspects))] {
			s := &r.Suspects[i]
			text := fmt.Sprintf("%s (%s)", s.Name, s.Verdict)
			if d := s.Definition; d != nil {
				text = fmt.Sprintf("%s %s:%d (%s)", s.Name, o.file(d.File), d.NameRange.Start.Line, s.Verdict)
			}
			end.About = append(end.About, trace.Arg{Key: fmt.Sprintf("suspect %d", i+1), Text: text})
		}
		return append(marks, end)
	}
}
