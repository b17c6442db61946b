// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"slices"

	"go.starlark.net/syntax"
)

// block runs statements in order.
func (in *interpreter) block(f *activation, list []syntax.Stmt) {
	failing, branch, once := in.failing, in.branch, in.once
	in.failing, in.once = failing || slices.ContainsFunc(list, fails), once || ends(list)
	for _, s := range list {
		in.statement(f, s)
		if i, ok := s.(*syntax.IfStmt); ok && (leaves(i.True) || leaves(i.False)) {
			in.branch = len(in.loops) // what follows is the other branch
		}
	}
	in.failing, in.branch, in.once = failing, branch, once
}

// newer reports whether a condition asks for a method that Bazel did not always
// have: the other branch is for the Bazels before.
func newer(cond syntax.Expr) bool {
	call, ok := cond.(*syntax.CallExpr)
	if !ok || len(call.Args) != 2 {
		return false
	}
	fn, _ := call.Fn.(*syntax.Ident)
	name, _ := call.Args[1].(*syntax.Literal)
	return fn != nil && fn.Name == "hasattr" && name != nil && name.Value == "merge_all"
}

// ends reports whether a block in a loop ends the loop: it runs once.
func ends(list []syntax.Stmt) bool {
	if len(list) == 0 {
		return false
	}
	b, ok := list[len(list)-1].(*syntax.BranchStmt)
	return ok && b.Token == syntax.BREAK
}

// leaves reports whether a block ends the function or the loop's turn.
func leaves(list []syntax.Stmt) bool {
	if len(list) == 0 {
		return false
	}
	switch s := list[len(list)-1].(type) {
	case *syntax.ReturnStmt:
		return true
	case *syntax.BranchStmt:
		return s.Token != syntax.PASS
	}
	return false
}

// fails reports whether a statement ends the build: what the block makes is for
// its message alone.
func fails(s syntax.Stmt) bool {
	x, ok := s.(*syntax.ExprStmt)
	if !ok {
		return false
	}
	call, ok := x.X.(*syntax.CallExpr)
	if !ok {
		return false
	}
	id, ok := call.Fn.(*syntax.Ident)
	return ok && id.Name == "fail"
}

func (in *interpreter) statement(f *activation, s syntax.Stmt) {
	if in.spent() {
		return
	}
	switch s := s.(type) {
	case *syntax.DefStmt:
		if f == f.module.globals {
			f.module.defs = append(f.module.defs, s)
		}
		f.scope.set(s.Name.Name, function(&Function{Name: s.Name.Name, At: in.at(f.module, s.Name), def: s, module: f.module, outer: f}))
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
		if newer(s.Cond) {
			in.block(f, s.True)
			return
		}
		before := f.scope
		taken, other := &scope{around: before}, &scope{around: before}
		branch := in.branch
		in.branch = len(in.loops)
		f.scope = taken
		in.block(f, s.True)
		f.scope = other
		in.block(f, s.False)
		f.scope, in.branch = before, branch
		before.either(taken, other)
	case *syntax.ForStmt:
		over := in.eval(f, s.X)
		turns := 1
		if len(in.loops) < 2 {
			turns = 2
		}
		in.loop(f, s, s.Vars, over, false, turns, func() { in.block(f, s.Body) })
	}
}

// loop binds a loop's variables and runs its body.
func (in *interpreter) loop(f *activation, n syntax.Node, vars syntax.Expr, over Value, comprehension bool, turns int, body func()) {
	l := &Loop{At: in.at(f.module, n), Over: over, Count: over.turns(), Comprehension: comprehension, node: n}
	if leavesEarly(n) {
		l.Count = 0
	}
	in.loops = append(in.loops[:len(in.loops):len(in.loops)], l) // shared by what is made in it
	was := in.again
	for turn := range turns {
		in.again = was || turn > 0
		in.bind(f, vars, in.element(over, in.at(f.module, vars)))
		before := f.scope
		turned := &scope{around: before}
		f.scope = turned
		body()
		f.scope = before
		if !over.some() { // what it did not run for is still what it was
			before.either(turned, &scope{around: before})
			continue
		}
		for name, v := range turned.names {
			before.set(name, v)
		}
	}
	in.again = was
	in.loops = in.loops[:len(in.loops)-1]
}

// some reports whether a value has an element at least.
func (v Value) some() bool {
	return len(v.Objects) == 1 && len(v.Paths) == 0 && (v.Objects[0].Count > 0 || v.Objects[0].filled)
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
func (in *interpreter) bind(f *activation, to syntax.Expr, v Value) {
	switch to := to.(type) {
	case *syntax.Ident:
		f.scope.set(to.Name, v)
	case *syntax.ParenExpr:
		in.bind(f, to.X, v)
	case *syntax.TupleExpr:
		in.unpack(f, to.List, v)
	case *syntax.ListExpr:
		in.unpack(f, to.List, v)
	}
}

func (in *interpreter) unpack(f *activation, names []syntax.Expr, v Value) {
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
func (in *interpreter) assignment(f *activation, s *syntax.AssignStmt) {
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
func (in *interpreter) put(into, key, v Value, at SourceRange) {
	for _, o := range into.of(List | Dict) {
		if in.frozen(o) {
			continue
		}
		in.add(o, v, at)
		if o.Kind == Dict {
			in.hold(o, key, at)
			o.open = o.open || key.Text == nil
			if key.Text != nil {
				if o.Fields == nil {
					o.Fields = map[string]Value{}
				}
				o.Fields[*key.Text] = join(o.Fields[*key.Text], v)
			}
		}
	}
}
