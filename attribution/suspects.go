// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"cmp"
	"slices"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/join"
)

// suspects weighs every subject and orders them.
func (j *judge) suspects() []Suspect {
	b := j.Observed
	w := scoring{observed: b, crashes: len(b.Crashes), stacked: j.Stacked, writing: b.WritingCrashes(), ruleBytes: j.RuleBytes, notHeap: len(j.Crashes) > 0 && j.heapCrashes() == 0}
	for _, i := range j.Graded {
		if t := b.Crashes[i].Trace(); t != nil && len(t.Endings) > 0 {
			w.graded++
		}
	}
	list := make([]Suspect, 0, len(j.Subjects.List))
	for _, s := range j.Subjects.List {
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
		s := j.Subjects.ByKey[keyOf(&list[i])]
		s.Rank = i + 1
		list[i].ByDump = w.byDump(s)
		list[i].Verdict = j.bounded(w.verdict(s, list[i].Score, rival))
	}
	return list
}

// bounded is a verdict on what fills the heap, where that is the question: of
// other deaths there is none, and where Starlark had ended nobody is more than
// possible.
func (j *judge) bounded(v Verdict) Verdict {
	switch {
	case len(j.Crashes) > 0 && j.heapCrashes() == 0:
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
	notHeap                           bool  // no crash was of a full heap
}

func (w *scoring) suspect(s *join.Subject) Suspect {
	b := w.observed
	x := w.examine(s)
	score, reasons, parts, blind := weigh(x.findings())
	if s.Resolved != "" && len(s.Posterior) == 0 {
		blind = append(blind, "a profile does not name files: "+s.Resolved)
	}
	for _, words := range []string{s.WhoseWords(), s.LeftWords(), w.stackWords(s)} {
		if words != "" {
			blind = append(blind, words)
		}
	}
	if s.Trace != nil {
		blind = append(blind, b.BlindWords...)
	}
	return Suspect{
		Name:        s.Name,
		Definition:  s.Definition,
		Candidates:  s.Candidates,
		Posterior:   s.Posterior,
		Unseen:      s.Unseen,
		PrintedFile: s.PrintedFile,
		Score:       score,
		Evidence:    x.evidence(),
		Lines:       lineEvidence(s),
		Reasons:     reasons,
		Weights:     parts,
		Blind:       blind,
		Stale:       s.Stale,
	}
}

// lineEvidence joins what is known by line.
func lineEvidence(s *join.Subject) []LineEvidence {
	lines := map[int]*LineEvidence{}
	at := func(line int) *LineEvidence {
		if lines[line] == nil {
			lines[line] = &LineEvidence{Line: line}
		}
		return lines[line]
	}
	for line, n := range s.FrameLines {
		at(line).CrashFrames = n
	}
	for line, locals := range s.FrameLocals {
		at(line).Locals = locals
	}
	if s.Allocated != nil {
		for line, n := range s.Allocated.Lines {
			at(line).AllocatedBytes = n
		}
	}
	if s.CPU != nil {
		for line, n := range s.CPU.Lines {
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
