// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// A lexer takes JSON (RFC 8259) apart in place, value by value. It tells text
// that ends too early (short) from text that is wrong (bad): the former may go
// on in the next block. It is lenient in two things that do not make a value
// ambiguous: raw control characters in strings, and invalid UTF-8.
type lexer struct {
	b  []byte
	i  int
	st status
}

// A status is how the reading of a value ended.
type status uint8

const (
	ok    status = iota
	short        // the text ends inside the value
	bad          // the text is no JSON
)

// maxDepth bounds nesting: Bazel's events are three deep.
const maxDepth = 128

// fail keeps the first failure.
func (l *lexer) fail(st status) {
	if l.st == ok {
		l.st = st
	}
}

// space steps over white space and returns the byte behind it, or 0.
func (l *lexer) space() byte {
	for ; l.i < len(l.b); l.i++ {
		switch b := l.b[l.i]; b {
		case ' ', '\n', '\t', '\r':
		default:
			return b
		}
	}
	l.fail(short)
	return 0
}

// expect consumes one punctuation mark after white space.
func (l *lexer) expect(want byte) {
	if b := l.space(); b == want {
		l.i++
	} else {
		l.fail(bad)
	}
}

// str consumes a string and returns what stands between its quotes, and
// whether that has escapes.
func (l *lexer) str() (raw []byte, escaped bool) {
	l.expect('"')
	if l.st != ok {
		return nil, false
	}
	for start := l.i; ; {
		q := bytes.IndexByte(l.b[l.i:], '"')
		if q < 0 {
			l.i = len(l.b)
			l.fail(short)
			return nil, false
		}
		s := bytes.IndexByte(l.b[l.i:l.i+q], '\\')
		if s < 0 {
			raw = l.b[start : l.i+q]
			l.i += q + 1
			return raw, escaped
		}
		escaped = true
		l.i += s + 2
		if l.i > len(l.b) {
			l.i = len(l.b)
		}
	}
}

// scalar consumes a number or a literal and returns its text. What it says is
// the caller's matter; that it ends is not known at the end of the text.
func (l *lexer) scalar() []byte {
	start := l.i
	for ; l.i < len(l.b); l.i++ {
		switch b := l.b[l.i]; {
		case b >= '0' && b <= '9', b >= 'a' && b <= 'z', b == '-', b == '+', b == '.', b == 'E':
		default:
			text := l.b[start:l.i]
			if !validScalar(text) {
				l.fail(bad)
			}
			return text
		}
	}
	l.fail(short)
	return nil
}

func validScalar(text []byte) bool {
	switch string(text) {
	case "true", "false", "null":
		return true
	case "":
		return false
	}
	if text[0] != '-' && (text[0] < '0' || text[0] > '9') {
		return false
	}
	if !slices.ContainsFunc(text[1:], func(b byte) bool { return b < '0' || b > '9' }) && text[len(text)-1] != '-' {
		return true // the times, which are most
	}
	_, err := strconv.ParseFloat(string(text), 64)
	return err == nil || err.(*strconv.NumError).Err == strconv.ErrRange
}

// skip consumes any value.
func (l *lexer) skip(depth int) {
	if depth > maxDepth {
		l.fail(bad)
		return
	}
	switch l.space() {
	case '{':
		l.members(func([]byte) { l.skip(depth + 1) })
	case '[':
		l.elements(func() { l.skip(depth + 1) })
	case '"':
		l.str()
	default:
		if l.st == ok {
			l.scalar()
		}
	}
}

// members consumes an object; value has to consume the value of each key. A
// key is given as it is written: Bazel's have no escapes.
func (l *lexer) members(value func(key []byte)) {
	l.expect('{')
	if l.space() == '}' {
		l.i++
		return
	}
	for l.st == ok {
		key, _ := l.str()
		l.expect(':')
		if l.st != ok {
			return
		}
		value(key)
		switch l.space() {
		case ',':
			l.i++
		case '}':
			l.i++
			return
		default:
			l.fail(bad)
		}
	}
}

// elements consumes an array; value has to consume each element.
func (l *lexer) elements(value func()) {
	l.expect('[')
	if l.space() == ']' {
		l.i++
		return
	}
	for l.st == ok {
		value()
		switch l.space() {
		case ',':
			l.i++
		case ']':
			l.i++
			return
		default:
			l.fail(bad)
		}
	}
}

// unescape appends what the inside of a string means. Half a surrogate pair
// becomes U+FFFD, an unknown escape stays as it is.
func unescape(dst, raw []byte) []byte {
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' || i+1 == len(raw) {
			dst = append(dst, raw[i])
			continue
		}
		i++
		switch raw[i] {
		case '"', '\\', '/':
			dst = append(dst, raw[i])
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r, n := hexRune(raw[i+1:])
			if n == 0 {
				dst = append(dst, '\\', 'u')
				continue
			}
			dst = utf8.AppendRune(dst, r)
			i += n
		default:
			dst = append(dst, '\\', raw[i])
		}
	}
	return dst
}

// hexRune reads what follows "\u": four digits, and another escape where they
// are the first half of a surrogate pair. n is how much that is, 0 if it is
// malformed.
func hexRune(b []byte) (r rune, n int) {
	first, valid := hex4(b)
	if !valid {
		return 0, 0
	}
	if !utf16.IsSurrogate(first) {
		return first, 4
	}
	if len(b) >= 10 && b[4] == '\\' && b[5] == 'u' {
		if second, valid := hex4(b[6:]); valid {
			if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
				return r, 10
			}
		}
	}
	return utf8.RuneError, 4
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	v, err := strconv.ParseUint(string(b[:4]), 16, 16)
	return rune(v), err == nil
}

// integer is the value of a number's text, or a string's that holds one, to
// the nearest integer. Other producers write fractions of a microsecond.
func integer(text []byte) (int64, bool) {
	if v, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		return clampMicros(v), true
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil || math.IsNaN(f) {
		return 0, false
	}
	return clampMicros(int64(math.Round(max(-maxMicros, min(maxMicros, f))))), true
}

// maxMicros, 142 years, bounds what is believed of a time, so that sums of
// two times do not overflow.
const maxMicros = 1 << 52

// impossible says that the times of an event lie beyond what any build, or any
// clock, has: one that is believed would be the profile's first or last.
func (e *Event) impossible() bool {
	if e.Phase == 'M' {
		return false
	}
	return e.StartMicros <= -maxMicros || e.DurationMicros <= -maxMicros || e.EndMicros() >= maxMicros
}

func clampMicros(v int64) int64 { return max(-maxMicros, min(maxMicros, v)) }
