package attribution

import (
	"fmt"
	"math"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/attribution/weights"
)

// Crash stacks. A Starlark stack of the thread that failed is testimony, not a
// sample: the innermost function that is not a builtin was asking for memory
// when there was none. Its callers share in it, because the straw that broke
// the heap need not be the load: each caller outwards weighs half as much.

// addStacks counts the frames of one crash, which have been located.
func (s *subjects) addStacks(crash int, c *Crash, of func(Frame) *subject) {
	anyFailed := false
	for _, t := range c.Threads {
		anyFailed = anyFailed || t.Failed
	}
	seenLine := map[*subject]map[int]bool{}
	for _, t := range c.Threads {
		depth := 0
		for _, f := range t.Frames {
			if observe.IsBuiltin(f.File) {
				continue
			}
			subject := of(f)
			if subject == nil {
				continue
			}
			weight := math.Pow(weights.CallerShare, float64(depth))
			if anyFailed && !t.Failed {
				weight *= weights.BystanderShare
			}
			if old := subject.stacked[crash]; weight > old {
				put(&subject.stacked, crash, weight)
			}
			if t.Failed || !anyFailed {
				put(&subject.framed, crash, true)
				if depth == 0 {
					put(&subject.inner, crash, true)
				}
				if seenLine[subject] == nil {
					seenLine[subject] = map[int]bool{}
				}
				if line := f.SourceLine; line > 0 && !seenLine[subject][line] {
					seenLine[subject][line] = true
					put(&subject.frameLines, line, subject.frameLines[line]+1)
					if _, known := subject.frameLocals[line]; !known && len(f.Locals) > 0 {
						put(&subject.frameLocals, line, f.Locals)
					}
				}
			}
			depth++
		}
	}
}

// stackEvidence weighs the crash stacks. told is the number of crashes whose
// stacks name any function of the user's; heapKnown: a dump tells who holds the
// memory.
func (s *subject) stackEvidence(told int, heapKnown bool) finding {
	if len(s.stacked) == 0 || told == 0 {
		return finding{}
	}
	sum := overCrashes(s.stacked)
	ceiling := weights.FramesCeiling
	if heapKnown {
		ceiling = weights.FramesBesideHeap
	}
	f := finding{weight: ceiling * stats.Clamp01(sum/float64(told))}
	switch {
	case len(s.framed) == 0:
		f.reason = fmt.Sprintf("on another thread's stack in %d of %s that left a Starlark stack", len(s.stacked), crashes(told))
	case len(s.inner) == 0:
		f.reason = fmt.Sprintf("a caller on the failing stack in %d of %s that left a Starlark stack", len(s.framed), crashes(told))
	default:
		f.reason = fmt.Sprintf("on the failing stack in %d of %s that left a Starlark stack, innermost in %d", len(s.framed), crashes(told), len(s.inner))
	}
	return f
}
