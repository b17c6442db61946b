package attribution

import (
	"fmt"
	"math"
	"strings"
)

// Activity at the crash. An OutOfMemoryError unwinds the Starlark stack and
// closes its calls, so the guilty call ends when the build does: in 78 of 79
// recorded crashes by large strings the last Starlark function to end was the
// guilty one, a median of 7 to 16 ms before the profile's last event. Other
// evaluator threads are stopped a moment later, or earlier, or fail too;
// hence a grade, not a yes:
//
//	grade = closeness × 1/order × 1/2 for each callee that ended with it
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
// to its share of thread time, guilty or not. With one crash that share damps
// the weight; with more, the weight turns into the excess over the share that
// chance would give, (observed - share) / (1 - share), which is 0 for an
// innocent however long it runs.

const (
	// maxGraded bounds the threads that are graded.
	maxGraded = 16
	// misfitShare is what is left of a grade where the door does not fit.
	misfitShare = 0.2
	// executingShare is what is left where the build had gone on to execute
	// actions: the values made by Starlark are held, but nobody runs.
	executingShare = 0.25
)

// addActivity grades who was active at a crash.
func (s *subjects) addActivity(crash int, c crashEvidence, of func(name string) *subject) {
	t := c.trace()
	if t == nil || len(t.Endings) == 0 {
		return
	}
	e := entryOf(c.facts.Java)
	over := e.executing || executing(t)
	end := max(t.LastStarlarkMicros, t.LastWorkMicros)
	if over { // the gap to the execution phase's end says nothing
		end = t.LastStarlarkMicros
	}
	graded := make([]Ending, 0, len(t.Endings))
	var misfits []Ending
	for _, ending := range t.Endings {
		outermost := of(ending.Chain[len(ending.Chain)-1].Name)
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
	graded = append(graded, misfits...)
	for order, ending := range graded[:min(len(graded), maxGraded)] {
		chain := e.onStack(ending.Chain)
		for depth, call := range chain {
			gap := max(0, end-call.EndMicros)
			grade := 1 / (1 + float64(gap)/closeMicros) / float64(order+1) * math.Pow(callerShare, float64(depth))
			if order >= fitting {
				grade *= misfitShare
			}
			if over {
				grade *= executingShare
			}
			subject := of(call.Name)
			s.touch(crash, subject)
			if grade > subject.grades[crash] {
				put(&subject.grades, crash, grade)
				put(&subject.ends, crash, max(0, t.LastMicros-call.EndMicros))
			}
			if order == 0 && depth == 0 {
				put(&subject.last, crash, true)
			}
		}
	}
}

// onStack is the part of a thread's last chain of calls (innermost first) that
// can have been on a stack of the known depth.
func (e entry) onStack(chain []EndedCall) []EndedCall {
	if e.depth > 0 && len(chain) > e.depth {
		return chain[len(chain)-e.depth:]
	}
	return chain
}

// activityCeiling is what activity can weigh over n crashes: one crash is an
// indication, fifteen are nearly a proof.
func activityCeiling(n int) float64 { return 0.9 * float64(n+1) / float64(n+2) }

// activityEvidence weighs the grades over the crashes that were graded.
func (s *subject) activityEvidence(b *body, graded int) finding {
	if len(s.grades) == 0 || graded == 0 {
		return finding{}
	}
	var sum float64
	for _, g := range s.grades {
		sum += g
	}
	observed := clamp01(sum / float64(graded))
	share := s.timeShare(b)
	single := observed * math.Sqrt(1-share)
	excess := 0.0
	if share < 1 {
		excess = clamp01((observed - share) / (1 - share))
	}
	one := 1 / float64(graded)
	return finding{
		weight: activityCeiling(graded) * clamp01(one*single+(1-one)*excess),
		reason: s.activityReason(b, graded),
	}
}

// timeShare is the part of Starlark's thread time that is the function's own:
// in passing builds if there are any, else in the crashed ones.
func (s *subject) timeShare(b *body) float64 {
	if s.trace == nil {
		return 0
	}
	if b.passed > 0 && b.passedSelf > 0 {
		return clamp01(ratio(s.trace.passedSelf, b.passedSelf))
	}
	return clamp01(ratio(s.trace.crashedSelf, b.crashedSelf))
}

func (s *subject) activityReason(b *body, graded int) string {
	var text strings.Builder
	if len(s.last) > 0 {
		fmt.Fprintf(&text, "the likeliest to have been running in %d of %s without a Starlark stack", len(s.last), crashes(graded))
	} else {
		fmt.Fprintf(&text, "among the last calls in %d of %s without a Starlark stack", len(s.grades), crashes(graded))
	}
	if graded == 1 {
		for _, gap := range s.ends {
			fmt.Fprintf(&text, ", its call having ended %s before the profile's last event", duration(gap))
		}
	}
	if n := s.trace; n != nil {
		if r := n.representation; r != nil {
			fmt.Fprintf(&text, "; %s", r.words(b.passed))
		} else if b.crashedSelf > 0 {
			fmt.Fprintf(&text, "; %s of %s own time in the crashed builds", duration(n.crashedSelf), duration(b.crashedSelf))
		}
		if n.eliminated > 1 && n.explains > 0 {
			fmt.Fprintf(&text, "; explains %s that the suspects before it do not", crashes(n.explains))
		}
	}
	return text.String()
}
