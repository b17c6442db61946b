// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"bytes"
	"unicode/utf8"
)

// What Bazel reads and go.starlark.net/syntax refuses, overwritten in place
// by as many bytes, so that every position stays:
//
//   - byte escapes over 127 ("\336", "\xff") and escapes it does not know:
//     Bazel's strings are bytes, the library's are UTF-8;
//   - the type annotations of Bazel 9 (--experimental_starlark_types):
//     parameters, results, variables and "type T = …";
//   - leading zeros in numbers (0777), form feeds;
//   - Python's reserved words as keyword arguments.
//
// The passes follow strings and comments, so nothing inside one is touched
// but the escapes.

// repairDialect returns a copy of the text without the differences, and
// whether there were any.
func repairDialect(text []byte) ([]byte, bool) {
	r := repairer{text: bytes.Clone(text)}
	for r.at < len(r.text) {
		r.token()
	}
	return r.text, r.changed
}

// A repairer walks a text token by token.
type repairer struct {
	text    []byte
	at      int
	changed bool
	depth   int
	// lineStart: only white space lies between at and the line's start.
	started bool
}

func (r *repairer) blank(from, to int) {
	for i := from; i < to; i++ {
		// Annotations are ASCII. Half a letter overwritten would make two
		// columns of one.
		if c := r.text[i]; c != '\n' && c != '\r' && c < utf8.RuneSelf {
			r.text[i] = ' '
		}
	}
	r.changed = true
}

// token repairs and skips the token at r.at.
func (r *repairer) token() {
	text := r.text
	switch c := text[r.at]; {
	case c == '\n':
		r.started = false
		r.at++
	case c == '\f':
		text[r.at] = ' '
		r.changed = true
		r.at++
	case c == ' ' || c == '\t' || c == '\r':
		r.at++
	case c == '#':
		if n := bytes.IndexByte(text[r.at:], '\n'); n >= 0 {
			r.at += n
		} else {
			r.at = len(text)
		}
	case c == '"' || c == '\'':
		r.started = true
		r.str(false)
	case c == '(' || c == '[' || c == '{':
		r.started = true
		r.depth++
		r.at++
	case c == ')' || c == ']' || c == '}':
		r.depth = max(0, r.depth-1)
		r.at++
	case isWordByte(c):
		r.word()
	default:
		r.started = true
		r.at++
	}
}

// word handles names, keywords and numbers.
func (r *repairer) word() {
	text, start := r.text, r.at
	for r.at < len(text) && isWordByte(text[r.at]) {
		r.at++
	}
	word := text[start:r.at]
	first := !r.started
	r.started = true
	if r.at < len(text) && (text[r.at] == '"' || text[r.at] == '\'') {
		switch string(word) {
		case "r", "rb", "br":
			r.str(true)
			return
		case "b":
			r.str(false)
			return
		}
	}
	switch {
	case word[0] == '0' && len(word) > 1 && isDigits(word) && !(start > 0 && text[start-1] == '.'):
		for i := start; i < r.at-1 && text[i] == '0'; i++ {
			text[i] = ' '
			r.changed = true
		}
	case string(word) == "def" && first:
		r.header()
	case reserved[string(word)] && r.depth > 0 && r.nextIs('='):
		text[start] = '_'
		r.changed = true
	case first && r.depth == 0:
		r.variable(start, string(word))
	}
}

