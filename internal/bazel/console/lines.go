// SPDX-License-Identifier: Apache-2.0

package console

import (
	"bufio"
	"bytes"
	"io"
)

// From bytes to lines. A terminal's text is not a list of lines: progress is
// overwritten in place, so one line of the file may hold many states of the
// screen, told apart by carriage returns and cursor movement. Each state
// becomes a line of its own here, under the file's line number, which is what
// an editor shows. What the terminal would have erased is kept: an erased
// progress line says nothing, and an erased crash would be a loss.
//
// Then colours go (ansi.go), then what the way to the file did to the text
// (rendered.go), then what a CI system put in front (timestamp.go, prefix.go).

// A line is one line as the parsers see it.
type line struct {
	text   string // without line end, escape sequences and timestamp
	time   string // the timestamp in front, as printed, or ""
	number int    // of the file, from 1
	// whole is false for the last line of a text without a line end.
	whole bool
}

// A lineReader splits a text in lines.
type lineReader struct {
	in        *bufio.Reader
	number    int
	buf       []byte
	states    [][]byte // the rest of the current line's states
	clean     []byte
	stamp     string // the timestamp of the line, for its later states
	whole     bool
	shortened bool
	// inside: what comes next goes on with the same line of the file, from
	// rest. A line of nothing but progress may be as long as the build.
	inside bool
	rest   []byte
	// page: a text of a printed JSON was met.
	page bool
	// skipped counts the empty lines behind the one that was read last.
	skipped int
}

func newLineReader(r io.Reader) *lineReader {
	in := UTF8(r)
	if head, _ := in.Peek(in.Size()); len(head) == in.Size() && wholeJSON(head) {
		in = bufio.NewReaderSize(&jsonReader{in: in, buf: make([]byte, 32<<10)}, in.Size())
	}
	return &lineReader{in: in}
}

// wholeJSON reports whether a text begins as JSON of which no line ends soon.
func wholeJSON(head []byte) bool {
	text := bytes.TrimSpace(head)
	return (bytes.HasPrefix(text, []byte(`{"`)) || bytes.HasPrefix(text, []byte(`[{"`))) && bytes.IndexByte(text, '\n') < 0
}

// next returns the next state of the screen, or io.EOF.
func (r *lineReader) next() (line, error) {
	for len(r.states) == 0 {
		again := r.inside
		raw, err := r.physical()
		if err != nil {
			return line{}, err
		}
		if !again {
			r.number += 1 + r.skipped
			r.skipped, r.stamp = 0, ""
		}
		if len(raw) == 0 && r.whole {
			r.skipEmpty()
		}
		if text, told, noise := unwrappedElement(raw); told {
			r.page, raw = true, text
		} else if noise && r.page {
			continue
		}
		r.states = r.split(raw)
	}
	state := r.states[0]
	r.states = r.states[1:]
	time, text := cutStamp(withoutLeftovers(withoutHTML(string(state))))
	if time == "" {
		time = r.stamp
	}
	r.stamp = time
	return line{text: withoutAgentMark(text), time: time, number: r.number, whole: r.whole || len(r.states) > 0}, nil
}

// skipEmpty passes over the empty lines that follow an empty one: they say no
// more than the first, and a file of nothing else has a line a byte.
func (r *lineReader) skipEmpty() {
	for {
		if _, err := r.in.Peek(1); err != nil {
			return // told by the next read
		}
		ahead, _ := r.in.Peek(r.in.Buffered())
		n := len(ahead) - len(bytes.TrimLeft(ahead, "\n"))
		_, _ = r.in.Discard(n) // they are buffered
		if r.skipped += n; n < len(ahead) {
			return
		}
	}
}

// split parts a line at carriage returns and cursor movement, and takes the
// escape sequences out. A timestamp that a CI system wrote in an escape
// sequence comes back as text in front.
func (r *lineReader) split(raw []byte) [][]byte {
	text, whole := unwrapped(bytes.TrimRight(raw, "\r"))
	r.whole = r.whole || whole
	raw = withoutBreaks(withEscapes(unquoted(text)))
	if !bytes.ContainsAny(raw, "\x1b\r\b\x00\a\x0e\x0f") {
		return append(r.states[:0:0], raw)
	}
	r.clean = stripEscapes(r.clean[:0], raw)
	states := bytes.Split(r.clean, []byte{'\r'})
	kept := states[:0]
	for _, s := range states {
		if len(bytes.TrimSpace(s)) > 0 {
			kept = append(kept, s)
		}
	}
	if len(kept) == 0 {
		kept = append(kept, nil)
	}
	return kept
}

// physical reads up to the next line feed, or, of a long line, up to a carriage
// return. It keeps at most maxLine bytes.
func (r *lineReader) physical() ([]byte, error) {
	r.buf = append(r.buf[:0], r.rest...)
	r.rest = r.rest[:0]
	for {
		chunk, err := r.in.ReadSlice('\n')
		searched := len(r.buf)
		if room := maxLine - len(r.buf); len(chunk) > room {
			chunk, r.shortened = chunk[:room], true
		}
		r.buf = append(r.buf, chunk...)
		switch err {
		case nil:
			r.whole, r.inside = true, false
			return bytes.TrimSuffix(r.buf, []byte{'\n'}), nil
		case bufio.ErrBufferFull:
			// Only the chunk is searched, or a long line costs its square.
			if i := searched + bytes.LastIndexByte(chunk, '\r'); i >= searched && i > 0 {
				r.rest = append(r.rest, r.buf[i+1:]...)
				r.whole, r.inside = true, true
				return r.buf[:i], nil
			}
			continue
		case io.EOF:
			r.whole, r.inside = false, false
			if len(r.buf) > 0 {
				return r.buf, nil
			}
		}
		return nil, err
	}
}
