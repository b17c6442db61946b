// SPDX-License-Identifier: Apache-2.0

package rewrite

import (
	"strings"

	"go.starlark.net/syntax"

	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/flow"
)

// hoist makes a literal that is given to a provider, a struct or a depset a
// constant of its file, above the function. Whoever gets it cannot change it:
// those that it is given to are frozen.
func hoist(f *flow.File, n syntax.Node) *lint.Fix {
	x, ok := n.(syntax.Expr)
	if !ok {
		return nil
	}
	name, ok := givenAs(f, x)
	top := topLevel(f, x)
	if !ok || top == nil || !standsAlone(f, x, top) {
		return nil
	}
	e := edit(f)
	name = free(f, "_"+strings.ToUpper(strings.Trim(name, "_")))
	indent, first := e.indent(top)
	if indent != "" || !first {
		return nil
	}
	start, _ := top.Span()
	line := int(start.Line) - 1
	for line > 0 && strings.HasPrefix(e.line(line), "#") {
		line-- // comments belong to the function
	}
	at := e.starts[line]
	e.put(at, at, name+" = "+e.dedented(x)+"\n\n")
	e.replace(x, name)
	return &lint.Fix{Title: "Make it a constant of the file", Edits: e.edits}
}

// line is a line's text, counted from 1.
func (e *editor) line(n int) string {
	end := len(e.file.Text)
	if n < len(e.starts) {
		end = e.starts[n]
	}
	return string(e.file.Text[e.starts[n-1]:end])
}

// dedented is an expression's text, its later lines moved left by the
// indentation of its first.
func (e *editor) dedented(x syntax.Node) string {
	start, _ := x.Span()
	line := e.line(int(start.Line))
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	lines := strings.Split(e.text(x), "\n")
	for i := range lines[1:] {
		lines[i+1] = strings.TrimPrefix(lines[i+1], indent)
	}
	return strings.Join(lines, "\n")
}

// givenAs is the name of the argument that an expression is, of a call that
// keeps it as it is.
func givenAs(f *flow.File, x syntax.Expr) (name string, ok bool) {
	syntax.Walk(f.Tree, func(n syntax.Node) bool {
		call, isCall := n.(*syntax.CallExpr)
		if !isCall {
			return true
		}
		callee, named := call.Fn.(*syntax.Ident)
		if !named || callee.Name != "depset" && callee.Name != "struct" && !providerName(callee.Name) {
			return true
		}
		for _, a := range call.Args {
			if b, keyword := a.(*syntax.BinaryExpr); keyword && b.Op == syntax.EQ && b.Y == x {
				name, ok = b.X.(*syntax.Ident).Name, true
			} else if a == x && callee.Name == "depset" {
				name, ok = "items", true
			}
		}
		return true
	})
	return name, ok
}

// providerName reports whether a function is called as providers are.
func providerName(name string) bool {
	name = strings.TrimLeft(name, "_")
	return name != "" && name[0] >= 'A' && name[0] <= 'Z'
}

// topLevel is the statement of the file around an expression.
func topLevel(f *flow.File, x syntax.Expr) *syntax.DefStmt {
	for _, s := range f.Tree.Stmts {
		if d, ok := s.(*syntax.DefStmt); ok && within(x, d) {
			return d
		}
	}
	return nil
}

// standsAlone reports whether an expression uses no name of the function around
// it, and only such of the file that are defined above it.
func standsAlone(f *flow.File, x syntax.Expr, top *syntax.DefStmt) bool {
	own := map[string]bool{}
	syntax.Walk(x, func(n syntax.Node) bool {
		if c, ok := n.(*syntax.ForClause); ok {
			syntax.Walk(c.Vars, func(v syntax.Node) bool {
				if id, ok := v.(*syntax.Ident); ok {
					own[id.Name] = true
				}
				return true
			})
		}
		return true
	})
	local := map[string]bool{}
	syntax.Walk(top, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.AssignStmt:
			names(n.LHS, local)
		case *syntax.ForStmt:
			names(n.Vars, local)
		case *syntax.DefStmt:
			if n != top {
				local[n.Name.Name] = true
			}
			for _, p := range n.Params {
				names(p, local)
			}
		}
		return true
	})
	defined := map[string]bool{}
	for _, s := range f.Tree.Stmts {
		if s == syntax.Stmt(top) {
			break
		}
		switch s := s.(type) {
		case *syntax.AssignStmt:
			names(s.LHS, defined)
		case *syntax.DefStmt:
			defined[s.Name.Name] = true
		case *syntax.LoadStmt:
			for _, to := range s.To {
				defined[to.Name] = true
			}
		}
	}
	alone := true
	for _, name := range namesIn(x) {
		if own[name] || defined[name] || builtins[name] {
			continue
		}
		alone = false
	}
	for name := range local {
		if !own[name] && uses(name, x) > 0 {
			alone = false
		}
	}
	return alone
}

var builtins = map[string]bool{
	"True": true, "False": true, "None": true, "range": true, "str": true, "len": true, "enumerate": true, "zip": true,
	"sorted": true, "reversed": true, "list": true, "tuple": true, "dict": true, "int": true, "depset": true, "struct": true,
}

// names adds the names of an expression.
func names(x syntax.Node, to map[string]bool) {
	for _, name := range namesIn(x) {
		to[name] = true
	}
}

func namesIn(x syntax.Node) []string {
	var out []string
	syntax.Walk(x, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.DotExpr:
			out = append(out, namesIn(n.X)...)
			return false
		case *syntax.Ident:
			out = append(out, n.Name)
		}
		return true
	})
	return out
}

// addJoined gives what a string is joined from to add_joined.
func addJoined(f *flow.File, n syntax.Node) *lint.Fix {
	call, ok := n.(*syntax.CallExpr)
	if !ok {
		return nil
	}
	add, ok := call.Fn.(*syntax.DotExpr)
	args, plain := positional(call)
	if !ok || add.Name.Name != "add" || !plain || len(args) == 0 || len(args) > 2 || len(args) != len(call.Args) {
		return nil
	}
	join, ok := args[len(args)-1].(*syntax.CallExpr)
	if !ok || len(join.Args) != 1 {
		return nil
	}
	dot, ok := join.Fn.(*syntax.DotExpr)
	if !ok || dot.Name.Name != "join" {
		return nil
	}
	separator, ok := dot.X.(*syntax.Literal)
	if !ok || separator.Token != syntax.STRING {
		return nil
	}
	e := edit(f)
	_, end := add.Span()
	e.put(e.offset(end)-len("add"), e.offset(end), "add_joined")
	e.replace(join, e.text(join.Args[0])+", join_with = "+e.text(separator)+", omit_if_empty = False")
	return &lint.Fix{Title: "Let the action join it: args.add_joined", Edits: e.edits}
}
