// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"encoding/binary"
	"slices"

	"example.invalid/starlark-memls/internal/hprof"
)

// The stacks of Bazel 0.29 to 3, when the interpreter was lib.syntax.
//
// There, a call pushes what it interrupts: a frame holds the callee, where the
// call stands, and the caller's variables. The variables of the innermost
// function are the thread's own, and where it is nobody has written down. So
// each function's place and variables are found in the frame above it.
//
//	2.1   StarlarkThread{callstack: CallFrame{fn, callLoc, savedLexicals}…, lexicalFrame}
//	0.29  Environment{continuation: Continuation{function, caller, lexicalFrame, continuation}, lexicalFrame}

// isSaved reports whether a frame is of that kind.
func isSaved(f hprof.Object) bool { return f.Has("savedLexicals") }

// readSaved reads 2.1's call stack, outermost first as it is kept.
func (h *Dump) readSaved(frames []hprof.Object, thread hprof.Object) []CallFrame {
	var out []CallFrame
	for i, f := range frames {
		fn, _ := f.Ref("fn")
		frame := CallFrame{Function: h.function(fn), fn: fn.ID}
		var lexicals, loc hprof.Object
		if i+1 < len(frames) {
			lexicals, _ = frames[i+1].Ref("savedLexicals")
			loc, _ = frames[i+1].Ref("callLoc")
		} else {
			lexicals, _ = thread.Ref("lexicalFrame")
		}
		h.oldFrame(&frame, lexicals, loc)
		out = append(out, frame)
	}
	return out
}

// readContinuations reads 0.29's chain, which begins innermost.
func (h *Dump) readContinuations(thread, first hprof.Object) []CallFrame {
	var out []CallFrame
	lexicals, _ := thread.Ref("lexicalFrame")
	var loc hprof.Object
	for c, ok := first, true; ok && len(out) < maxStack; c, ok = c.Ref("continuation") {
		fn, _ := c.Ref("function")
		frame := CallFrame{Function: h.function(fn), fn: fn.ID}
		h.oldFrame(&frame, lexicals, loc)
		out = append(out, frame)
		lexicals, _ = c.Ref("lexicalFrame")
		loc = hprof.Object{}
		if call, ok := c.Ref("caller"); ok {
			loc, _ = call.Ref("location")
		}
	}
	return out
}

func (h *Dump) oldFrame(f *CallFrame, lexicals, loc hprof.Object) {
	if f.Function.Builtin {
		return
	}
	f.Place = place(loc)
	if f.Place.File == "" {
		f.Place = Place{File: f.Function.Place.File}
	}
	bindings, ok := lexicals.Ref("bindings")
	if !ok {
		return
	}
	for name, v := range entries(h.d, bindings, maxLocals) {
		s, _ := name.Text(maxName)
		f.Locals = append(f.Locals, h.local(s, v))
	}
}

// oldPlace reads the Locations of 0.29 and 2.1: a path with a line and column,
// or a table of line starts with an offset.
func oldPlace(loc hprof.Object) Place {
	if at, ok := loc.Ref("startLineAndColumn"); ok {
		path, _ := loc.Ref("path")
		line, _ := at.Int("line")
		column, _ := at.Int("column")
		return Place{File: pathText(path), Line: int(line), Column: int(column)}
	}
	table, ok := loc.Ref("lineNumberTable")
	if !ok {
		return Place{}
	}
	path, _ := table.Ref("path")
	p := Place{File: pathText(path)}
	starts, ok := table.Ref("linestart")
	offset, ok2 := loc.Int("startOffset")
	if !ok || !ok2 {
		return p
	}
	// Line i starts at linestart[i]; there is no line 0.
	raw := starts.Bytes(4 << 20)
	lines := make([]int64, len(raw)/4)
	for i := range lines {
		lines[i] = int64(int32(binary.BigEndian.Uint32(raw[4*i:])))
	}
	i, found := slices.BinarySearch(lines, offset)
	if !found {
		i--
	}
	if i >= 1 {
		p.Line, p.Column = i, int(offset-lines[i])+1
	}
	return p
}
