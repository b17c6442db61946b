package attribution

import (
	"fmt"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/quantity"
)

// crash ties one death to the sources.
func (j *joiner) crash(c aggregate.ObservedCrash) Crash {
	f, o := c.Facts, c.Observation.Summary
	crash := Crash{
		Path: o.Path, Cause: f.Cause, Message: f.Message, Time: o.Ended, Older: o.Older,
		InvocationID: o.InvocationID,
		Target:       f.Target, Aspect: f.Aspect, HeapDump: f.HeapDump, Java: f.Java, Death: aggregate.DeathOf(&f),
		Log: f.Log, LogLine: f.LogLine,
	}
	if at, ok := console.StampTime(f.Time); ok {
		crash.Time = at
	}
	if dump := c.Observation.UnreadDump; dump != nil {
		crash.UnreadDump = dump.Advice()
	}
	if crash.Target != "" && j.ws != nil {
		crash.TargetDefinition = j.ws.Target(crash.Target)
	}
	for _, t := range f.Threads {
		thread := Thread{Name: t.Name, Failed: t.Failed, Target: t.Target, Source: t.Source, Statement: t.Statement}
		for _, frame := range t.Frames {
			made := j.frame(frame.Frame)
			made.Locals = frame.Locals
			thread.Frames = append(thread.Frames, made)
		}
		crash.Threads = append(crash.Threads, thread)
	}
	return crash
}

// frame maps a printed frame to the sources.
func (j *joiner) frame(f console.Frame) Frame {
	made := Frame{Function: f.Function, File: f.File, Line: f.Line, Column: f.Column}
	if observe.IsBuiltin(f.File) {
		return made
	}
	at := j.place(framePlace(f))
	made.Source, made.SourceLine, made.Definition = at.path, at.line, at.definition
	made.Mapped, made.Stale, made.gone = at.how, at.stale, at.gone
	if made.Source == "" {
		made.SourceLine = 0
	}
	return made
}

// infer names, for each crash whose stacks name no function of the user's,
// the one that its other evidence points at: the highest ranked of those that
// were active at that very crash, were named by it, or held its heap.
func (j *joiner) infer(r *Report) {
	for _, i := range j.graded {
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
func (j *joiner) mostActive(i int, ranked []Suspect) (*Suspect, string) {
	candidates := j.subjects.at[i]
	writing := j.observed.Write > 0 && entryOf(j.observed.Crashes[i].Facts.Java).Writing
	o := j.observed.Crashes[i].Observation
	held := j.heldAt(o)
	if writing || len(held) > 0 {
		candidates = j.subjects.list
	}
	var best *subject
	var bestWeight float64
	others := 0 // that weigh the same and are told apart by nothing
	for _, s := range candidates {
		if s.rank == 0 { // gone from the sources
			continue
		}
		here := 1 - (1-s.named[i])*(1-s.grades[i])
		if writing && s.trace != nil {
			here = 1 - (1-here)*(1-weights.WritingCeiling*stats.Part(s.trace.Write, j.observed.Write))
		}
		here = 1 - (1-here)*(1-holding(held[s], o))
		w := here * (0.5 + ranked[s.rank-1].Score)
		switch {
		case w > bestWeight:
			best, bestWeight, others = s, w, 0
		case w == bestWeight && best != nil:
			if ranked[s.rank-1].Rank == ranked[best.rank-1].Rank {
				others++
			}
			if s.rank < best.rank {
				best = s
			}
		}
	}
	if best == nil || bestWeight < weights.MinInferred || others > 0 {
		return nil, ""
	}
	return &ranked[best.rank-1], j.inferredWhy(i, best) + holdingWhy(held[best], o)
}

func keyOf(s *Suspect) subjectKey {
	if d := s.Definition; d != nil {
		return definitionKey(d)
	}
	return subjectKey{name: s.Name, file: s.PrintedFile}
}

// inferredWhy says from what the definition of a crash was inferred.
func (j *joiner) inferredWhy(i int, s *subject) string {
	e := entryOf(j.observed.Crashes[i].Facts.Java)
	why := "no Starlark stack was printed"
	if s.named[i] > 0 && len(s.namedHow) > 0 {
		why += "; it " + s.namedHow[0]
	}
	switch {
	case e.Executing:
		why += "; the crash came during the execution phase"
		if e.Writing && s.trace != nil && s.trace.Write > 0 {
			why += fmt.Sprintf(", while a file was being written, and %s of %s in ctx.actions.write were this function's",
				quantity.Micros(s.trace.Write), quantity.Micros(j.observed.Write))
		}
	case e.kind != "":
		why += "; the Java stack was evaluating " + e.words()
		if e.Depth == 1 {
			why += " itself"
		}
	}
	if gap, ok := s.ends[i]; ok {
		if s.last[i] {
			why += "; its call was the last to end"
		} else {
			why += "; its call was among the last to end"
		}
		why += fmt.Sprintf(", %s before the profile's last event", quantity.Micros(gap))
	}
	return why
}
