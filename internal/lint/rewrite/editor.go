// SPDX-License-Identifier: Apache-2.0

package rewrite

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"go.starlark.net/syntax"

	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/flow"
)

// plainText reports whether positions in a text are what they seem: the parser
// skips a byte order mark, and takes a lone carriage return for a line's end.
func plainText(text []byte) bool {
	return !bytes.HasPrefix(text, []byte("\xef\xbb\xbf")) && bytes.IndexByte(text, '\r') < 0 && utf8.Valid(text)
}

// An editor collects the edits of one file.
type editor struct {
	file   *flow.File
	starts []int
	edits  []lint.Edit
}

func edit(f *flow.File) *editor {
	e := &editor{file: f, starts: []int{0}}
	for i, c := range f.Text {
		if c == '\n' {
			e.starts = append(e.starts, i+1)
		}
	}
	return e
}

// offset is where a position stands in the text.
func (e *editor) offset(p syntax.Position) int {
	if int(p.Line) > len(e.starts) {
		return len(e.file.Text)
	}
	at := e.starts[p.Line-1]
	for range p.Col - 1 {
		if at >= len(e.file.Text) {
			break
		}
		_, n := utf8.DecodeRune(e.file.Text[at:])
		at += n
	}
	return at
}

// text is a node as it is written.
func (e *editor) text(n syntax.Node) string {
	start, end := n.Span()
	return string(e.file.Text[e.offset(start):e.offset(end)])
}

func (e *editor) replace(n syntax.Node, text string) {
	start, end := n.Span()
	e.put(e.offset(start), e.offset(end), text)
}

func (e *editor) put(start, end int, text string) {
	e.edits = append(e.edits, lint.Edit{File: e.file.Path, Start: start, End: end, Text: text})
}

// indent is the white space before a statement, and whether it begins its line.
func (e *editor) indent(s syntax.Node) (string, bool) {
	start, _ := s.Span()
	line := string(e.file.Text[e.starts[start.Line-1]:e.offset(start)])
	return line, strings.TrimLeft(line, " \t") == ""
}

// before puts a line above a statement.
func (e *editor) before(s syntax.Stmt, line string) bool {
	indent, first := e.indent(s)
	start, _ := s.Span()
	at := e.starts[start.Line-1]
	e.put(at, at, indent+line+"\n")
	return first
}

// after puts a line below a statement, with its indentation.
func (e *editor) after(s syntax.Stmt, line string) bool {
	indent, first := e.indent(s)
	_, end := s.Span()
	at := len(e.file.Text)
	missing := ""
	if int(end.Line) < len(e.starts) {
		at = e.starts[end.Line]
	} else if at > 0 && e.file.Text[at-1] != '\n' {
		missing = "\n"
	}
	e.put(at, at, missing+indent+line+"\n")
	return first
}

// uses counts how often a name stands in nodes.
func uses(name string, nodes ...syntax.Node) int {
	n := 0
	for _, node := range nodes {
		syntax.Walk(node, func(x syntax.Node) bool {
			switch x := x.(type) {
			case *syntax.DotExpr:
				n += uses(name, x.X)
				return false
			case *syntax.BinaryExpr:
				if _, keyword := x.X.(*syntax.Ident); keyword && x.Op == syntax.EQ {
					n += uses(name, x.Y)
					return false
				}
			case *syntax.Ident:
				if x.Name == name {
					n++
				}
			}
			return true
		})
	}
	return n
}

// free is a name made from another that the file does not use.
func free(f *flow.File, name string) string {
	for uses(name, f.Tree) > 0 {
		name += "_"
	}
	return name
}

// keyword is a call's argument by name.
func keyword(c *syntax.CallExpr, name string) syntax.Expr {
	for _, a := range c.Args {
		if b, ok := a.(*syntax.BinaryExpr); ok && b.Op == syntax.EQ {
			if id, ok := b.X.(*syntax.Ident); ok && id.Name == name {
				return b.Y
			}
		}
	}
	return nil
}

// positional are a call's arguments without a name; ok is false where there
// are *args or **kwargs.
func positional(c *syntax.CallExpr) (out []syntax.Expr, ok bool) {
	for _, a := range c.Args {
		switch x := a.(type) {
		case *syntax.UnaryExpr:
			if x.Op == syntax.STAR || x.Op == syntax.STARSTAR {
				return nil, false
			}
		case *syntax.BinaryExpr:
			if x.Op == syntax.EQ {
				continue
			}
		}
		out = append(out, a)
	}
	return out, true
}

func isName(e syntax.Expr, name string) bool {
	id, ok := e.(*syntax.Ident)
	return ok && id.Name == name
}

// function is the innermost def around a node, nil at the top of a file.
func function(f *flow.File, n syntax.Node) *syntax.DefStmt {
	var found *syntax.DefStmt
	syntax.Walk(f.Tree, func(x syntax.Node) bool {
		if x == nil || !within(n, x) {
			return x == nil || x == syntax.Node(f.Tree)
		}
		if d, ok := x.(*syntax.DefStmt); ok {
			found = d
		}
		return true
	})
	return found
}

// within reports whether a node lies in another.
func within(n, outer syntax.Node) bool {
	a, b := n.Span()
	c, d := outer.Span()
	return !before(a, c) && !before(d, b)
}

func before(p, q syntax.Position) bool {
	return p.Line < q.Line || p.Line == q.Line && p.Col < q.Col
}
