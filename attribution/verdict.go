// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"slices"

	"example.invalid/starlark-memls/attribution/join"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/internal/bazel/trace"
)

// One word for how far the evidence goes. The thresholds are not felt but
// measured: on the recorded corpus (docs/accuracy.md) a suspect that is called
// sure has to be guilty nearly always, and in a build that is merely big nobody
// may be called sure.
//
//   - sure: a heap dump shows that half of the live heap or more hangs on what
//     it made; or two kinds of evidence that do not depend on each other name it. It was
//     the likeliest to be running at three crashes or more, more often than its
//     share of time explains even after all functions have been tried
//     (Bonferroni, 1 %), at four of five crashes at least; and no small part of
//     what the collector had to copy is its own. The first by itself is not
//     enough: a build goes the same way each time, so that under like limits it
//     runs out of memory at the same place each time, whoever filled it before.
//     It weighs twice as much as the next, it is no helper that several
//     functions share (which of them is to blame is then the question), and the
//     definition is known.
//   - likely: a heap dump points at it, or where there is none the stacks of two
//     crashes and more, or most of two crashes and more whose profiles are whole
//     had it running and a second kind of evidence points at it (no small part of what the
//     collector copies is its own, it writes the files in whose writing they died,
//     or they name what it implements); and it weighs half as much again as the
//     next.
//   - possible: there is evidence, but of one crash only, or it does not tell
//     this suspect from others. One crash names whose allocation was the last.
//   - unknown: nothing more than chance would explain.

// A Verdict says in one word how far the evidence against a suspect goes.
type Verdict string

// The verdicts, from the strongest.
const (
	Sure     Verdict = "sure"
	Likely   Verdict = "likely"
	Possible Verdict = "possible"
	NotKnown Verdict = "unknown"
)

// Meaning says what a verdict means, in a sentence.
func (v Verdict) Meaning() string {
	switch v {
	case Sure:
		return "a heap dump shows it, or several crashes and garbage collection both point at it beyond chance; fix it"
	case Likely:
		return "most crashes point at it, clearly more than at any other function; look here first"
	case Possible:
		return "there is evidence, but too little to tell it from other functions"
	}
	return "nothing more than chance would explain"
}

// Meaning says what the suspect's verdict means: of a sure one, which of the ways
// to be sure it is.
func (s *Suspect) Meaning() string {
	switch {
	case s.Verdict != Sure:
		return s.Verdict.Meaning()
	case s.ByDump:
		return "the heap dump shows it; fix it"
	}
	return "several crashes and garbage collection both point at it beyond chance; fix it"
}

// verdict judges a suspect whose strongest rival has the given score.
func (w *scoring) verdict(s *join.Subject, score, rival float64) Verdict {
	clear := score >= weights.LikelyScore && score >= weights.LikelyMargin*rival
	switch {
	case w.byDump(s),
		s.Known() && clear && score >= weights.SureMargin*rival && w.beyondChance(s) && s.Trace.SurvivalShare(w.observed) >= weights.SureCopied && !s.Trace.IsShared():
		return Sure
	case clear && (w.implicated(s) || w.ranLast(s) && (w.copied(s) || w.wrote(s) || w.named(s))):
		return Likely
	case score >= weights.PossibleScore:
		return Possible
	}
	return NotKnown
}

// ranLast reports whether most crashes had it running, by profiles that are whole:
// of a cut one the last events are missing, which are what this is read from. A
// helper that hands on what it makes is not told by it, and neither is which of
// several functions of a name it was, unless that is nearly known.
func (w *scoring) ranLast(s *join.Subject) bool {
	if s.HandsOn || len(s.Candidates) > 0 || len(s.Posterior) > 0 && s.Posterior[0].Probability < weights.LikelyKnown {
		return false
	}
	n := 0
	for i := range s.Last {
		if t := w.observed.Crashes[i].Trace(); t != nil && !slices.Contains(t.Blind, trace.BlindCut) {
			n++
		}
	}
	return n >= weights.LikelyStacks && float64(n) >= weights.LikelyPart*float64(w.graded)
}

// copied reports whether no small part of what the collector copies is its own,
// which does not depend on who ran when a build died: it dies at the same place
// each time.
func (w *scoring) copied(s *join.Subject) bool {
	return s.Pauses != nil && s.PausesPart*s.Pauses.SurvivalShare(w.observed) >= weights.SureCopied
}

// wrote reports whether most crashes happened in the writing of files, most of
// which is its.
func (w *scoring) wrote(s *join.Subject) bool {
	return writingEvidence(s, w.observed, w.writing).weight >= weights.TestimonyCredit*weights.WritingCeiling
}

// named reports whether most crashes name what it implements.
func (w *scoring) named(s *join.Subject) bool {
	return float64(len(s.Named)) >= weights.LikelyPart*float64(w.crashes)
}

// byDump reports whether a heap dump is enough by itself. It names the file, so
// that nobody has to find out whose a bare name is.
func (w *scoring) byDump(s *join.Subject) bool {
	return len(s.Candidates) == 0 && s.HeldPart() >= weights.SureRetained
}

// implicated reports whether crash stacks or a dump point at it, more than half
// of their weight.
func (w *scoring) implicated(s *join.Subject) bool {
	if s.HeldPart() >= weights.TestimonyCredit/2 {
		return true
	}
	if w.observed.HasHeld && w.observed.Dumps == len(w.observed.Crashes) {
		return false // each crash has a dump, which shows that others hold the memory
	}
	sum := join.OverCrashes(s.Stacked)
	return w.stacked >= weights.LikelyStacks && sum/float64(w.stacked) >= weights.TestimonyCredit
}

// beyondChance tests how often it was the likeliest to be running. By chance
// that is its share of the time in the phase of the crash.
func (w *scoring) beyondChance(s *join.Subject) bool {
	b, n := w.observed, s.Trace
	if n == nil || len(s.Last) < weights.SureCrashes || float64(len(s.Last)) < weights.SurePart*float64(w.graded) {
		return false
	}
	share := 0.0
	for i := range b.Ends {
		end := b.Ends[i]
		end.Active = 1
		c, ok := n.Chance(b, &end)
		if !ok {
			return false
		}
		share = max(share, c)
	}
	return len(b.Ends) > 0 && stats.BinomialTail(len(s.Last), w.graded, share)*float64(len(b.Names)) < weights.SureChance
}
