// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bytes"
	"errors"
	"io"
)

// A parser walks the document around the events: the object with otherData
// and traceEvents in any order, or a bare array. Only one event is held at a
// time, and nothing that is passed over is held at all.
type parser struct {
	decoder
	win   *textWindow
	visit func(*Event) error
	sum   *tally
	// found says that the events' array was seen, arrayClosed that its end
	// was, closed that the text's outermost bracket was closed.
	found, arrayClosed, closed bool
}

func newParser(in *input, visit func(*Event) error, s settings) *parser {
	return &parser{decoder: newDecoder(s), win: newWindow(in.ctx, in.text), visit: visit, sum: newTally()}
}

// errEnd: the text ends where it should not. It is damage, told in the
// Summary, and never leaves the package.
var errEnd = errors.New("the text ends early")

// errSyntax: the text is no JSON from here on. The same holds.
var errSyntax = errors.New("the text is not JSON")

// document reads everything. Damage goes to the tally; the error is one that
// Read may return.
func (p *parser) document() error {
	err := p.outermost()
	switch {
	case err == nil:
		p.closed = true
	case errors.Is(err, errEnd), errors.Is(err, errSyntax):
		if ctxErr := p.win.ctx.Err(); ctxErr != nil {
			err = ctxErr
			break
		}
		p.sum.cut(err, p.win)
		p.sum.allEvents = p.arrayClosed
		err = nil
	}
	if err == nil && p.closed {
		p.trailing()
	}
	p.sum.read = p.win.offset() + int64(len(p.win.rest()))
	p.sum.closed = p.closed
	return err
}

func (p *parser) outermost() error {
	p.byteOrderMark()
	head := bytes.Clone(p.win.rest()[:min(headBytes, len(p.win.rest()))])
	b, more := p.win.peek()
	if !more {
		p.sum.empty = p.win.err == io.EOF
		return errEnd
	}
	switch b {
	case '[':
		return p.bareArray()
	case '{':
		return p.members()
	}
	return unknownFormat(head)
}

// bareArray reads Chrome's other form, the events' array alone. It has no key
// to know it by, so an array without a single event is another format; that
// goes for a log whose lines start with a time in brackets, too.
func (p *parser) bareArray() error {
	err := p.events()
	if p.sum.events == 0 && (err == nil || p.sum.damaged > 0) {
		return &FormatError{Found: "an array, or text in brackets, without a trace event", Advice: adviceProfile}
	}
	return err
}

// byteOrderMark steps over what some Windows tools put in front of UTF-8.
func (p *parser) byteOrderMark() {
	mark := []byte("\xef\xbb\xbf")
	for len(p.win.rest()) < len(mark) && p.win.more() {
	}
	if bytes.HasPrefix(p.win.rest(), mark) {
		p.win.consume(len(mark))
	}
}

// members reads the outermost object.
func (p *parser) members() error {
	p.win.consume(1)
	for first := ""; ; {
		b, more := p.win.peek()
		switch {
		case !more:
			return errEnd
		case b == ',':
			p.win.consume(1)
			continue
		case b == '}':
			p.win.consume(1)
			if !p.found {
				return otherJSON(first)
			}
			return nil
		case b != '"':
			return p.notJSON(errSyntax, first)
		}
		key, err := p.key()
		if err != nil {
			return p.notJSON(err, first)
		}
		if first == "" {
			first = key
		}
		if err := p.member(key); err != nil {
			return p.notJSON(err, first)
		}
	}
}

// notJSON says what a wrong byte in the outermost object means: another format
// before there were events, damage after.
func (p *parser) notJSON(err error, firstKey string) error {
	if p.found || !errors.Is(err, errSyntax) {
		return err
	}
	if firstKey == "" {
		return &FormatError{Found: "text that is not JSON", Advice: adviceProfile}
	}
	return otherJSON(firstKey)
}

// key reads a key and its colon.
func (p *parser) key() (string, error) {
	var key string
	err := p.whole(func(b []byte) (int, status) {
		l := lexer{b: b}
		raw, _ := l.str()
		l.expect(':')
		if l.st == ok {
			key = string(raw)
		}
		return l.i, l.st
	})
	return key, err
}

// whole has value read something that must be held in one piece, with as much
// more text as it asks for.
func (p *parser) whole(value func(b []byte) (int, status)) error {
	for {
		n, st := value(p.win.rest())
		switch st {
		case ok:
			p.win.consume(n)
			return nil
		case bad:
			return errSyntax
		}
		if !p.win.more() {
			if p.win.err == nil {
				return errSyntax // as long as the window may be, and no end
			}
			return errEnd
		}
	}
}

// member reads the value of a key of the outermost object.
func (p *parser) member(key string) error {
	b, more := p.win.peek()
	switch {
	case !more:
		return errEnd
	case key == "traceEvents" && b == '[':
		return p.events()
	case key == "otherData" && b == '{':
		return p.whole(func(b []byte) (int, status) { return p.header(b) })
	}
	return p.pass()
}

// header reads otherData.
func (p *parser) header(b []byte) (int, status) {
	l := lexer{b: b}
	var h Header
	l.members(func(key []byte) {
		switch string(key) {
		case "build_id":
			h.BuildID = p.headerText(&l)
		case "output_base":
			h.OutputBase = p.headerText(&l)
		case "date":
			h.Date = p.headerText(&l)
		case "bazel_version":
			h.BazelVersion = p.headerText(&l)
		case "profile_start_ts":
			h.StartMillis, _ = l.integer()
		default:
			l.skip(1)
		}
	})
	if l.st == ok {
		p.sum.header = h
	}
	return l.i, l.st
}

func (p *parser) headerText(l *lexer) string {
	raw, escaped := l.text()
	return p.names.str(p.plainText(raw, escaped))
}

// pass steps over a value of any length, holding none of it.
func (p *parser) pass() error {
	b, more := p.win.peek()
	if !more {
		return errEnd
	}
	var s passing
	for {
		n, done := s.pass(p.win.rest(), b)
		p.win.consume(n)
		if done {
			return nil
		}
		if !p.win.more() {
			return errEnd
		}
	}
}

// A passing finds the end of a value by its brackets and quotes alone.
type passing struct {
	depth           int
	quoted, escaped bool
}

// pass looks at more of a value whose first byte is first. n is how much of b
// belongs to the value.
func (s *passing) pass(b []byte, first byte) (n int, done bool) {
	scalar := first != '{' && first != '[' && first != '"'
	for i, c := range b {
		switch {
		case s.escaped:
			s.escaped = false
		case s.quoted:
			s.escaped = c == '\\'
			if c == '"' {
				s.quoted = false
				if s.depth == 0 {
					return i + 1, true
				}
			}
		case c == '"':
			s.quoted = true
		case c == '{' || c == '[':
			s.depth++
		case c == '}' || c == ']':
			if s.depth == 0 {
				return i, true // the end of what is around a scalar
			}
			if s.depth--; s.depth == 0 {
				return i + 1, true
			}
		case scalar && (c == ',' || c == '\n'):
			return i, true
		}
	}
	return len(b), false
}

// trailing looks at what follows the document.
func (p *parser) trailing() {
	if _, more := p.win.peek(); !more {
		return
	}
	p.sum.trailingText = true
}

// deliver counts the decoded event and hands it on if it is selected.
func (p *parser) deliver() error {
	if p.event.impossible() {
		p.sum.impossible++
		return nil
	}
	p.sum.add(&p.event, p.category, p.rawName)
	if !p.category.selected {
		return nil
	}
	p.sum.delivered++
	return p.visit(&p.event)
}