func isDigits(word []byte) bool {
	for _, c := range word {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// reserved words of Python that the library does not take as names.
var reserved = map[string]bool{
	"as": true, "async": true, "await": true, "class": true, "del": true, "except": true,
	"finally": true, "from": true, "global": true, "import": true, "is": true,
	"nonlocal": true, "raise": true, "try": true, "with": true, "yield": true,
}

// nextIs reports whether the next byte that is not white space is c, and
// what follows does not make it another operator.
func (r *repairer) nextIs(c byte) bool {
	i := skipSpace(r.text, r.at)
	return i < len(r.text) && r.text[i] == c && !(i+1 < len(r.text) && r.text[i+1] == '=')
}

func skipSpace(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t') {
		i++
	}
	return i
}

// variable blanks the annotation of "x: T = v" and "x: T", and turns
// "type T = …" into "T = …".
func (r *repairer) variable(start int, word string) {
	text := r.text
	next := skipSpace(text, r.at)
	if word == "type" && next > r.at && next < len(text) && isWordByte(text[next]) {
		r.frontName(start, next)
		return
	}
	if compound[word] || next >= len(text) || text[next] != ':' {
		return
	}
	end := typeEnd(text, next+1, "=")
	if end == next+1 || skipSpace(text, next+1) >= len(text) {
		return
	}
	if c := text[skipSpace(text, next+1)]; c == '\n' || c == '\r' || c == '#' {
		return // "else:" and its like, or an unfinished line
	}
	r.blank(next, end)
	r.at = end
}

// frontName moves the alias's name to where "type" began, so that the line
// does not look indented; the width stays.
func (r *repairer) frontName(start, next int) {
	end := next
	for end < len(r.text) && isWordByte(r.text[end]) {
		end++
	}
	n := copy(r.text[start:], r.text[next:end])
	for i := start + n; i < end; i++ {
		r.text[i] = ' '
	}
	r.changed = true
	r.at = end
}

// compound are the words that begin a line with a colon in it.
var compound = map[string]bool{
	"if": true, "elif": true, "else": true, "for": true, "while": true, "def": true,
	"return": true, "lambda": true, "try": true, "class": true, "with": true,
}

// header blanks the annotations of a def: "a: T", "-> T".
func (r *repairer) header() {
	text := r.text
	depth := 0
	for r.at < len(text) {
		switch c := text[r.at]; {
		case c == '"' || c == '\'':
			r.str(false)
			continue
		case c == '#':
			if n := bytes.IndexByte(text[r.at:], '\n'); n >= 0 {
				r.at += n
			} else {
				r.at = len(text)
			}
			continue
		case c == '\n' && depth == 0:
			return // no parenthesis: broken
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			depth--
			if depth <= 0 {
				r.at++
				r.result()
				return
			}
		case c == ':' && depth == 1:
			end := typeEnd(text, r.at+1, ",=)")
			r.blank(r.at, end)
			r.at = end
			continue
		case c == 'l' && bytes.HasPrefix(text[r.at:], []byte("lambda")) && !isWordByte(text[r.at-1]):
			r.at += bytes.IndexByte(append(text[r.at:len(text):len(text)], ':'), ':') + 1
			continue
		}
		r.at++
	}
}

// result blanks "-> T" between the parenthesis and the colon.
func (r *repairer) result() {
	i := skipSpace(r.text, r.at)
	if !bytes.HasPrefix(r.text[i:], []byte("->")) {
		return
	}
	end := typeEnd(r.text, i+2, ":")
	r.blank(i, end)
	r.at = end
}

// typeEnd is the offset at which a type expression ends: a byte of stop
// outside of brackets, the line's end, or a bracket that it did not open.
func typeEnd(text []byte, i int, stop string) int {
	depth := 0
	for i < len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\'':
			i = stringEnd(text, i)
			continue
		case c == '\n' && depth == 0, c == '#':
			return i
		case depth == 0 && bytes.IndexByte([]byte(stop), c) >= 0:
			return i
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			if depth == 0 {
				return i
			}
			depth--
		}
		i++
	}
	return i
}

// str skips a string and blanks the escapes that the library refuses.
func (r *repairer) str(raw bool) {
	text := r.text
	quote := text[r.at : r.at+1]
	if t := text[r.at:]; len(t) >= 3 && t[1] == t[0] && t[2] == t[0] {
		quote = t[:3]
	}
	for r.at += len(quote); r.at < len(text); {
		switch c := text[r.at]; {
		case bytes.HasPrefix(text[r.at:], quote):
			r.at += len(quote)
			return
		case c == '\n' && len(quote) == 1:
			return
		case c == '\\':
			if !raw {
				r.escape()
			}
			r.at = min(r.at+2, len(text))
		default:
			r.at++
		}
	}
}

// escape overwrites the escape at r.at where the library would refuse it.
func (r *repairer) escape() {
	text := r.text
	if r.at+1 >= len(text) {
		return
	}
	switch c := text[r.at+1]; {
	case bytes.IndexByte([]byte("abfnrtv\\\"'\n\ruU"), c) >= 0:
		return
	case c >= '0' && c <= '7':
		value := 0
		for i := r.at + 1; i < min(r.at+4, len(text)) && text[i] >= '0' && text[i] <= '7'; i++ {
			value = value*8 + int(text[i]-'0')
		}
		if value < 0x80 {
			return
		}
	case c == 'x' && r.at+2 < len(text) && text[r.at+2] >= '0' && text[r.at+2] <= '7':
		return
	}
	text[r.at] = '_'
	r.changed = true
}
