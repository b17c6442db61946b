// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"bytes"
	"unicode/utf8"

	"go.starlark.net/syntax"
)

// Reading one file, tolerantly.
//
// go.starlark.net/syntax is the fastest parser there is for this language,
// but it gives no tree for a file with one error in it, and it refuses some
// files that Bazel reads: byte escapes ("\336"), the type annotations of
// Bazel 9, a byte order mark. So a file is read in up to three steps, and most
// never get past the first:
//
//  1. the whole text, as it is;
//  2. the whole text with the known differences of dialect overwritten by
//     blanks of the same width (dialect.go), so that every position stays;
//  3. statement by statement (chunk.go): each chunk that begins at column 0 is
//     parsed by itself, with its first line told to the parser. A chunk that
//     is really broken, typically the one under the cursor, is salvaged: its
//     functions are found by their def lines and indentation (salvage.go).
//
// Positions are the library's: lines from 1, columns in runes from 1; CR LF
// counts as one line end, a byte that is not UTF-8 as one rune.

// maxFileBytes is the size over which a source file is not read: Bazel itself
// needs minutes and gigabytes for such a file, and a workspace has none that
// anybody wrote.
const maxFileBytes = 16 << 20

// options silence nothing but the resolver, which is not used.
var options = &syntax.FileOptions{Set: true, While: true, TopLevelControl: true, GlobalReassign: true}

// summarize reads the text of a file. It never fails: what cannot be read is
// named in the summary's fault.
func summarize(kind fileKind, text []byte) *fileSummary {
	sum, _ := digest(kind, text)
	return sum
}

// digest is summarize, with the tree where the whole text has one.
func digest(kind fileKind, text []byte) (*fileSummary, *syntax.File) {
	text = clean(text)
	x := newExtractor(kind, endOf(text))
	if err := nestingFault(text); err != nil {
		x.sum.fault = err
		x.sum.broken = []lineRange{{1, x.sum.functions[0].span.endLine}}
		return x.sum, nil
	}
	file, err := options.Parse("", text, 0)
	if err == nil {
		x.statements(file.Stmts)
		return x.sum.seal(), file
	}
	x.sum.fault = faultOf(err)
	if repaired, changed := repairDialect(text); changed {
		text = repaired
		if file, err = options.Parse("", text, 0); err == nil {
			x.sum.fault = nil
			x.statements(file.Stmts)
			return x.sum.seal(), file
		}
		x.sum.fault = faultOf(err)
	}
	x.chunks(text)
	return x.sum.seal(), nil
}

// clean drops a byte order mark and blanks the bytes that stop the library's
// scanner without an error. A carriage return alone ends a line for the scanner:
// it is made a new line, so that whoever goes by lines counts the same ones.
func clean(text []byte) []byte {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if bytes.IndexByte(text, 0) >= 0 {
		text = bytes.ReplaceAll(text, []byte{0}, []byte{' '})
	}
	copied := false
	for i := bytes.IndexByte(text, '\r'); i >= 0; {
		if i+1 == len(text) || text[i+1] != '\n' {
			if !copied {
				text, copied = bytes.Clone(text), true
			}
			text[i] = '\n'
		}
		next := bytes.IndexByte(text[i+1:], '\r')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return text
}

// endOf is the position behind the last rune of a text.
func endOf(text []byte) Position {
	line, last := 1, 0
	for i := 0; i < len(text); {
		n := bytes.IndexByte(text[i:], '\n')
		r := bytes.IndexByte(text[i:min(len(text), i+max(n, 0))], '\r')
		if n < 0 {
			r = bytes.IndexByte(text[i:], '\r')
		}
		switch {
		case r >= 0 && (n < 0 || r < n-1): // a lone CR ends a line too
			i += r + 1
		case n >= 0:
			i += n + 1
		default:
			i = len(text)
			continue
		}
		line++
		last = i
	}
	return Position{Line: line, Column: 1 + utf8.RuneCount(text[last:])}
}

// faultOf turns a parser's error into a fault.
func faultOf(err error) *fault {
	if e, ok := err.(syntax.Error); ok {
		return &fault{line: e.Pos.Line, column: e.Pos.Col, message: e.Msg}
	}
	return &fault{line: 1, column: 1, message: err.Error()}
}

const (
	// deepFile is the size from which on a file is checked for nesting that
	// would exhaust the parser's stack, which Go cannot recover from.
	deepFile = 128 << 10
	// maxPrefixes is how many prefix operators may stand in one expression.
	maxPrefixes = 20000
)

// nestingFault looks for a run of prefix operators ("-----x", "not not x",
// "lambda: lambda: x", "a if b else a if b else …") so long that the recursive
// parser would overflow the goroutine's stack. Brackets need no check: the
// library counts those. Nor do binary operators, which it reads in a loop.
func nestingFault(text []byte) *fault {
	if len(text) < deepFile {
		return nil
	}
	unary, nested, line := 0, 0, int32(1)
	operand := false // the last token was one, so + and - are binary
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\n':
			line++
			if i+1 < len(text) && isWordByte(text[i+1]) {
				unary, nested = 0, 0 // a statement at column 0
			}
		case c == ',' || c == ')' || c == ']' || c == '}':
			unary, nested, operand = 0, 0, c != ','
		case c == '"' || c == '\'':
			unary, operand = 0, true
		case c == '-' || c == '+' || c == '~':
			if !operand {
				unary++
			}
			operand = false
		case isWordByte(c):
			start := i
			for i+1 < len(text) && isWordByte(text[i+1]) {
				i++
			}
			switch string(text[start : i+1]) {
			case "not":
				unary, operand = unary+1, false
			case "lambda", "else", "elif":
				nested, operand = nested+1, false
			case "in", "and", "or", "if", "for", "return":
				operand = false
			default:
				unary, operand = 0, true
			}
		case c != ' ' && c != '\t' && c != '\r':
			operand = false
		}
		if unary+nested > maxPrefixes {
			return &fault{line: line, column: 1, message: "expression nested too deeply"}
		}
	}
	return nil
}

func isWordByte(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c >= utf8.RuneSelf
}
