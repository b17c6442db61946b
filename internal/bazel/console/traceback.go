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

// A traceback is one being read. Frames are outermost first.
type traceback struct {
	Traceback
	frames []Frame
	head   errorHead
	gap    int
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
	t := &traceback{head: head}
	t.Line = l.number
	if head.text != "" {
		t.Line = head.number
		t.Rule, t.Aspect, t.Target = errorSubject(head.text)
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
		t.Message = text
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
		t.Message = text
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

// addTraceback keeps a traceback that has a frame of Starlark.
func (p *parser) addTraceback(t *traceback) {
	if len(t.frames) == 0 || !t.starlark() {
		return
	}
	if t.head.first {
		p.log.FirstError = strings.TrimSpace(t.head.text + " " + t.Message)
	}
	if len(p.log.Tracebacks) >= maxTracebacks {
		p.lost("there are more tracebacks than are kept")
		return
	}
	for i := len(t.frames) - 1; i >= 0; i-- {
		t.Frames = append(t.Frames, t.frames[i])
	}
	p.log.Tracebacks = append(p.log.Tracebacks, t.Traceback)
	p.foreignLine(line{number: t.Line}, t.Message) // a repository rule tells of its tool
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
func traceFrame(text string) (Frame, bool) {
	rest, ok := strings.CutPrefix(text, `File "`)
	if !ok {
		return Frame{}, false
	}
	// A file's name may hold a quote; the last one ends it.
	end := strings.LastIndexByte(rest, '"')
	if end <= 0 {
		return Frame{}, false
	}
	f := Frame{File: rest[:end]}
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

// errorSubject reads what an error is about: "ERROR: /p/BUILD:2:4: in bad rule
// //bad:b:" and "… in //lib:a.bzl%asp aspect on r rule //x:y:". Several
// aspects are joined by a comma; the last is the one that failed.
func errorSubject(head string) (rule, aspect, target string) {
	body := strings.TrimSuffix(strings.TrimSpace(head), ":")
	i := strings.LastIndex(body, " rule ")
	if i < 0 {
		return "", "", ""
	}
	target = body[i+len(" rule "):]
	if labelPrefix(target) != target {
		target = ""
	}
	before := body[:i]
	if k := strings.LastIndexByte(before, ' '); k >= 0 {
		rule = before[k+1:]
		before = before[:k]
	}
	if rest, ok := strings.CutSuffix(before, " aspect on"); ok {
		aspect = rest[strings.LastIndexAny(rest, " ,")+1:]
	}
	return rule, aspect, target
}
