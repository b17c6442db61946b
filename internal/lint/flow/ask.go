// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"cmp"
	"slices"

	"go.starlark.net/syntax"
)

// A Global is a constant of a file.
type Global struct {
	Name  string
	Value Value
	At    SourceRange
}

// Globals are the constants of the workspace's files, by place.
func (p *Program) Globals() []Global {
	var out []Global
	for path, f := range p.Files {
		m := p.modules[path]
		for _, s := range f.Tree.Stmts {
			assign, ok := s.(*syntax.AssignStmt)
			if !ok {
				continue
			}
			if id, ok := assign.LHS.(*syntax.Ident); ok {
				start, end := id.Span()
				out = append(out, Global{id.Name, m.global(id.Name), SourceRange{path, int(start.Line), int(start.Col), int(end.Line), int(end.Col)}})
			}
		}
	}
	slices.SortFunc(out, func(a, b Global) int { return cmp.Or(a.At.compare(b.At), cmp.Compare(a.Name, b.Name)) })
	return out
}

// Again reports whether a call's result is given to a variable that the call
// itself uses: x = f(x), or x = P(a = f(x.a)).
func (p *Program) Again(file string, call *syntax.CallExpr) bool {
	f, ok := p.Files[file]
	if !ok {
		return false
	}
	if p.assigned == nil {
		p.assigned = map[string]map[*syntax.CallExpr]string{}
	}
	names, ok := p.assigned[file]
	if !ok {
		names = map[*syntax.CallExpr]string{}
		syntax.Walk(f.Tree, func(n syntax.Node) bool {
			if a, ok := n.(*syntax.AssignStmt); ok {
				id, named := a.LHS.(*syntax.Ident)
				made, isCall := a.RHS.(*syntax.CallExpr)
				if named && isCall && a.Op == syntax.EQ {
					syntax.Walk(made, func(n syntax.Node) bool {
						if inner, ok := n.(*syntax.CallExpr); ok {
							names[inner] = id.Name
						}
						return true
					})
				}
			}
			return true
		})
		p.assigned[file] = names
	}
	name, used := names[call], false
	attribute := map[*syntax.Ident]bool{}
	syntax.Walk(call, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.DotExpr:
			attribute[n.Name] = true
		case *syntax.Ident:
			used = used || n.Name == name && !attribute[n]
		}
		return true
	})
	return used
}

// A Making is an object, and for whom it was made.
type Making struct {
	Object *MadeObject
	Root   *Root
}

// notableBytes is what an object that is made while a package is loaded, or a
// repository is fetched, must hold for anyone to ask for it.
const notableBytes = 1 << 20

// notable reports whether a check may ask for it.
func (m Making) notable() bool {
	switch m.Root.Kind {
	case "map_each", "computed_default":
		return m.Object.Kind&(Collection|String) != 0
	case "repository_rule", "module_extension":
		return m.Object.Kind&Collection != 0 || m.Object.Bytes >= notableBytes
	}
	return m.Object.Bytes >= notableBytes
}

// Made are the objects that hold something and were made outside of rules and
// aspects, by place; small ones are left out where nothing repeats them.
func (p *Program) Made() []Making { return p.made }

// A Variable is a name with what it may be.
type Variable struct {
	Name  string
	Value Value
}

// Captured are the variables of the functions around it that a function uses.
func (p *Program) Captured(fn *Function) []Variable {
	var body []syntax.Node
	switch {
	case fn.lambda != nil:
		body = []syntax.Node{fn.lambda.Body}
	case fn.def != nil:
		for _, s := range fn.def.Body {
			body = append(body, s)
		}
	}
	if fn.outer == nil || fn.outer == fn.module.globals {
		return nil
	}
	own := map[string]bool{}
	for _, x := range fn.params() {
		name, _, _ := parameter(x)
		own[name] = true
	}
	var out []Variable
	for _, n := range body {
		skip := map[*syntax.Ident]bool{} // names of attributes and arguments
		syntax.Walk(n, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.DotExpr:
				skip[n.Name] = true
			case *syntax.BinaryExpr:
				if id, ok := n.X.(*syntax.Ident); ok && n.Op == syntax.EQ {
					skip[id] = true
				}
			}
			id, ok := n.(*syntax.Ident)
			if !ok || own[id.Name] || skip[id] {
				return true
			}
			for f := fn.outer; f != nil && f != fn.module.globals; f = f.outer {
				if v, ok := f.scope.get(id.Name); ok {
					out = append(out, Variable{id.Name, v})
					own[id.Name] = true
					break
				}
			}
			return true
		})
	}
	return out
}

// A Returned is what a function that Bazel calls returns.
type Returned struct {
	Root   *Root
	Result Value
}

// Transitions are the results of the functions behind transitions.
func (p *Program) Transitions() []Returned { return p.transitions }
