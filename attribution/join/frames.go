// SPDX-License-Identifier: Apache-2.0

package join

import (
	"math"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/weights"
)

// Crash stacks. A Starlark stack of the thread that failed is evidence of the instant, not a
// sample: the innermost function that is not a builtin was asking for memory
// when there was none. Its callers share in it, because the last allocation
// need not be the large one: each caller outwards weighs half as much.

// addStacks counts the frames of one crash, which have been located.
func (s *Subjects) addStacks(crash int, c *Crash, of func(Frame) *Subject) {
	anyFailed := false
	for _, t := range c.Threads {
		anyFailed = anyFailed || t.Failed
	}
	seenLine := map[*Subject]map[int]bool{}
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
			if old := subject.Stacked[crash]; weight > old {
				put(&subject.Stacked, crash, weight)
			}
			if t.Failed || !anyFailed {
				put(&subject.Framed, crash, true)
				if depth == 0 {
					put(&subject.Inner, crash, true)
				}
				if seenLine[subject] == nil {
					seenLine[subject] = map[int]bool{}
				}
				line := f.SourceLine
				if f.Source == "" { // as printed
					line = f.Line
				}
				if line > 0 && !seenLine[subject][line] {
					seenLine[subject][line] = true
					put(&subject.FrameLines, line, subject.FrameLines[line]+1)
					if _, known := subject.FrameLocals[line]; !known && len(f.Locals) > 0 {
						put(&subject.FrameLocals, line, f.Locals)
					}
				}
			}
			depth++
		}
	}
}
