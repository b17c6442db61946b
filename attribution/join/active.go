// SPDX-License-Identifier: Apache-2.0

package join

import (
	"cmp"
	"math"
	"slices"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/weights"
)

// Activity at the crash. An OutOfMemoryError unwinds the Starlark stack and
// closes its calls, so the guilty call ends when the build does: in 78 of 79
// recorded crashes by large strings the last Starlark function to end was the
// guilty one, a median of 7 to 16 ms before the profile's last event. Other
// evaluator threads are stopped a moment later, or earlier, or fail too;
// so the result is a weight, not a boolean:
//
//	grade = closeness × 1/order × part
//
// part divides a thread's grade among the calls that ended together. What fills
// a heap takes time: a helper that was called a moment before the end has at
// made the last allocation, and the caller that has been collecting what it returns for
// seconds holds the memory. So each call weighs by its own time in that very call,
// collections not counted (who makes the last allocation sits through the last and
// longest), halved for each callee that ended with it, and the weightiest has
// the whole grade. A caller that had not ended stands in for it with the time
// that it takes when the build passes. What a helper of several functions makes is
// its caller's, and threads whose functions let go of what they make stand behind
// (keeping.go).
//
// closeness is 1/(1 + gap/0.1 s), the gap being the time from the call's end
// to the end of the build's work; order is 1 for the thread whose Starlark
// ended last, 2 for the next, and so on. What the Java frames of the crash
// tell (entry.go) is stronger than the order of ends a few milliseconds apart:
// a thread whose outermost function cannot have been entered through that entry point
// is put behind, and the number of Starlark functions on the stack says how
// deep in the thread's chain the failing one was.
//
// A crash whose Starlark stack is known is not graded: the truth about it is
// in frames.go, and guesses are not mixed with it.
//
// Length bias: at a random instant a function is found running in proportion
// to its share of thread time, guilty or not, so that share damps the weight.
// It does no more than that: what fills the heap takes time in builds that pass
// too, and the whole excess over the share would acquit it for that.

const (
	// maxGraded bounds the threads that are graded.
	maxGraded = 16
)

// addActivity grades who was active at a crash.
//
// of finds the subject of a name, at that of a call.
func (s *Subjects) addActivity(crash int, j *Joined, of func(name string) *Subject, at func(observe.EndedCall) *Subject) {
	b := j.Observed
	c := b.Crashes[crash]
	t := c.Trace()
	if t == nil || len(t.Endings) == 0 {
		return
	}
	e := EntryOf(c.Facts.Java)
	over := e.Executing || aggregate.Executing(t)
	heard := 1.0 // how far the last recorded calls are believed to be the last
	end := max(t.LastStarlarkMicros, t.LastWorkMicros)
	if over { // the gap to the execution phase's end says nothing
		end = t.LastStarlarkMicros
	} else if b.Passed > 0 {
		s.addUnfinished(crash, b, t, of)
		heard = 1 - aggregate.Silent(t)/2
	}
	graded := make([]observe.Ending, 0, len(t.Endings))
	var misfits []observe.Ending
	for _, ending := range t.Endings {
		outermost := at(ending.Chain[len(ending.Chain)-1])
		if e.fits(outermost) {
			graded = append(graded, ending)
		} else {
			misfits = append(misfits, ending)
		}
	}
	fitting := len(graded)
	if fitting == 0 { // no thread fits the entry point: keep all
		fitting = len(misfits)
	}
	letsGo := func(e observe.Ending) bool { return j.letsGo(e.Chain, at) }
	diedTogether(graded, at, letsGo)
	graded = append(graded, misfits...)
	for order, ending := range graded[:min(len(graded), maxGraded)] {
		chain := e.onStack(ending.Chain)
		if e.Depth == 0 || len(ending.Chain) < e.Depth {
			chain = b.WithLost(chain)
		}
		outermost := chain[len(chain)-1]
		open := stillOpen(of(outermost.Name).Trace, of)
		if len(open) == 0 && outermost.Caller == "" {
			open = j.openAbove(outermost.Name)
		}
		parts := partsOf(append(slices.Clone(chain), open.call()), j.handOn(chain, len(open) > 0))
		kept := 1.0
		if letsGo(ending) {
			kept = weights.LetGo
		}
		for depth, call := range chain {
			gap := max(0, end-t.LastStarlarkMicros) + ending.BeforeLastMicros + ending.EndMicros() - call.EndMicros
			grade := 1 / (1 + float64(gap)/observe.CloseMicros) / float64(order+1) * parts[depth] * heard * kept
			if order >= fitting {
				grade *= weights.MisfitShare
			}
			if over {
				grade *= weights.ExecutingShare
			}
			subject := at(call)
			s.touch(crash, subject)
			if grade > subject.Grades[crash] {
				put(&subject.Grades, crash, grade)
				put(&subject.Ends, crash, max(0, t.LastMicros-call.EndMicros))
				put(&subject.LetGo, crash, kept < 1)
			}
			if order == 0 && parts[depth] == 1 && kept == 1 {
				put(&subject.Last, crash, true)
			}
		}
		grade := executingIf(over) / float64(order+1) * parts[len(chain)] * kept
		for _, caller := range open {
			subject := of(caller.name)
			s.touch(crash, subject)
			if g := grade * caller.part; g > subject.Grades[crash] {
				put(&subject.Grades, crash, g)
				put(&subject.Open, crash, true)
			}
		}
	}
}

