package attribution

import (
	"cmp"
	"slices"

	"example.invalid/starlark-memls/attribution/aggregate"
)

// suspects weighs every subject and orders them.
func (j *joiner) suspects() []Suspect {
	b := j.observed
	w := scoring{observed: b, crashes: len(b.Crashes), stacked: j.stacked, writing: b.WritingCrashes(), ruleBytes: j.ruleBytes}
	for _, i := range j.graded {
		if t := b.Crashes[i].Trace(); t != nil && len(t.Endings) > 0 {
			w.graded++
		}
	}
	list := make([]Suspect, 0, len(j.subjects.list))
	for _, s := range j.subjects.list {
		list = append(list, w.suspect(s))
	}
	order(list)
	for i := range list {
		rival := 0.0
		switch {
		case i > 0:
			rival = list[0].Score
		case len(list) > 1:
			rival = list[1].Score
		}
		s := j.subjects.byKey[keyOf(&list[i])]
		s.rank = i + 1
		list[i].ByDump = w.byDump(s)
		list[i].Verdict = j.bounded(w.verdict(s, list[i].Score, rival))
	}
	return list
}

// bounded is a verdict on what fills the heap, where that is the question: of
// other deaths there is none, and where Starlark had ended nobody is more than
// possible.
func (j *joiner) bounded(v Verdict) Verdict {
	switch {
	case len(j.crashes) > 0 && j.heapCrashes() == 0:
		return ""
	case j.allEnded() && (v == Sure || v == Likely):
		return Possible
	}
	return v
}

// scoring is what weighing needs beside the subject itself.
type scoring struct {
	observed *aggregate.Statistics
	// crashes in all; stacked: with a stack that names a user's function;
	// graded: without one, with a profile; writing: inside a file action.
	crashes, stacked, graded, writing int
	ruleBytes                         int64 // of all rules
}

func (w *scoring) suspect(s *subject) Suspect {
	b := w.observed
	x := w.examine(s)
	score, reasons, parts, blind := weigh(x.findings())
	if s.resolved != "" && len(s.posterior) == 0 {
		blind = append(blind, "the profile names no file: "+s.resolved)
	}
	for _, words := range []string{s.whoseWords(), s.leftWords(), w.stackWords(s)} {
		if words != "" {
			blind = append(blind, words)
		}
	}
	if s.trace != nil {
		blind = append(blind, b.BlindWords...)
	}
	return Suspect{
		Name:        s.name,
		Definition:  s.definition,
		Candidates:  s.candidates,
		Posterior:   s.posterior,
		Unseen:      s.unseen,
		PrintedFile: s.printedFile,
		Score:       score,
		Evidence:    x.evidence(),
		Lines:       s.lineEvidence(),
		Reasons:     reasons,
		Weights:     parts,
		Blind:       blind,
		Stale:       s.stale,
	}
}

// lineEvidence joins what is known by line.
func (s *subject) lineEvidence() []LineEvidence {
	lines := map[int]*LineEvidence{}
	at := func(line int) *LineEvidence {
		if lines[line] == nil {
			lines[line] = &LineEvidence{Line: line}
		}
		return lines[line]
	}
	for line, n := range s.frameLines {
		at(line).CrashFrames = n
	}
	for line, locals := range s.frameLocals {
		at(line).Locals = locals
	}
	if s.allocated != nil {
		for line, n := range s.allocated.Lines {
			at(line).AllocatedBytes = n
		}
	}
	if s.cpu != nil {
		for line, n := range s.cpu.Lines {
			at(line).CPUMicros = n
		}
	}
	var list []LineEvidence
	for _, l := range lines {
		list = append(list, *l)
	}
	slices.SortFunc(list, func(a, b LineEvidence) int { return cmp.Compare(a.Line, b.Line) })
	return list
}
