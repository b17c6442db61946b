// SPDX-License-Identifier: Apache-2.0

package rewrite

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.starlark.net/syntax"

	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/flow"
)

// fieldToDepset makes the list in a provider's field a depset: its makers give
// the dependencies' own as transitive, its readers call to_list(). nil where a
// maker or a reader is not understood, or out of reach.
func fieldToDepset(p *flow.Program, field flow.Field) *lint.Fix {
	if field.Provider == "" || !field.Own() || strings.Contains(field.Name, ".") {
		return nil
	}
	readers, ok := p.Readers(field)
	if !ok {
		return nil
	}
	c := conversion{program: p, field: field, readers: readers, editors: map[string]*editor{}, seen: map[syntax.Node]bool{}, shared: map[*syntax.DotExpr]bool{}}
	makers := 0
	for _, s := range p.Stores {
		if s.Field != field {
			continue
		}
		file := p.Files[s.At.File]
		if s.Argument == nil || file == nil || !hashable(s.Value) || s.Value.Kind()&flow.Depset != 0 || !plainText(file.Text) {
			return nil
		}
		makers++
		if !c.seen[s.Argument] && !c.maker(file, s.Argument, 0) {
			return nil
		}
	}
	for _, dot := range slices.SortedFunc(maps.Keys(readers), byPosition) {
		if !c.shared[dot] && !plainText(readers[dot].Text) {
			return nil
		}
		if !c.shared[dot] && !takesDepset(readers[dot], dot) {
			e := c.editor(readers[dot])
			_, end := dot.Span()
			e.put(e.offset(end), e.offset(end), ".to_list()")
		}
	}
	if makers == 0 || len(c.editors) == 0 {
		return nil
	}
	fix := &lint.Fix{Title: fmt.Sprintf("Make %s a depset, here and in whoever reads it (equal elements are kept once)", field)}
	for _, path := range slices.Sorted(maps.Keys(c.editors)) {
		fix.Edits = append(fix.Edits, c.editors[path].edits...)
	}
	return fix
}

func byPosition(a, b *syntax.DotExpr) int {
	p, _ := a.Span()
	q, _ := b.Span()
	if before(p, q) {
		return -1
	}
	return 1
}

// hashable reports whether a value's elements can be a depset's: it takes no
// lists and dicts, nor what holds them.
func hashable(v flow.Value) bool {
	for _, o := range v.Objects {
		for _, e := range o.Elements.Objects {
			if e.Kind&(flow.List|flow.Dict|flow.Depset) != 0 {
				return false
			}
			for _, f := range e.Fields {
				if f.Kind()&(flow.List|flow.Dict) != 0 {
					return false
				}
			}
		}
	}
	return v.Kind()&flow.Dict == 0
}

// takesDepset reports whether a reader is an argument of a method that takes
// depsets as well.
func takesDepset(f *flow.File, dot *syntax.DotExpr) bool {
	takes := false
	syntax.Walk(f.Tree, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && slices.Contains(call.Args, syntax.Expr(dot)) {
			if m, ok := call.Fn.(*syntax.DotExpr); ok && (m.Name.Name == "add_all" || m.Name.Name == "add_joined") {
				takes = true
			}
		}
		return true
	})
	return takes
}

// A conversion is the way of one field from list to depset.
type conversion struct {
	program *flow.Program
	field   flow.Field
	readers map[*syntax.DotExpr]*flow.File
	editors map[string]*editor
	// seen are the expressions that were converted, shared the readers whose
	// depset is handed on as it is.
	seen   map[syntax.Node]bool
	shared map[*syntax.DotExpr]bool
}

func (c *conversion) editor(f *flow.File) *editor {
	e, ok := c.editors[f.Path]
	if !ok {
		e = edit(f)
		c.editors[f.Path] = e
	}
	return e
}

// reader is the field's reader that an expression is, or nil.
func (c *conversion) reader(x syntax.Expr) *syntax.DotExpr {
	if dot, ok := x.(*syntax.DotExpr); ok && c.readers[dot] != nil {
		return dot
	}
	return nil
}

