// SPDX-License-Identifier: Apache-2.0

package flow

import "go.starlark.net/syntax"

// block runs statements in order.
func (in *interpreter) block(f *frame, list []syntax.Stmt) {
	for _, s := range list {
		in.statement(f, s)
	}
}

func (in *interpreter) statement(f *frame, s syntax.Stmt) {
	if in.spent() {
		return
	}
	switch s := s.(type) {
	case *syntax.DefStmt:
		if f == f.module.globals {
			f.module.defs = append(f.module.defs, s)
		}
		f.vars[s.Name.Name] = function(&Function{Name: s.Name.Name, At: in.at(f.module, s.Name), def: s, module: f.module, outer: f})
	case *syntax.AssignStmt:
		in.assignment(f, s)
	case *syntax.ExprStmt:
		in.eval(f, s.X)
	case *syntax.ReturnStmt:
		if s.Result != nil {
			f.result = join(f.result, in.eval(f, s.Result))
		}
	case *syntax.IfStmt:
		in.eval(f, s.Cond)
		before := f.vars
		f.vars = clone(before)
		in.block(f, s.True)
		taken := f.vars
		f.vars = clone(before)
		in.block(f, s.False)
		for name, v := range taken {
			if other, ok := f.vars[name]; ok {
				f.vars[name] = join(other, v)
			} else {
				f.vars[name] = v
			}
		}
	case *syntax.ForStmt:
		over := in.eval(f, s.X)
		turns := 1
		if len(in.loops) < 2 {
			turns = 2
		}
		in.loop(f, s, s.Vars, over, false, turns, func() { in.block(f, s.Body) })
	}
}

func clone(m map[string]Value) map[string]Value {
	out := make(map[string]Value, len(m)+4)
	for k, v := range m {
		out[k] = v
	}
	return out
}

// loop binds a loop's variables and runs its body.
func (in *interpreter) loop(f *frame, n syntax.Node, vars syntax.Expr, over Value, comprehension bool, turns int, body func()) {
	l := &Loop{At: in.at(f.module, n), Over: over, Count: over.turns(), Comprehension: comprehension, node: n}
	if leavesEarly(n) {
		l.Count = 0
	}
	in.loops = append(in.loops, l)
	was := in.again
	for turn := range turns {
		in.again = was || turn > 0
		in.bind(f, vars, in.element(over, in.at(f.module, vars)))
		before := clone(f.vars)
		body()
		// What the body did not run for is still what it was.
		for name, v := range before {
			f.vars[name] = join(v, f.vars[name])
		}
	}
	in.again = was
	in.loops = in.loops[:len(in.loops)-1]
}

// turns is how many elements a value has, where it can be nothing else.
func (v Value) turns() int64 {
	if len(v.Objects) != 1 || len(v.Paths) > 0 {
		return 0
	}
	return v.Objects[0].Count
}

// leavesEarly reports whether a loop may end before its last turn: "for i in
// range(1000000)" with a break is how Starlark writes "while".
func leavesEarly(n syntax.Node) bool {
	loop, ok := n.(*syntax.ForStmt)
	if !ok {
		return false
	}
	leaves := false
	for _, s := range loop.Body {
		syntax.Walk(s, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.BranchStmt:
				leaves = leaves || n.Token == syntax.BREAK
			case *syntax.ReturnStmt:
				leaves = true
			case *syntax.DefStmt, *syntax.LambdaExpr:
				return false
			}
			return true
		})
	}
	return leaves
}

// bind gives a value to a name, or its elements to several.
func (in *interpreter) bind(f *frame, to syntax.Expr, v Value) {
	switch to := to.(type) {
	case *syntax.Ident:
		f.vars[to.Name] = v
	case *syntax.ParenExpr:
		in.bind(f, to.X, v)
	case *syntax.TupleExpr:
		in.unpack(f, to.List, v)
	case *syntax.ListExpr:
		in.unpack(f, to.List, v)
	}
}

func (in *interpreter) unpack(f *frame, names []syntax.Expr, v Value) {
	for i, name := range names {
		var part Value
		ordered := false
		for _, o := range v.Objects {
			if items, ok := itemsOf(o); ok && len(items) == len(names) {
				part, ordered = join(part, items[i]), true
			}
		}
		if !ordered {
			part = in.element(v, in.at(f.module, name))
		}
		in.bind(f, name, part)
	}
}

// assignment runs "x = v", "x += v", "x[k] = v".
func (in *interpreter) assignment(f *frame, s *syntax.AssignStmt) {
	right := in.eval(f, s.RHS)
	if s.Op == syntax.EQ {
		if index, ok := s.LHS.(*syntax.IndexExpr); ok {
			into := in.eval(f, index.X)
			key := in.eval(f, index.Y)
			in.put(into, key, right, in.at(f.module, s))
			return
		}
		in.bind(f, s.LHS, right)
		return
	}
	left := in.eval(f, s.LHS)
	changed := left.of(List | Dict)
	if s.Op != syntax.PLUS_EQ && s.Op != syntax.PIPE_EQ {
		changed = nil
	}
	if len(changed) > 0 { // in place
		for _, o := range changed {
			in.extend(o, right, in.at(f.module, s))
		}
		return
	}
	in.bind(f, s.LHS, in.binary(f, s, s.Op-syntax.PLUS_EQ+syntax.PLUS, left, right))
}

// put is d[key] = v.
func (in *interpreter) put(into, key, v Value, at Place) {
	for _, o := range into.of(List | Dict) {
		in.add(o, v, at)
		if o.Kind == Dict {
			in.hold(o, key, at)
			if key.Text != nil {
				if o.Fields == nil {
					o.Fields = map[string]Value{}
				}
				o.Fields[*key.Text] = join(o.Fields[*key.Text], v)
			}
		}
	}
}
