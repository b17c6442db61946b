// SPDX-License-Identifier: Apache-2.0

package console

import (
	"io"
	"slices"
	"strings"
)

// What stands before Bazel's words on a line of a log. A timestamp has a
// grammar (timestamp.go); the rest is whatever a collector was told to write:
//
//	[0] text                            concurrently
//	Step #3 - "bazel": text             Cloud Build
//	+ 00:00:07 text                     drone
//	#12 5.123 text                      BuildKit
//	build-7f9c8 runner text             stern, kubectl --prefix
//	Dec 01 10:11:12 host bazel[9]: text journald
//	  | text                            Buildkite's page, copied
//	  123  text                         a viewer's line numbers
//
// No list of those ends, so the prefix is learnt: on a line that holds words
// which are Bazel's alone, what stands before them is one. Its shape, in which
// numbers and levels may differ, is then cut off every line that has it. What
// looks like a label is believed at once, anything else when a second line of
// Bazel's stands behind the same shape; until then lines are held back.

const (
	maxPrefix = 240
	maxShapes = 8
	// maxHeld and maxHeldBytes bound what waits for a second witness.
	maxHeld      = 64
	maxHeldBytes = 1 << 20
)

// An unprefixer is the stage between the lines of a file and the parsers.
type unprefixer struct {
	in     *lineReader
	shapes []prefixShape // known, the last one used first
	// held are the lines since the first whose prefix is doubtful.
	held      []line
	heldBytes int
	doubts    []doubt
	ready     []line // to be handed out, as they are
	err       error  // of in, after the lines that are held
}

// A doubt is a prefix that one line has shown.
type doubt struct {
	shape prefixShape
	text  string
	at    int // where Bazel's words begin
}

func newUnprefixer(in *lineReader) *unprefixer { return &unprefixer{in: in} }

// next returns the next line without prefix.
func (u *unprefixer) next() (line, error) {
	for {
		if len(u.ready) > 0 {
			l := u.ready[0]
			u.ready = u.ready[1:]
			return u.strip(l), nil
		}
		if u.err != nil {
			return line{}, u.err
		}
		l, err := u.in.next()
		if err != nil {
			u.err = err
			u.release()
			continue
		}
		if u.take(l) {
			return u.strip(l), nil
		}
	}
}

// take learns from a line. It reports whether the line may go on at once.
func (u *unprefixer) take(l line) bool {
	learnt := false
	if prefix, found := prefixOf(l.text); found && !u.known(l.text) {
		learnt = u.witness(doubt{shapeOf(prefix), l.text, len(prefix)})
	}
	if len(u.doubts) == 0 && !learnt {
		return true
	}
	u.held = append(u.held, l)
	u.heldBytes += len(l.text)
	if learnt || len(u.held) >= maxHeld || u.heldBytes > maxHeldBytes {
		u.release()
	}
	return false
}

// witness takes a prefix that is not known. It reports whether it is now.
func (u *unprefixer) witness(w doubt) bool {
	prefix := w.text[:w.at]
	_, sure := wordsAt(w.text)
	if prefixLike(prefix) && (sure || !strings.ContainsFunc(prefix, isLetter) && strings.TrimSpace(prefix) != "") {
		u.learn(w.shape)
		return true
	}
	for _, d := range u.doubts {
		if d.shape.before(w.text, w.at) {
			u.learn(d.shape)
			return true
		}
		if w.shape.before(d.text, d.at) {
			u.learn(w.shape)
			return true
		}
	}
	u.doubts = append(u.doubts, w)
	return false
}

// release ends the wait: what was held goes on.
func (u *unprefixer) release() {
	u.ready, u.held = u.held, nil
	u.heldBytes, u.doubts = 0, nil
}

func (u *unprefixer) learn(s prefixShape) {
	if len(u.shapes) == maxShapes {
		u.shapes = u.shapes[1:]
	}
	u.shapes = append(u.shapes, s)
}

func (u *unprefixer) known(text string) bool {
	for _, s := range u.shapes {
		if _, ok := s.cut(text); ok {
			return true
		}
	}
	return false
}

