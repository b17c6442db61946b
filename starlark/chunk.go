// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"bytes"

	"go.starlark.net/syntax"
)

// A chunk is a run of whole lines that begins with a statement at column 0.
type chunk struct {
	text []byte
	line int32 // of its first byte, from 1
	// open is the number of brackets left open at its end.
	open int
}

// lastLine is the number of the chunk's last line.
func (c chunk) lastLine() int32 {
	n := int32(bytes.Count(c.text, []byte{'\n'}))
	if bytes.HasSuffix(c.text, []byte{'\n'}) {
		n--
	}
	return c.line + max(n, 0)
}

// maxJoined is how many chunks a statement whose lines begin at column 0
// inside brackets may be put together from.
const maxJoined = 32

// chunks extracts a broken text statement by statement.
func (x *extractor) chunks(text []byte) {
	list := split(text)
	for i := 0; i < len(list); i++ {
		c := list[i]
		file, err := parseChunk(c)
		if err != nil && c.open > 0 {
			if joined, f, n := join(list[i:]); n > 0 {
				c, file, err = joined, f, nil
				i += n
			}
		}
		if err == nil {
			x.statements(file.Stmts)
			continue
		}
		x.broken(c, err)
	}
}

func parseChunk(c chunk) (*syntax.File, error) {
	return options.Parse("", syntax.FilePortion{Content: c.text, FirstLine: c.line, FirstCol: 1}, 0)
}

// join puts the first chunk together with those behind it until the whole
// parses; n is how many were taken. A chunk that begins like a statement of
// its own ends the search: the bracket before it was never closed.
func join(list []chunk) (joined chunk, file *syntax.File, n int) {
	joined = list[0]
	open := joined.open
	for n = 1; n < len(list) && n <= maxJoined; n++ {
		if startsDefinition(list[n].text) {
			return joined, nil, 0
		}
		joined.text = joined.text[:len(joined.text)+len(list[n].text)] // they are neighbours
		if open += list[n].open; open > 0 {
			continue
		}
		if f, err := parseChunk(joined); err == nil {
			return joined, f, n
		}
	}
	return joined, nil, 0
}

// startsDefinition reports whether a line at column 0 begins with what never
// stands at column 0 inside brackets.
func startsDefinition(text []byte) bool {
	return bytes.HasPrefix(text, []byte("def ")) || bytes.HasPrefix(text, []byte("load("))
}

// split cuts a text before every line that begins a statement at column 0.
// Lines inside triple-quoted strings begin none; where a string never ends,
// or swallows what is plainly code, the code wins.
func split(text []byte) []chunk {
	var list []chunk
	lex := lexer{text: text}
	start, line, startLine := 0, int32(1), int32(1)
	for lex.at < len(text) {
		if lex.quote == nil && lex.at > start && startsStatement(text[lex.at:]) ||
			lex.quote != nil && lex.runaway() {
			lex.quote = nil
			list = append(list, chunk{text: text[start:lex.at:len(text)], line: startLine, open: lex.open})
			start, startLine, lex.open = lex.at, line, 0
		}
		line += lex.line()
	}
	if start < len(text) {
		list = append(list, chunk{text: text[start:], line: startLine, open: lex.open})
	}
	return list
}

// startsStatement reports whether a line that begins with text begins a
// statement.
func startsStatement(text []byte) bool {
	switch c := text[0]; c {
	case ' ', '\t', '\n', '\r', '\f', '#', ')', ']', '}', ',', '.':
		return false
	}
	return !bytes.HasPrefix(text, []byte("else")) && !bytes.HasPrefix(text, []byte("elif"))
}

// A lexer follows strings, comments and brackets from line to line.
type lexer struct {
	text []byte
	at   int
	// quote is the closing triple quote of the string that is open.
	quote []byte
	// open is the number of open brackets.
	open int
	// odd: the text has a triple quote without a partner. Counted once.
	odd, counted bool
}

// runaway reports, at the start of a line inside a triple-quoted string,
// whether the string has swallowed code: some triple quote of the text has no
// partner, and this line plainly begins a definition.
func (l *lexer) runaway() bool {
	if !startsDefinition(l.text[l.at:]) {
		return false
	}
	if !l.counted {
		l.counted = true
		l.odd = (bytes.Count(l.text, []byte(`"""`))+bytes.Count(l.text, []byte(`'''`)))%2 == 1
	}
	return l.odd
}

// line moves behind the end of the current line, and says how many it passed:
// a string may go on in the next one behind a backslash.
func (l *lexer) line() int32 {
	from := l.at
	l.toLineEnd()
	return int32(max(1, bytes.Count(l.text[from:l.at], []byte{'\n'})))
}

func (l *lexer) toLineEnd() {
	text := l.text
	for l.at < len(text) {
		if l.quote != nil {
			if !l.insideTriple() {
				return
			}
			continue
		}
		switch c := text[l.at]; c {
		case '\n':
			l.at++
			return
		case '#':
			if n := bytes.IndexByte(text[l.at:], '\n'); n >= 0 {
				l.at += n + 1
			} else {
				l.at = len(text)
			}
			return
		case '"', '\'':
			if t := text[l.at:]; len(t) >= 3 && t[1] == c && t[2] == c {
				l.quote = t[:3]
				l.at += 3
				continue
			}
			l.at = stringEnd(text, l.at)
		case '(', '[', '{':
			l.open++
			l.at++
		case ')', ']', '}':
			l.open--
			l.at++
		default:
			l.at++
		}
	}
}

// insideTriple moves on inside a triple-quoted string; false at a line end.
func (l *lexer) insideTriple() bool {
	switch c := l.text[l.at]; {
	case c == '\n':
		l.at++
		return false
	case c == '\\' && l.at+1 < len(l.text) && l.text[l.at+1] != '\n':
		l.at += 2
	case bytes.HasPrefix(l.text[l.at:], l.quote):
		l.quote = nil
		l.at += 3
	default:
		l.at++
	}
	return true
}

// stringEnd is the offset behind the one-line string that begins at i, or of
// the line's end where the string is not closed.
func stringEnd(text []byte, i int) int {
	quote := text[i]
	for i++; i < len(text); i++ {
		switch text[i] {
		case quote:
			return i + 1
		case '\n':
			return i
		case '\\':
			if i+1 < len(text) {
				i++
			}
		}
	}
	return i
}