// reads reports whether an expression reads the field somewhere in it.
func (c *conversion) reads(x syntax.Node) bool {
	found := false
	syntax.Walk(x, func(n syntax.Node) bool {
		if dot, ok := n.(*syntax.DotExpr); ok && c.readers[dot] != nil {
			found = true
		}
		return true
	})
	return found
}

const maxHelpers = 4

// maker makes an expression, a list until now, a depset.
func (c *conversion) maker(f *flow.File, x syntax.Expr, deep int) bool {
	c.seen[x] = true
	e := c.editor(f)
	switch v := x.(type) {
	case *syntax.Ident:
		return c.variable(f, v)
	case *syntax.CallExpr:
		if dot, ok := v.Fn.(*syntax.DotExpr); ok && dot.Name.Name == "to_list" && len(v.Args) == 0 {
			e.replace(v, e.text(dot.X))
			return !c.reads(v)
		}
		if id, ok := v.Fn.(*syntax.Ident); ok && deep < maxHelpers {
			if done, is := c.helper(f, id, v, deep); is {
				return done
			}
		}
	}
	own, below, ok := c.parts(e, x)
	if !ok {
		return false
	}
	e.replace(x, depsetOf(own, below))
	return true
}

// depsetOf is depset(own, transitive = below).
func depsetOf(own, below []string) string {
	direct, transitive := strings.Join(own, " + "), strings.Join(below, " + ")
	switch {
	case transitive == "":
		return "depset(" + direct + ")"
	case direct == "":
		return "depset(transitive = " + transitive + ")"
	}
	return "depset(" + direct + ", transitive = " + transitive + ")"
}

// parts takes a sum of lists apart: what is the target's own, and the lists of
// what is below.
func (c *conversion) parts(e *editor, x syntax.Expr) (own, below []string, ok bool) {
	switch v := x.(type) {
	case *syntax.ParenExpr:
		return c.parts(e, v.X)
	case *syntax.BinaryExpr:
		if v.Op == syntax.PLUS {
			own, below, ok = c.parts(e, v.X)
			more, lower, also := c.parts(e, v.Y)
			return append(own, more...), append(below, lower...), ok && also
		}
	case *syntax.Comprehension:
		if list, is := c.nested(e, v); is {
			return nil, []string{list}, true
		}
	}
	if dot := c.reader(x); dot != nil {
		c.shared[dot] = true
		return nil, []string{"[" + e.text(dot) + "]"}, true
	}
	if c.reads(x) {
		return nil, nil, false
	}
	return []string{e.text(x)}, nil, true
}

// nested is [d[P].f for d in deps] of [x for d in deps for x in d[P].f].
func (c *conversion) nested(e *editor, v *syntax.Comprehension) (string, bool) {
	if len(v.Clauses) < 2 || v.Curly {
		return "", false
	}
	last, ok := v.Clauses[len(v.Clauses)-1].(*syntax.ForClause)
	if !ok {
		return "", false
	}
	dot := c.reader(last.X)
	name, ok := last.Vars.(*syntax.Ident)
	if dot == nil || !ok || !isName(v.Body, name.Name) {
		return "", false
	}
	for _, clause := range v.Clauses[:len(v.Clauses)-1] {
		if c.reads(clause) {
			return "", false
		}
	}
	c.shared[dot] = true
	first, _ := v.Clauses[0].Span()
	_, end := v.Clauses[len(v.Clauses)-2].Span()
	return "[" + e.text(dot) + " " + strings.TrimSpace(string(e.file.Text[e.offset(first):e.offset(end)])) + "]", true
}

