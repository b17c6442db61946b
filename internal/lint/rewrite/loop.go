// SPDX-License-Identifier: Apache-2.0

package rewrite

import (
	"fmt"

	"go.starlark.net/syntax"

	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/flow"
)

// An accumulation is a variable that begins before a loop and is added to in
// every turn.
type accumulation struct {
	name  string
	begin *syntax.AssignStmt
	loop  *syntax.ForStmt
	adds  []*syntax.AssignStmt
}

// accumulate finds the accumulation that an expression is part of. It is one
// only where the loop uses the variable for nothing else.
func accumulate(f *flow.File, n syntax.Node) (accumulation, bool) {
	def := function(f, n)
	if def == nil {
		return accumulation{}, false
	}
	var add *syntax.AssignStmt
	syntax.Walk(def, func(x syntax.Node) bool {
		if a, ok := x.(*syntax.AssignStmt); ok && within(n, a) {
			add = a
		}
		return true
	})
	if add == nil {
		return accumulation{}, false
	}
	id, ok := add.LHS.(*syntax.Ident)
	if !ok {
		return accumulation{}, false
	}
	a := accumulation{name: id.Name}
	if !a.place(def.Body, add) {
		return a, false
	}
	used := 0
	syntax.Walk(a.loop, func(x syntax.Node) bool {
		if s, ok := x.(*syntax.AssignStmt); ok && isName(s.LHS, a.name) {
			a.adds = append(a.adds, s)
			used += uses(a.name, s.LHS, s.RHS)
		}
		return true
	})
	return a, used == uses(a.name, a.loop)
}

// place finds the loop around an addition in whose block, before it, the
// variable begins.
func (a *accumulation) place(block []syntax.Stmt, add *syntax.AssignStmt) bool {
	var begin *syntax.AssignStmt
	for _, s := range block {
		if !within(add, s) {
			if assign, ok := s.(*syntax.AssignStmt); ok && isName(assign.LHS, a.name) && assign.Op == syntax.EQ {
				begin = assign
			}
			continue
		}
		switch s := s.(type) {
		case *syntax.ForStmt:
			if begin != nil {
				a.begin, a.loop = begin, s
				return true
			}
			return a.place(s.Body, add)
		case *syntax.IfStmt:
			return a.place(s.True, add) || a.place(s.False, add)
		}
		return false
	}
	return false
}

// collectDepsets collects the depsets of a loop in a list, and makes one of
// them after it.
func collectDepsets(f *flow.File, n syntax.Node) *lint.Fix {
	a, ok := accumulate(f, n)
	if !ok {
		return nil
	}
	e := edit(f)
	list := free(f, a.name+"_depsets")
	order := ""
	for _, add := range a.adds {
		call, ok := add.RHS.(*syntax.CallExpr)
		if !ok || !isName(call.Fn, "depset") || add.Op != syntax.EQ {
			return nil
		}
		text, its, ok := depsetAdded(e, call, a.name, list)
		if !ok || order != "" && its != order {
			return nil
		}
		order = its
		e.replace(add, text)
	}
	if begin, ok := a.begin.RHS.(*syntax.CallExpr); !ok || !isName(begin.Fn, "depset") || orderOf(begin) != order {
		return nil
	}
	after := fmt.Sprintf("%s = depset(transitive = %s)", a.name, list)
	if order != "default" {
		after = fmt.Sprintf("%s = depset(transitive = %s, order = %q)", a.name, list, order)
	}
	if !e.before(a.loop, fmt.Sprintf("%s = [%s]", list, a.name)) || !e.after(a.loop, after) {
		return nil
	}
	return &lint.Fix{Title: "Collect the depsets, and make one after the loop", Edits: e.edits}
}

// orderOf is a depset's order, "" where it is not a constant.
func orderOf(c *syntax.CallExpr) string {
	x := keyword(c, "order")
	if x == nil {
		return "default"
	}
	if l, ok := x.(*syntax.Literal); ok {
		if s, ok := l.Value.(string); ok {
			return s
		}
	}
	return ""
}

