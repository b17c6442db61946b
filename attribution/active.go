package attribution

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/internal/quantity"
)

// Activity at the crash. An OutOfMemoryError unwinds the Starlark stack and
// closes its calls, so the guilty call ends when the build does: in 78 of 79
// recorded crashes by large strings the last Starlark function to end was the
// guilty one, a median of 7 to 16 ms before the profile's last event. Other
// evaluator threads are stopped a moment later, or earlier, or fail too;
// hence a grade, not a yes:
//
//	grade = closeness × 1/order × part
//
// part divides a thread's grade among the calls that ended together. What fills
// a heap takes time: a helper that was called a moment before the end has at
// most the straw, and the caller that has been collecting what it returns for
// seconds has the load. So each call weighs by its own time in that very call,
// collections not counted (the one who holds the straw sits through the last and
// longest), halved for each callee that ended with it, and the weightiest has
// the whole grade. A caller that had not ended stands in for it with the time
// that it takes when the build passes.
//
// closeness is 1/(1 + gap/0.1 s), the gap being the time from the call's end
// to the end of the build's work; order is 1 for the thread whose Starlark
// ended last, 2 for the next, and so on. What the Java frames of the crash
// tell (entry.go) is stronger than the order of ends a few milliseconds apart:
// a thread whose outermost function cannot have been entered through that door
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
func (s *subjects) addActivity(crash int, b *aggregate.Statistics, of func(name string) *subject, at func(observe.EndedCall) *subject) {
	c := b.Crashes[crash]
	t := c.Trace()
	if t == nil || len(t.Endings) == 0 {
		return
	}
	e := entryOf(c.Facts.Java)
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
	if fitting == 0 { // the door is nobody's: no ground to prefer anyone
		fitting = len(misfits)
	}
	diedTogether(graded, at)
	graded = append(graded, misfits...)
	for order, ending := range graded[:min(len(graded), maxGraded)] {
		chain := e.onStack(ending.Chain)
		if e.Depth == 0 || len(ending.Chain) < e.Depth {
			chain = b.WithLost(chain)
		}
		open := stillOpen(of(chain[len(chain)-1].Name).trace, of)
		parts := partsOf(append(slices.Clone(chain), open.call()))
		for depth, call := range chain {
			gap := max(0, end-t.LastStarlarkMicros) + ending.BeforeLastMicros + ending.EndMicros() - call.EndMicros
			grade := 1 / (1 + float64(gap)/observe.CloseMicros) / float64(order+1) * parts[depth] * heard
			if order >= fitting {
				grade *= weights.MisfitShare
			}
			if over {
				grade *= weights.ExecutingShare
			}
			subject := at(call)
			s.touch(crash, subject)
			if grade > subject.grades[crash] {
				put(&subject.grades, crash, grade)
				put(&subject.ends, crash, max(0, t.LastMicros-call.EndMicros))
			}
			if order == 0 && parts[depth] == 1 {
				put(&subject.last, crash, true)
			}
		}
		grade := executingIf(over) / float64(order+1) * parts[len(chain)]
		for _, caller := range open {
			subject := of(caller.name)
			s.touch(crash, subject)
			if g := grade * caller.part; g > subject.grades[crash] {
				put(&subject.grades, crash, g)
				put(&subject.open, crash, true)
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
// for them. endings are in the order of their ends, latest first.
func diedTogether(endings []observe.Ending, at func(observe.EndedCall) *subject) {
	n := 0
	for n < len(endings) && endings[n].BeforeLastMicros-endings[0].BeforeLastMicros < observe.CloseMicros {
		n++
	}
	survived := func(e observe.Ending) float64 {
		if t := at(e.Chain[len(e.Chain)-1]).trace; t != nil {
			return t.Survived
		}
		return 0
	}
	slices.SortStableFunc(endings[:n], func(a, b observe.Ending) int { return cmp.Compare(survived(b), survived(a)) })
}

// stillOpen are the callers, with their parts of the calls, of a function that
// builds that passed never show but called by one. Where such a function is the outermost of a
// thread's last calls, its caller had not ended: Bazel records a call when it
// ends, and one that dies with the server never does.
func stillOpen(n *aggregate.NameStatistics, of func(string) *subject) openCallers {
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
		if t := of(c.Name).trace; t != nil && t.PassedCalls > 0 {
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
// weightiest has 1.
func partsOf(chain []observe.EndedCall) []float64 {
	parts := make([]float64, len(chain))
	most := 0.0
	for depth, call := range chain {
		parts[depth] = float64(call.SelfMicros+1) * math.Pow(weights.CallerShare, float64(depth))
		most = max(most, parts[depth])
	}
	for depth := range parts {
		parts[depth] /= most
	}
	return parts
}

// onStack is the part of a thread's last chain of calls (innermost first) that
// can have been on a stack of the known depth.
func (e entry) onStack(chain []observe.EndedCall) []observe.EndedCall {
	if e.Depth > 0 && len(chain) > e.Depth {
		return chain[len(chain)-e.Depth:]
	}
	return chain
}

// activityCeiling is what activity can weigh over n crashes: one crash is an
// indication, fifteen are nearly a proof.
func activityCeiling(n int) float64 { return 0.9 * float64(n+1) / float64(n+2) }

// activityEvidence weighs the grades over the crashes that were graded.
func (s *subject) activityEvidence(b *aggregate.Statistics, graded int) finding {
	if len(s.grades) == 0 || graded == 0 {
		return finding{}
	}
	sum := overCrashes(s.grades)
	observed := stats.Clamp01(sum / float64(graded))
	share := s.timeShare(b)
	single := observed * math.Max(weights.LeastDamping, math.Sqrt(1-share))
	return finding{
		weight: activityCeiling(graded) * stats.Clamp01(single),
		reason: s.activityReason(b, graded),
	}
}

// timeShare is the part of Starlark's thread time that is the function's own:
// in passing builds if there are any, else in the crashed ones.
func (s *subject) timeShare(b *aggregate.Statistics) float64 {
	if s.trace == nil {
		return 0
	}
	if b.Passed > 0 && b.PassedSelf > 0 {
		return stats.Clamp01(stats.Part(s.trace.PassedSelf, b.PassedSelf))
	}
	return stats.Clamp01(stats.Part(s.trace.CrashedSelf, b.CrashedSelf))
}

func (s *subject) activityReason(b *aggregate.Statistics, graded int) string {
	var text strings.Builder
	if len(s.last) > 0 {
		fmt.Fprintf(&text, "probably running in %d of %s that left no Starlark stack", len(s.last), crashes(graded))
	} else {
		fmt.Fprintf(&text, "among the last recorded calls in %d of %s that left no Starlark stack", len(s.grades), crashes(graded))
	}
	if len(s.left) > 0 {
		var least float64 = 1
		for _, share := range s.left {
			least = min(least, share)
		}
		fmt.Fprintf(&text, "; in %s the build ran on after the last recorded call, and %s or more of the work that was left was this function's", crashes(len(s.left)), quantity.Share(least))
	}
	if len(s.open) > 0 {
		fmt.Fprintf(&text, "; in %s its own call had probably not ended: a function that only it calls was running", crashes(len(s.open)))
	}
	if graded == 1 {
		for _, gap := range s.ends {
			fmt.Fprintf(&text, "; its last call ended %s before the profile's last event", quantity.Micros(gap))
		}
	}
	if n := s.trace; n != nil {
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

// addUnfinished grades who may have been running after the last recorded call.
func (s *subjects) addUnfinished(crash int, b *aggregate.Statistics, t *observe.TraceFacts, of func(string) *subject) {
	for _, u := range b.UnfinishedAt(t) {
		if u.Share < 0.05 {
			continue
		}
		subject := of(u.Name.Name)
		s.touch(crash, subject)
		if g := weights.UnfinishedGrade * u.Share * aggregate.Silent(t); g > subject.grades[crash] {
			put(&subject.grades, crash, g)
			put(&subject.left, crash, u.Share)
		}
	}
}

// overrepresentedWords tell the test of over-representation in a sentence.
func overrepresentedWords(r *aggregate.Representation, passed int) string {
	text := fmt.Sprintf("active in %d of %s, where its share of the time in %s predicts %s",
		r.Observed, crashes(r.Of), quantity.Count(passed, "passing build", "passing builds"), quantity.Ratio(r.Expected))
	if r.Observed > 0 {
		text += fmt.Sprintf("; q = %.2g", r.Q)
	}
	return text
}