// strip cuts a known prefix, and a timestamp in it or behind it.
func (u *unprefixer) strip(l line) line {
	for i := len(u.shapes) - 1; i >= 0; i-- {
		rest, ok := u.shapes[i].cut(l.text)
		if !ok {
			continue
		}
		if l.time == "" {
			l.time = stampIn(l.text[:len(l.text)-len(rest)])
		}
		stamp, after := cutStamp(rest)
		l.text, l.time = after, firstOf(l.time, stamp)
		break
	}
	return l
}

// stampIn is the first timestamp in a prefix.
func stampIn(prefix string) string {
	for i := range len(prefix) {
		if prefix[i] < '0' || prefix[i] > '9' || i > 0 && prefix[i-1] >= '0' && prefix[i-1] <= '9' {
			continue
		}
		if n := stampLength(prefix[i:]); n > 0 {
			return prefix[i : i+n]
		}
	}
	return ""
}

// prefixOf is what stands before Bazel's words, where such are in text and
// something stands before them.
func prefixOf(text string) (prefix string, found bool) {
	words, _ := wordsAt(text)
	at := withoutStamp(text, words)
	switch {
	case at <= 0 || !mayEndPrefix(text[:at]):
		return "", false
	case strings.TrimSpace(text[:at]) == "":
		// A log that was indented as a whole, by words that Bazel never indents.
		return text[:at], strings.Trim(text[:at], " ") == "" && neverIndented(text[words:])
	}
	return text[:at], true
}

func neverIndented(words string) bool {
	return severityOf(words) || strings.HasPrefix(words, "# ") || strings.HasPrefix(words, "FATAL: ") || strings.HasPrefix(words, "Starting local ")
}

func severityOf(words string) bool {
	return slices.ContainsFunc(severities[:], func(s string) bool { return strings.HasPrefix(words, s) })
}

// withoutStamp moves the end of a prefix before a timestamp at its end: not
// every line of Bazel's has one.
func withoutStamp(text string, end int) int {
	for i := max(0, end-160); i < end; i++ {
		if _, rest, ok := oneStamp(text[i:]); ok && len(text)-len(rest) == end {
			return i
		}
	}
	return end
}

// mayEndPrefix: a quotation mark or a letter right before Bazel's words is a
// sentence about them.
func mayEndPrefix(prefix string) bool {
	return prefix == "+" || strings.IndexByte(" \t]|>):", prefix[len(prefix)-1]) >= 0
}

// prefixLike reports whether a prefix is a collector's beyond doubt: a short
// run that ends like a label ("web_1  |", "[job]", "12>"), or one without
// words ("+ 00:00:01", "  123").
func prefixLike(s string) bool {
	t := strings.TrimRight(s, " \t")
	if len(s) > 120 || t == "" {
		return t == ""
	}
	if !strings.ContainsFunc(t, isLetter) {
		return !strings.ContainsAny(t, "'\"`") && strings.ContainsAny(t, "0123456789|>+")
	}
	if strings.HasPrefix(t, "##[") { // GitHub, Azure: ##[error]
		t = t[2:]
	}
	if len(t) == len(strings.TrimPrefix(s, "##")) && t[len(t)-1] != ']' && t[len(t)-1] != '|' {
		return false
	}
	return strings.IndexByte("]|>:)", t[len(t)-1]) >= 0 && !strings.ContainsAny(t, "'\"`#*")
}

func isLetter(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0x80
}

// Speaks reports whether Bazel speaks in a text, wherever it begins to, within
// the first limit bytes. It streams. Words of Bazel's that a sentence quotes
// do not count.
func Speaks(r io.Reader, limit int64) bool {
	lines := newLineReader(io.LimitReader(r, limit))
	u := newUnprefixer(lines)
	for {
		l, err := u.next()
		if err != nil {
			return false
		}
		if at, sure := wordsAt(strings.TrimLeft(l.text, " \t")); at == 0 && sure {
			return true
		}
	}
}
