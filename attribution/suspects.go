package attribution

import (
	"cmp"
	"math"
	"slices"

	"example.invalid/starlark-memls/attribution/stats"
)

// suspects weighs every subject and orders them.
func (j *joiner) suspects() []Suspect {
	b := j.body
	w := weights{body: b, crashes: len(b.crashes), stacked: j.stacked, writing: b.writingCrashes()}
	for _, i := range j.graded {
		if t := b.crashes[i].trace(); t != nil && len(t.Endings) > 0 {
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
		s.rank = list[i].Rank
		list[i].ByDump = w.byDump(s)
		list[i].Verdict = w.verdict(s, list[i].Score, rival)
	}
	return list
}

// weights is what weighing needs beside the subject itself.
type weights struct {
	body *body
	// crashes in all; stacked: with a stack that names a user's function;
	// graded: without one, with a profile; writing: inside a file action.
	crashes, stacked, graded, writing int
}

func (w *weights) suspect(s *subject) Suspect {
	b := w.body
	score, reasons, weights, blind := weigh([]finding{
		s.stackEvidence(w.stacked, b.hasHeld),
		s.retainedEvidence(b),
		s.namedEvidence(max(w.crashes, 1)),
		s.activityEvidence(b, w.graded),
		s.writingEvidence(b, w.writing),
		s.trace.gcEvidence(),
		s.trace.pressureEvidence(b),
		s.trace.survivalEvidence(b),
		s.trace.restartEvidence(b),
		s.trace.growthEvidence(b),
		s.trace.concurrentEvidence(),
		s.allocationEvidence(b),
		s.cpuEvidence(b),
		s.timeEvidence(b),
	})
	if s.resolved != "" && len(s.posterior) == 0 {
		blind = append(blind, "the profile names no file: "+s.resolved)
	}
	if words := s.whoseWords(); words != "" {
		blind = append(blind, words)
	}
	if s.trace != nil {
		blind = append(blind, b.blindWords...)
	}
	return Suspect{
		Name:        s.name,
		Definition:  s.definition,
		Candidates:  s.candidates,
		Posterior:   s.posterior,
		PrintedFile: s.printedFile,
		Score:       score,
		Evidence:    w.evidence(s),
		Lines:       s.lineEvidence(),
		Reasons:     reasons,
		Weights:     weights,
		Blind:       blind,
		Stale:       s.stale,
	}
}

// evidence fills in what is known. Counts of crashes are known, if only as
// zero, wherever there are crashes that could have shown the function.
func (w *weights) evidence(s *subject) Evidence {
	var e Evidence
	b := w.body
	if w.crashes > 0 {
		e.Crashes = ptr(w.crashes)
	}
	if w.stacked > 0 {
		e.CrashFrames = ptr(len(s.framed))
	}
	if n := s.trace; n != nil {
		if b.traced > 0 {
			e.ActiveAtCrash, e.LastOnThread = ptr(n.activeAtCrash), ptr(n.lastAtCrash)
			e.WindowClose, e.WindowMedium, e.WindowFar = ptr(n.endedClose), ptr(n.endedMedium), ptr(n.endedFar)
		}
		n.comparison(b, &e)
		if r, ok := n.gcRate(); ok {
			e.GCRateRatio, e.GCRateRatioLow, e.GCRateRatioHigh = ptr(r.Ratio), ptr(r.Low), ptr(r.High)
		}
		if b.copyPause > 0 {
			e.SurvivalShare = ptr(n.survivalShare(b))
		}
		e.GCEvents = ptr(n.minor + n.major)
		e.MajorGCEvents = ptr(n.major)
		e.GCPauseMicros = ptr(n.minorPause + n.majorPause)
		e.Calls, e.TotalMicros, e.SelfMicros = ptr(n.calls), ptr(n.total), ptr(n.self)
	}
	if s.allocated != nil {
		e.AllocatedBytes, e.AllocatedCumBytes = ptr(s.allocated.flat), ptr(s.allocated.cum)
	}
	if s.holds() {
		e.RetainedBytes = ptr(s.heldBytes())
	}
	if g, ok := s.heldGrowth(); ok {
		e.RetainedGrowth, e.RetainedGrowthLow, e.RetainedGrowthHigh = ptr(g.Ratio), ptr(g.Low), ptr(g.High)
	}
	if s.cpu != nil {
		e.CPUMicros = ptr(s.cpu.flat)
	}
	return e
}

// comparison fills in what builds that passed are needed for.
func (n *nameEvidence) comparison(b *body, e *Evidence) {
	if r := n.representation; r != nil {
		e.Overrepresentation, e.OverrepresentationLow, e.OverrepresentationHigh = ptr(r.ratio), ptr(r.interval.Low), ptr(r.interval.High)
		e.ExpectedActive, e.PValue, e.QValue = ptr(r.expected), ptr(r.p), ptr(r.q)
	}
	if i, ok := n.increase(b); ok {
		e.Increase, e.IncreaseLow, e.IncreaseHigh, e.Importance = ptr(i.Value), ptr(i.Low), ptr(i.High), ptr(i.Importance)
		t := n.spectrum(b)
		e.Ochiai, e.Tarantula = ptr(stats.Ochiai(t)), ptr(stats.Tarantula(t))
	}
	if s, ok := n.stratified(b); ok {
		e.StratifiedP = ptr(s.ExactGreater)
		if !math.IsNaN(s.OddsRatio) && !math.IsInf(s.OddsRatio, 0) {
			e.StratifiedOdds, e.StratifiedOddsLow, e.StratifiedOddsHigh = ptr(s.OddsRatio), ptr(s.Interval.Low), ptr(s.Interval.High)
		}
	}
	if n.eliminated > 0 {
		e.Elimination = ptr(n.eliminated)
	}
	if r, ok := n.restartRatio(b); ok {
		e.RestartRatio, e.RestartRatioLow, e.RestartRatioHigh = ptr(r.Ratio), ptr(r.Low), ptr(r.High)
	}
	if g, ok := halved(&n.growth.time); ok {
		e.Growth, e.GrowthLow, e.GrowthHigh = ptr(g.Ratio), ptr(g.Low), ptr(g.High)
	}
	if g, ok := halved(&n.growth.calls); ok {
		e.CallsGrowth, e.CallsGrowthLow, e.CallsGrowthHigh = ptr(g.Ratio), ptr(g.Low), ptr(g.High)
	}
	if g, ok := halved(&n.growth.gc); ok {
		e.GCGrowth, e.GCGrowthLow, e.GCGrowthHigh = ptr(g.Ratio), ptr(g.Low), ptr(g.High)
	}
	if c, ok := n.cost(b); ok {
		e.CostMicros, e.CostMicrosLow, e.CostMicrosHigh = ptr(c.micros), ptr(c.Low), ptr(c.High)
	}
}

func ptr[T any](v T) *T { return &v }

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
		for line, n := range s.allocated.lines {
			at(line).AllocatedBytes = n
		}
	}
	if s.cpu != nil {
		for line, n := range s.cpu.lines {
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
