// SPDX-License-Identifier: Apache-2.0

package join

import (
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/internal/bazel/javastack"
	"example.invalid/starlark-memls/starlark"
)

// The function that is missing. Many small allocations fill the heap to the
// last byte, and then the error that is to carry the function's frame cannot
// be made either: the frame is taken off, and the stack printed begins with the
// caller (on an interpreter of Bazel 5 in 0 of 12 crashes by lists, dicts and
// appends the culprit stood on it; docs/accuracy.md). The Java frames tell: the
// innermost is the call, not a body, or there are none at all. Then what the
// innermost printed line calls is a suspect, before the caller.

// leftFunctions are what the innermost printed line calls, where the function
// that ran had been left when the stack was printed.
func leftFunctions(ws *starlark.Workspace, c *Crash) []*starlark.Definition {
	if ws == nil || c.Death.Other || len(c.Java) > 0 && !javastack.Leaving(c.Java) {
		return nil
	}
	for _, t := range c.Threads {
		if !t.Failed || t.Source == "heap_dump" || len(t.Frames) == 0 {
			continue
		}
		f := t.Frames[0]
		if f.Source == "" || f.Stale || observe.IsBuiltin(f.File) {
			return nil
		}
		return ws.CalledOn(f.Source, f.SourceLine)
	}
	return nil
}

// addLeft makes suspects of the functions that may be missing on the stack.
func (j *Joined) addLeft(crash int, c *Crash) {
	callees := leftFunctions(j.Workspace, c)
	c.Left = callees
	if len(callees) == 0 {
		return
	}
	for _, s := range j.Subjects.List {
		if w, ok := s.Stacked[crash]; ok {
			s.Stacked[crash] = w * weights.LeftShare
			s.Caller = true
		}
	}
	for _, d := range callees {
		s := j.Subjects.of(d.Name, d, "")
		s.Called = true
		j.Subjects.touch(crash, s)
		s.nameAt(crash, weights.CalleeWeight, "is called on the innermost line of the printed stack")
	}
}

// leftWords say what is doubtful about a stack whose innermost function may be
// missing.
func (s *Subject) LeftWords() string {
	switch {
	case s.Called:
		return "its own frame was not printed: memory ran out again while the error left a function, and the stack begins with its caller"
	case s.Caller:
		return "the function that was running may be missing from the stack: the innermost printed line calls it"
	}
	return ""
}