// depsetAdded is what depset(direct, transitive = [name, x, …]) adds to name.
func depsetAdded(e *editor, call *syntax.CallExpr, name, list string) (text, order string, ok bool) {
	order = orderOf(call)
	transitive, isList := keyword(call, "transitive").(*syntax.ListExpr)
	direct, plain := positional(call)
	if d := keyword(call, "direct"); d != nil {
		direct = append(direct, d)
	}
	if !plain || !isList || len(direct) > 1 || order != "default" && order != "postorder" {
		return "", "", false // in the others what is direct comes first
	}
	found := false
	for _, x := range transitive.List {
		switch {
		case isName(x, name):
			found = true
		case uses(name, x) > 0:
			return "", "", false
		default:
			text += fmt.Sprintf("\n%s.append(%s)", list, e.text(x))
		}
	}
	if len(direct) == 1 {
		if uses(name, direct[0]) > 0 {
			return "", "", false
		}
		option := ""
		if order != "default" {
			option = fmt.Sprintf(", order = %q", order)
		}
		text += fmt.Sprintf("\n%s.append(depset(%s%s))", list, e.text(direct[0]), option)
	}
	if !found || text == "" {
		return "", "", false
	}
	return indented(e, call, text[1:]), order, true
}

// indented gives the lines of several statements the indentation of one that
// they replace.
func indented(e *editor, at syntax.Node, text string) string {
	start, _ := at.Span()
	line := e.file.Text[e.starts[start.Line-1]:]
	n := 0
	for n < len(line) && (line[n] == ' ' || line[n] == '\t') {
		n++
	}
	out := ""
	for i := 0; i < len(text); i++ {
		out += text[i : i+1]
		if text[i] == '\n' && i+1 < len(text) && len(out) > 0 && startsStatement(text[i+1:]) {
			out += string(line[:n])
		}
	}
	return out
}

// startsStatement reports whether a line begins at its margin: the lines of an
// expression that was copied have their own indentation.
func startsStatement(text string) bool {
	return text[0] != ' ' && text[0] != '\t' && text[0] != ')' && text[0] != ']'
}

// collectStrings collects the pieces of a string in a list, and joins them
// after the loop.
func collectStrings(f *flow.File, n syntax.Node) *lint.Fix {
	a, ok := accumulate(f, n)
	if !ok {
		return nil
	}
	e := edit(f)
	list := free(f, a.name+"_parts")
	for _, add := range a.adds {
		piece := add.RHS
		if add.Op == syntax.EQ {
			sum, ok := add.RHS.(*syntax.BinaryExpr)
			if !ok || sum.Op != syntax.PLUS || !isName(sum.X, a.name) {
				return nil
			}
			piece = sum.Y
		} else if add.Op != syntax.PLUS_EQ {
			return nil
		}
		if uses(a.name, piece) > 0 {
			return nil
		}
		e.replace(add, fmt.Sprintf("%s.append(%s)", list, e.text(piece)))
	}
	if !e.before(a.loop, fmt.Sprintf("%s = [%s]", list, a.name)) || !e.after(a.loop, fmt.Sprintf(`%s = "".join(%s)`, a.name, list)) {
		return nil
	}
	return &lint.Fix{Title: "Collect the pieces, and join them after the loop", Edits: e.edits}
}

// collectRunfiles collects the runfiles of a loop in a list, and merges them
// after it: in a workspace that calls merge_all already, so that its Bazel has
// it.
func collectRunfiles(p *flow.Program, f *flow.File, n syntax.Node) *lint.Fix {
	a, ok := accumulate(f, n)
	if !ok || !p.Reads("merge_all") {
		return nil
	}
	e := edit(f)
	list := free(f, a.name+"_below")
	for _, add := range a.adds {
		call, ok := add.RHS.(*syntax.CallExpr)
		if !ok || add.Op != syntax.EQ || len(call.Args) != 1 || uses(a.name, call.Args[0]) > 0 {
			return nil
		}
		merge, ok := call.Fn.(*syntax.DotExpr)
		if !ok || merge.Name.Name != "merge" || !isName(merge.X, a.name) {
			return nil
		}
		e.replace(add, fmt.Sprintf("%s.append(%s)", list, e.text(call.Args[0])))
	}
	if !e.before(a.loop, list+" = []") || !e.after(a.loop, fmt.Sprintf("%s = %s.merge_all(%s)", a.name, a.name, list)) {
		return nil
	}
	return &lint.Fix{Title: "Collect the runfiles, and merge them after the loop (Bazel 5 and later)", Edits: e.edits}
}