func executingIf(over bool) float64 {
	if over {
		return weights.ExecutingShare
	}
	return 1
}

// diedTogether orders the threads whose Starlark ended within one close window
// of the last. A thread that runs out of memory and those that are stopped for
// it end in any order, because in a full heap each step of their dying waits
// for a collection: they stand in the order of what the collector had to copy
// for them; those whose functions let go of what they make stand behind. endings
// are in the order of their ends, latest first.
func diedTogether(endings []observe.Ending, at func(observe.EndedCall) *Subject, letsGo func(observe.Ending) bool) {
	n := 0
	for n < len(endings) && endings[n].BeforeLastMicros-endings[0].BeforeLastMicros < observe.CloseMicros {
		n++
	}
	survived := func(e observe.Ending) float64 {
		if t := at(e.Chain[len(e.Chain)-1]).Trace; t != nil {
			return t.Survived
		}
		return 0
	}
	behind := func(e observe.Ending) int {
		if letsGo(e) {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(endings[:n], func(a, b observe.Ending) int {
		return cmp.Or(cmp.Compare(behind(a), behind(b)), cmp.Compare(survived(b), survived(a)))
	})
}

// stillOpen are the callers, with their parts of the calls, of a function that
// builds that passed never show but called by one. Where such a function is the outermost of a
// thread's last calls, its caller had not ended: Bazel records a call when it
// ends, and one that dies with the server never does.
func stillOpen(n *aggregate.NameStatistics, of func(string) *Subject) openCallers {
	if n == nil {
		return nil
	}
	sum := 0
	for _, c := range n.Callers {
		sum += c.Calls
	}
	if sum == 0 || float64(n.CalledByOthers) < weights.CalleeOnly*float64(n.PassedCalls) {
		return nil
	}
	var open openCallers
	for _, c := range n.Callers {
		caller := openCaller{name: c.Name, part: float64(c.Calls) / float64(sum)}
		if t := of(c.Name).Trace; t != nil && t.PassedCalls > 0 {
			caller.own = float64(t.PassedSelf) / float64(t.PassedCalls)
		}
		open = append(open, caller)
	}
	return open
}

// openCallers are the functions one of which was running, and had not ended.
type openCallers []openCaller

// An openCaller is a function that may have been running, the part of the
// calls of its callee that are its, and its own time in a call, in
// microseconds, in builds that passed.
type openCaller struct {
	name      string
	part, own float64
}

// call is the call that never ended. Of its own time no more is known than what
// it takes in builds that pass.
func (o openCallers) call() observe.EndedCall {
	var c observe.EndedCall
	for _, caller := range o {
		c.SelfMicros += int64(caller.part * caller.own)
	}
	return c
}

// partsOf divides a grade among the calls of a chain, innermost first; the
// weightiest has 1. What a helper hands on (keeping.go) counts as its caller's own.
func partsOf(chain []observe.EndedCall, handOn []bool) []float64 {
	parts := make([]float64, len(chain))
	most, carried, level := 0.0, 0.0, 0
	for depth, call := range chain {
		own := float64(call.SelfMicros+1) + carried
		parts[depth] = own * math.Pow(weights.CallerShare, float64(level))
		if carried = 0; depth < len(handOn) && handOn[depth] {
			parts[depth] *= weights.HandedOn
			carried = own
		} else {
			level++
		}
		most = max(most, parts[depth])
	}
	for depth := range parts {
		parts[depth] /= most
	}
	return parts
}

// onStack is the part of a thread's last chain of calls (innermost first) that
// can have been on a stack of the known depth.
func (e Entry) onStack(chain []observe.EndedCall) []observe.EndedCall {
	if e.Depth > 0 && len(chain) > e.Depth {
		return chain[len(chain)-e.Depth:]
	}
	return chain
}

// addUnfinished grades who may have been running after the last recorded call.
func (s *Subjects) addUnfinished(crash int, b *aggregate.Statistics, t *observe.TraceFacts, of func(string) *Subject) {
	for _, u := range b.UnfinishedAt(t) {
		if u.Share < 0.05 {
			continue
		}
		subject := of(u.Name.Name)
		s.touch(crash, subject)
		part := u.Share * subject.NamePart // the name's work is that of all that have it
		g := weights.UnfinishedGrade * part * aggregate.Silent(t)
		if subject.HandsOn { // it was left for its callers
			g *= weights.HandedOn
		}
		if g > subject.Grades[crash] {
			put(&subject.Grades, crash, g)
			put(&subject.Left, crash, part)
		}
	}
}
