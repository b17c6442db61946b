// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"fmt"

	"example.invalid/starlark-memls/attribution/join"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/internal/quantity"
)

// infer names, for each crash whose stacks name no function of the user's,
// the one that its other evidence points at: the highest ranked of those that
// were active at that very crash, were named by it, or held its heap.
func (j *judge) infer(r *Report) {
	for _, i := range j.Graded {
		crash := &r.Crashes[i]
		best, why := j.mostActive(i, r.Suspects)
		if best == nil {
			continue
		}
		copied := *best
		crash.Inferred = &copied
		crash.InferredWhy = why
	}
}

// mostActive chooses among the suspects by what they did and held at this crash
// and, half as much, by what all evidence says of them. Ties go to the higher
// rank.
func (j *judge) mostActive(i int, ranked []Suspect) (*Suspect, string) {
	candidates := j.Subjects.At[i]
	writing := j.Observed.Write > 0 && join.EntryOf(j.Observed.Crashes[i].Facts.Java).Writing
	o := j.Observed.Crashes[i].Observation
	held := j.HeldAt(o)
	if writing || len(held) > 0 {
		candidates = j.Subjects.List
	}
	var best *join.Subject
	var bestWeight float64
	others := 0 // that weigh the same and are told apart by nothing
	for _, s := range candidates {
		if s.Rank == 0 { // gone from the sources
			continue
		}
		here := 1 - (1-s.Named[i])*(1-s.Grades[i])
		if writing && s.Trace != nil {
			here = 1 - (1-here)*(1-weights.WritingCeiling*stats.Part(s.Trace.Write, j.Observed.Write))
		}
		here = 1 - (1-here)*(1-holding(held[s], o))
		w := here * (0.5 + ranked[s.Rank-1].Score)
		switch {
		case w > bestWeight:
			best, bestWeight, others = s, w, 0
		case w == bestWeight && best != nil:
			if ranked[s.Rank-1].Rank == ranked[best.Rank-1].Rank {
				others++
			}
			if s.Rank < best.Rank {
				best = s
			}
		}
	}
	if best == nil || bestWeight < weights.MinInferred || others > 0 {
		return nil, ""
	}
	return &ranked[best.Rank-1], j.inferredWhy(i, best) + holdingWhy(held[best], o)
}

func keyOf(s *Suspect) join.SubjectKey {
	if d := s.Definition; d != nil {
		return join.DefinitionKey(d)
	}
	return join.SubjectKey{Name: s.Name, File: s.PrintedFile}
}

// inferredWhy says from what the definition of a crash was inferred.
func (j *judge) inferredWhy(i int, s *join.Subject) string {
	e := join.EntryOf(j.Observed.Crashes[i].Facts.Java)
	why := "no Starlark stack was printed"
	if s.Named[i] > 0 && len(s.NamedHow) > 0 {
		why += "; it " + s.NamedHow[0]
	}
	switch {
	case e.Executing:
		why += "; the crash came during the execution phase"
		if e.Writing && s.Trace != nil && s.Trace.Write > 0 {
			why += fmt.Sprintf(", while a file was being written, and %s in ctx.actions.write came from this function",
				partOf(s.Trace.Write, j.Observed.Write))
		}
	case e.Kind != "":
		why += "; the Java stack was evaluating " + e.Words()
		if e.Depth == 1 {
			why += " itself"
		}
	}
	if gap, ok := s.Ends[i]; ok {
		if s.Last[i] {
			why += "; its call was the last to end"
		} else {
			why += "; its call was among the last to end"
		}
		why += fmt.Sprintf(", %s before the profile's last event", quantity.Micros(gap))
	}
	return why
}

// holding is how much a share of the live heap says that its holder is to blame
// for this crash.
func holding(held int64, o *observe.Observation) float64 {
	if o.Retained == nil {
		return 0
	}
	return weights.RetainedCeiling * stats.Clamp01(stats.Part(held, o.Retained.Total)/weights.RetainedFull)
}

// holdingWhy says it in words, from a hundredth of the heap on.
func holdingWhy(held int64, o *observe.Observation) string {
	if o.Retained == nil || stats.Part(held, o.Retained.Total) < 0.01 {
		return ""
	}
	return fmt.Sprintf("; in its heap dump, what the function made keeps %s of the %s live heap in memory", quantity.Bytes(held), quantity.Bytes(o.Retained.Total))
}
