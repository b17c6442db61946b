// SPDX-License-Identifier: Apache-2.0

package console

import "strings"

// A Starlark error's stack (EvalException.java), outermost first:
//
//	ERROR: /abs/bad/BUILD:2:4: in bad rule //bad:b:
//	Traceback (most recent call last):
//	<TAB>File "/abs/lib/bad.bzl", line 4, column 11, in _impl
//	<TAB><TAB>source line
//	Error in fail: message
//
// Columns from 4.0 on; up to 3.x a frame of a BUILD file names no function
// and the message has no "Error". Progress may stand in between.

// A traceback is one being read. It is followed so that its lines are taken for
// nothing else and the first error has its message; nobody asks for its frames.
type traceback struct {
	line    int // of the log
	message string
	frames  []StarlarkFrame
	head    errorHead
	gap     int
}

const tracebackWords = "Traceback (most recent call last):"

// beginsTraceback takes the line with which one begins.
func (p *parser) beginsTraceback(l line, text string) bool {
	before, found := strings.CutSuffix(text, tracebackWords)
	if !found {
		return false
	}
	head := p.errorHead
	p.errorHead = errorHead{}
	if before = strings.TrimSpace(before); before != "" {
		if !strings.HasPrefix(before, "ERROR:") {
			return false // someone else's: a Python program's, say
		}
		p.sawUI = true
		head = errorHead{text: before, number: l.number, first: p.log.FirstError == ""}
		if head.first {
			p.log.FirstError = text
		}
	} else if l.number-head.number > 2+maxInterruption {
		head = errorHead{}
	}
	t := &traceback{head: head, line: l.number}
	if head.text != "" {
		t.line = head.number
	}
	p.trace = t
	return true
}

// traceLine offers a line to the open traceback.
func (p *parser) traceLine(l line) bool {
	t := p.trace
	text := strings.TrimSpace(l.text)
	indented := text != "" && (l.text[0] == '\t' || l.text[0] == ' ')
	if f, ok := traceFrame(text); ok {
		if len(t.frames) < maxFrames {
			t.frames = append(t.frames, f)
		}
		t.gap = 0
		return true
	}
	switch {
	case text == "" || isProgress(text):
		if t.gap++; t.gap > maxInterruption {
			p.closeTraceback()
		}
		return false
	case strings.HasPrefix(text, "Error: "), strings.HasPrefix(text, "Error in "), text == "Error:":
		t.message = text
	case len(t.frames) == 0 || strings.HasPrefix(text, "ERROR:"):
		p.trace = nil // no traceback of Starlark's, or one without an end
		p.addTraceback(t)
		return false
	case indented:
		if t.gap++; t.gap > maxInterruption {
			p.closeTraceback()
		}
		return true // the source line
	default:
		t.message = text
	}
	p.closeTraceback()
	return true
}

// closeTraceback ends the open traceback, if there is one.
func (p *parser) closeTraceback() {
	if t := p.trace; t != nil {
		p.trace = nil
		p.addTraceback(t)
	}
}

// addTraceback takes what a traceback with a frame of Starlark tells.
func (p *parser) addTraceback(t *traceback) {
	if len(t.frames) == 0 || !t.starlark() {
		p.foreignLine(line{number: t.line}, t.message) // Python's
		return
	}
	if t.head.first {
		p.log.FirstError = strings.TrimSpace(t.head.text + " " + t.message)
	}
	p.foreignLine(line{number: t.line}, t.message) // a repository rule tells of its tool
}

// starlark tells Starlark's tracebacks from Python's, which look alike and may
// stand below an error of Bazel's (a failing tool): a column, or the kinds of
// files and functions that only Starlark has.
func (t *traceback) starlark() bool {
	for _, f := range t.frames {
		base := f.File[strings.LastIndexAny(f.File, "/\\")+1:]
		switch {
		case f.Column > 0, f.Function == "<toplevel>", f.File == Builtin,
			strings.HasSuffix(base, ".bzl"), strings.HasSuffix(base, ".bazel"),
			base == "BUILD", strings.HasSuffix(base, "WORKSPACE"):
			return true
		}
	}
	return false
}

// traceFrame reads `File "/p/x.bzl", line 4, column 11, in _impl`, without
// column or function in older versions, and `File "<builtin>", in fail`.
func traceFrame(text string) (StarlarkFrame, bool) {
	rest, ok := strings.CutPrefix(text, `File "`)
	if !ok {
		return StarlarkFrame{}, false
	}
	// A file's name may hold a quote; the last one ends it.
	end := strings.LastIndexByte(rest, '"')
	if end <= 0 {
		return StarlarkFrame{}, false
	}
	f := StarlarkFrame{File: rest[:end]}
	rest = rest[end+1:]
	if r, ok := strings.CutPrefix(rest, ", line "); ok {
		f.Line = number(r)
		rest = r[digits(r):]
	}
	if r, ok := strings.CutPrefix(rest, ", column "); ok {
		f.Column = number(r)
		rest = r[digits(r):]
	}
	if r, ok := strings.CutPrefix(rest, ", in "); ok {
		f.Function, rest = strings.TrimSpace(r), ""
	}
	return f, rest == "" && (f.Line > 0 || f.Function != "")
}
