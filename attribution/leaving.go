package attribution

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
func (j *joiner) addLeft(crash int, c *Crash) {
	callees := leftFunctions(j.ws, c)
	if len(callees) == 0 {
		return
	}
	for _, s := range j.subjects.list {
		if w, ok := s.stacked[crash]; ok {
			s.stacked[crash] = w * weights.LeftShare
			s.caller = true
		}
	}
	for _, d := range callees {
		s := j.subjects.of(d.Name, d, "")
		s.called = true
		j.subjects.touch(crash, s)
		s.nameAt(crash, weights.CalleeWeight, "is called on the innermost line of the printed stack")
	}
}

// stackWords say what one stack is worth.
func (w *scoring) stackWords(s *subject) string {
	if w.stacked != 1 || len(s.inner) == 0 || s.holds() || s.caller || s.called {
		return ""
	}
	words := "one stack names who asked for the last byte, who need not be who fills the heap"
	for i := range s.inner {
		if own := javastack.Own(w.observed.Crashes[i].Facts.Java); own != "" {
			words += "; that was Bazel's own " + own + ", in a builtin that it called"
		}
	}
	return words
}

// leftWords say what is doubtful about a stack whose innermost function may be
// missing.
func (s *subject) leftWords() string {
	switch {
	case s.called:
		return "its own frame was not printed: memory ran out again while the error left a function, and the stack begins with its caller"
	case s.caller:
		return "the function that ran may be missing on the stack: it is one that the innermost printed line calls"
	}
	return ""
}