// helper converts what a function of the workspace returns, where all that call
// it make the field.
func (c *conversion) helper(f *flow.File, id *syntax.Ident, call *syntax.CallExpr, deep int) (done, is bool) {
	def, file := c.program.Definition(f, id.Name)
	if def == nil {
		return false, false
	}
	if c.seen[def] {
		return true, true
	}
	c.seen[def] = true
	if !c.returnsOwn(def) {
		return false, false // it makes a list of its own: depset(helper(…))
	}
	calls, ok := c.program.Callers(def)
	if !ok || len(calls) == 0 || !plainText(file.Text) {
		return false, true
	}
	for _, one := range calls {
		if !c.makes(one) {
			return false, true
		}
	}
	for _, r := range returns(def) {
		if r.Result == nil || !c.maker(file, r.Result, deep+1) {
			return false, true
		}
	}
	return true, true
}

// returnsOwn reports whether a function reads the field.
func (c *conversion) returnsOwn(def *syntax.DefStmt) bool {
	for _, s := range def.Body {
		if c.reads(s) {
			return true
		}
	}
	return false
}

// makes reports whether a call is the argument that fills the field.
func (c *conversion) makes(call *syntax.CallExpr) bool {
	return slices.ContainsFunc(c.program.Stores, func(s *flow.Store) bool {
		return s.Field == c.field && s.Argument == syntax.Expr(call)
	})
}

func returns(def *syntax.DefStmt) []*syntax.ReturnStmt {
	var out []*syntax.ReturnStmt
	for _, s := range def.Body {
		syntax.Walk(s, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.DefStmt:
				return false
			case *syntax.ReturnStmt:
				out = append(out, n)
			}
			return true
		})
	}
	return out
}

// variable converts a variable that is filled and then given to the field.
func (c *conversion) variable(f *flow.File, v *syntax.Ident) bool {
	def := function(f, v)
	if def == nil {
		return false
	}
	a, ok := c.filling(def, v)
	if !ok {
		return false
	}
	e := c.editor(f)
	list := free(f, v.Name+"_below")
	e.replace(v, fmt.Sprintf("depset(%s, transitive = %s)", v.Name, list))
	if len(a.below) == 0 {
		e.edits = e.edits[:len(e.edits)-1]
		e.replace(v, "depset("+v.Name+")")
		return true
	}
	for stmt, dot := range a.below {
		c.shared[dot] = true
		e.replace(stmt, fmt.Sprintf("%s.append(%s)", list, e.text(dot)))
	}
	return e.after(a.begin, list+" = []")
}

// A filled variable is a list that begins once and is then added to.
type filled struct {
	begin *syntax.AssignStmt
	below map[syntax.Stmt]*syntax.DotExpr
}

// filling looks at all uses of a variable in a function; ok is false where it
// is used for more than to be filled and given on.
func (c *conversion) filling(def *syntax.DefStmt, v *syntax.Ident) (filled, bool) {
	a := filled{below: map[syntax.Stmt]*syntax.DotExpr{}}
	used, begins := 1, 0
	syntax.Walk(def, func(n syntax.Node) bool {
		switch s := n.(type) {
		case *syntax.AssignStmt:
			if !isName(s.LHS, v.Name) {
				return true
			}
			used++
			switch {
			case s.Op == syntax.EQ:
				begins++
				a.begin = s
				if c.reads(s.RHS) {
					begins++ // not understood
				}
			case s.Op == syntax.PLUS_EQ:
				if dot := c.reader(s.RHS); dot != nil {
					a.below[s] = dot
				} else if c.reads(s.RHS) {
					begins++
				}
			}
		case *syntax.ExprStmt:
			call, ok := s.X.(*syntax.CallExpr)
			if !ok {
				return true
			}
			m, ok := call.Fn.(*syntax.DotExpr)
			if !ok || !isName(m.X, v.Name) || len(call.Args) != 1 {
				return true
			}
			switch m.Name.Name {
			case "extend":
				used++
				if dot := c.reader(call.Args[0]); dot != nil {
					a.below[s] = dot
				} else if c.reads(call.Args[0]) {
					begins++
				}
			case "append":
				used++
				if c.reads(call.Args[0]) {
					begins++
				}
			}
		}
		return true
	})
	return a, begins == 1 && used == uses(v.Name, def)
}
