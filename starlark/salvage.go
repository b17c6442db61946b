// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"bytes"
	"regexp"
	"unicode/utf8"
)

// maxBlanked is how many lines of a broken chunk are given up one by one
// before the chunk is read by its indentation alone.
const maxBlanked = 3

// broken extracts what it can of a chunk that does not parse. First the
// lines that the parser complains of are replaced by pass, which is all it
// takes when a statement inside a function is half written. Where that does
// not help, def lines and indentation tell where functions are.
func (x *extractor) broken(c chunk, err error) {
	if x.sum.fault == nil {
		x.sum.fault = faultOf(err)
	}
	x.sum.broken = append(x.sum.broken, lineRange{c.line, c.lastLine()})
	text := bytes.Clone(c.text)
	for range maxBlanked {
		if !blankLine(text, int(faultOf(err).line-c.line)) {
			break
		}
		file, again := parseChunk(chunk{text: text, line: c.line})
		if again == nil {
			x.statements(file.Stmts)
			return
		}
		err = again
	}
	x.salvage(c)
}

// blankLine replaces the statement on the n-th line of text by pass, keeping
// its indentation. It refuses a line that begins a block.
func blankLine(text []byte, n int) bool {
	for ; n > 0; n-- {
		end := bytes.IndexByte(text, '\n')
		if end < 0 {
			return false
		}
		text = text[end+1:]
	}
	if end := bytes.IndexByte(text, '\n'); end >= 0 {
		text = text[:end]
	}
	indent := len(text) - len(bytes.TrimLeft(text, " \t"))
	body := bytes.TrimRight(text[indent:], " \t\r")
	if indent == 0 || len(body) < len("pass") || bytes.HasSuffix(body, []byte(":")) ||
		bytes.HasPrefix(body, []byte("def ")) || bytes.HasPrefix(body, []byte("pass ")) {
		return false
	}
	copy(body, "pass")
	for i := len("pass"); i < len(body); i++ {
		body[i] = ' '
	}
	return true
}

var (
	defLine = regexp.MustCompile(`^([ \t]*)def[ \t]+([\pL_][\pL\pN_]*)`)
	madeBy  = regexp.MustCompile(`^([\pL_][\pL\pN_]*)[ \t]*=[ \t]*([a-z_]+)[ \t]*\(`)
	implArg = regexp.MustCompile(`\b(implementation|impl)[ \t]*=[ \t]*([\pL_][\pL\pN_]*)`)
)

// salvage reads a chunk by its lines.
func (x *extractor) salvage(c chunk) {
	it := x.beginItem()
	last := c.line
	var stack []int32 // enclosing functions, outermost first
	var indents []int
	lex := lexer{text: c.text}
	line := c.line
	for lex.at < len(c.text) {
		start, inString := lex.at, lex.quote != nil
		passed := lex.line()
		text := bytes.TrimRight(c.text[start:lex.at], "\r\n")
		if body := bytes.TrimLeft(text, " \t"); !inString && len(body) > 0 && body[0] != '#' {
			indent := len(text) - len(body)
			for len(indents) > 0 && indent <= indents[len(indents)-1] && !isClosing(body) {
				stack, indents = stack[:len(stack)-1], indents[:len(indents)-1]
			}
			if m := defLine.FindSubmatch(text); m != nil {
				stack = append(stack, x.salvageDef(stack, line, m[1], m[2]))
				indents = append(indents, indent)
			}
		}
		if len(bytes.TrimSpace(text)) > 0 {
			last = line + int32(bytes.Count(text, []byte{'\n'}))
			end := int32(1 + utf8.RuneCount(text[bytes.LastIndexByte(text, '\n')+1:]))
			for _, fn := range stack {
				s := &x.sum.functions[fn].span
				s.endLine, s.endCol = last, end
			}
		}
		line += passed
	}
	x.salvageConstructor(c, last)
	x.endItem(it, lineRange{c.line, last})
}

func isClosing(body []byte) bool {
	return body[0] == ')' || body[0] == ']' || body[0] == '}'
}

// salvageDef notes a function of which only the def line is known.
func (x *extractor) salvageDef(stack []int32, line int32, indent, name []byte) int32 {
	parent := int32(0)
	if len(stack) > 0 {
		parent = stack[len(stack)-1]
	}
	col := int32(1 + len(indent))
	nameCol := col + int32(len("def "))
	return x.add(funcSummary{
		name: string(name), kind: Function, parent: parent,
		span:     span{line, col, line, nameCol},
		nameSpan: span{line, nameCol, line, nameCol + int32(utf8.RuneCount(name))},
	})
}

// salvageConstructor notes "name = rule(" with the implementation that the
// broken call names.
func (x *extractor) salvageConstructor(c chunk, last int32) {
	m := madeBy.FindSubmatch(c.text)
	if m == nil {
		return
	}
	call := expr{op: opCall, args: []expr{{op: opName, text: string(m[2])}}}
	if arg := implArg.FindSubmatch(c.text); arg != nil {
		call.args = append(call.args, expr{op: opKeyword, text: string(arg[1]), args: []expr{{op: opName, text: string(arg[2])}}})
	}
	top := &x.sum.functions[0]
	top.bindings = append(top.bindings, binding{
		name: string(m[1]), value: call,
		span:     span{c.line, 1, last, 1 + int32(utf8.RuneCount(lastLineOf(c.text)))},
		nameSpan: span{c.line, 1, c.line, 1 + int32(utf8.RuneCount(m[1]))},
	})
}

// lastLineOf is the last line of text that is not blank.
func lastLineOf(text []byte) []byte {
	text = bytes.TrimRight(text, " \t\r\n")
	return text[bytes.LastIndexByte(text, '\n')+1:]
}
