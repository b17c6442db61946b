// SPDX-License-Identifier: Apache-2.0

package trace

import "bytes"

// events reads the array of events: the part of the document that is large.
//
// A damaged event (a bad disk, a crash of the writer, two processes writing
// one file) does not end the reading if the layout is a line for each event:
// it goes on at the next line, and counts what it lost.
//
// What separates an event from the next is not consumed before the next one
// is: see lastLineTorn.
func (p *parser) events() error {
	p.found = true
	p.win.consume(1)
	for {
		p.win.ahead()
		b := p.win.rest()
		i := separators(b)
		if i == len(b) {
			if i > lookaheadBytes {
				p.win.consume(i)
			}
			if !p.win.more() {
				return errEnd
			}
			continue
		}
		b = b[i:]
		if b[0] == ']' {
			p.win.consume(i + 1)
			p.arrayClosed = true
			return nil
		}
		if !p.settings.general {
			if n := p.bazel(b); n > 0 {
				p.win.consume(i + n)
				if err := p.deliver(); err != nil {
					return err
				}
				continue
			}
		}
		if err := p.element(); err != nil {
			return err
		}
	}
}

// lastLineTorn reports whether the text ends in the line of the last event, or
// right behind it: the layout of a cut that a tool working by lines takes for
// a cut inside that event.
func (p *parser) lastLineTorn() bool {
	if p.arrayClosed {
		return false
	}
	newline := bytes.IndexByte(p.win.rest(), '\n')
	return newline < 0 || newline+1 == len(p.win.rest())
}

// separators is the length of the white space and commas in front of b.
func separators(b []byte) int {
	for i, c := range b {
		switch c {
		case ' ', '\n', ',', '\r', '\t':
		default:
			return i
		}
	}
	return len(b)
}

// element reads one element of the array with the general decoder.
func (p *parser) element() error {
	for {
		b := p.win.rest()
		skipped := separators(b)
		n, deliver, st := p.object(b[skipped:])
		n += skipped
		switch st {
		case ok:
			p.win.consume(n)
			if !deliver {
				return nil
			}
			return p.deliver()
		case bad:
			return p.damagedElement(n)
		}
		if p.win.more() {
			continue
		}
		if p.win.err != nil {
			return errEnd
		}
		// An event that fills the largest window.
		p.sum.oversize++
		p.win.consume(skipped)
		return p.pass()
	}
}

// damagedElement goes on behind the line in which the lexer stumbled, n bytes
// from here.
func (p *parser) damagedElement(n int) error {
	p.sum.damaged++
	if p.sum.damaged > maxDamaged {
		return errSyntax
	}
	p.win.consume(n)
	for {
		if i := bytes.IndexByte(p.win.rest(), '\n'); i >= 0 {
			p.win.consume(i + 1)
			return nil
		}
		p.win.consume(len(p.win.rest()))
		if !p.win.more() {
			return errEnd
		}
	}
}

// maxDamaged is how many damaged events are passed over before the rest of
// the file is given up as noise.
const maxDamaged = 1000
