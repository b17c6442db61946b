package starlark

import (
	"go.starlark.net/syntax"
)

// assign walks an assignment and notes its bindings, one a name. A module
// level binding has a shape of its own, taken on the way.
func (x *extractor) assign(fn int32, s *syntax.AssignStmt) {
	outer := x.shape(fn)
	x.sum.functions[fn].shape = shapeSeed
	x.mix(fn, uint64(s.Op))
	x.expr(fn, s.RHS)
	shape := x.shape(fn)
	x.sum.functions[fn].shape = fold(outer, shape)
	x.expr(fn, s.LHS)
	if s.Op != syntax.EQ || !x.mayMake(fn) {
		return
	}
	value := x.convert(s.RHS)
	if value.op == opNone {
		return
	}
	start, end := s.Span()
	x.bind(fn, s.LHS, value, spanOf(start, end), shape)
}

// bind notes value under the name or, unpacked, the names of target.
func (x *extractor) bind(fn int32, target syntax.Expr, value expr, at span, shape uint64) {
	switch target := target.(type) {
	case *syntax.Ident:
		f := &x.sum.functions[fn]
		f.bindings = append(f.bindings, binding{
			name: target.Name, value: value, shape: shape,
			span: at, nameSpan: nameSpan(target.NamePos, target.Name),
		})
	case *syntax.ParenExpr:
		x.bind(fn, target.X, value, at, shape)
	case *syntax.TupleExpr:
		x.unpack(fn, target.List, value, at, shape)
	case *syntax.ListExpr:
		x.unpack(fn, target.List, value, at, shape)
	}
}

func (x *extractor) unpack(fn int32, targets []syntax.Expr, value expr, at span, shape uint64) {
	for i, t := range targets {
		element := expr{op: opIndex, args: []expr{value, {op: opInt, n: int32(i)}}}
		if value.op == opList && i < len(value.args) {
			element = value.args[i]
		}
		x.bind(fn, t, element, at, fold(shape, uint64(i)))
	}
}

// effect notes a statement that is a call, or a comprehension of calls, such
// as BUILD files have in place of loops.
func (x *extractor) effect(fn int32, e syntax.Expr, around []loop) {
	switch e := e.(type) {
	case *syntax.ParenExpr:
		x.effect(fn, e.X, around)
	case *syntax.Comprehension:
		for _, clause := range e.Clauses {
			if f, ok := clause.(*syntax.ForClause); ok {
				around = append(around, x.loop(f.Vars, f.X))
			}
		}
		x.effect(fn, e.Body, around)
	case *syntax.CallExpr:
		x.callSite(fn, e, around)
	}
}

// silentCalls never make a target.
var silentCalls = map[string]bool{
	"print": true, "fail": true, "package": true, "licenses": true,
	"exports_files": true, "glob": true, "select": true,
	"register_toolchains": true, "register_execution_platforms": true,
}

func (x *extractor) callSite(fn int32, e *syntax.CallExpr, around []loop) {
	switch callee := e.Fn.(type) {
	case *syntax.Ident:
		if silentCalls[callee.Name] {
			return
		}
		if x.file == moduleFile && callee.Name == "include" && len(e.Args) == 1 {
			x.include(e)
			return
		}
	case *syntax.DotExpr:
		// xs.append(…) changes a list; a target is made by a call of a
		// module's or a struct's field that is told a name.
		if root, ok := callee.X.(*syntax.Ident); !ok || (root.Name != "native" && !hasKeyword(e, "name") && x.file != moduleFile) {
			return
		}
	default:
		return
	}
	call := x.convert(e)
	if call.op != opCall {
		return
	}
	start, end := e.Span()
	var loops []loop
	loops = append(append(loops, x.loops...), around...)
	f := &x.sum.functions[fn]
	f.callSites = append(f.callSites, callSite{
		call: call, span: spanOf(start, end), nameSpan: siteName(e), loops: loops,
	})
}

// include is MODULE.bazel's load.
func (x *extractor) include(e *syntax.CallExpr) {
	lit, ok := e.Args[0].(*syntax.Literal)
	if !ok {
		return
	}
	if label, ok := lit.Value.(string); ok {
		start, end := e.Span()
		x.sum.loads = append(x.sum.loads, load{module: label, span: spanOf(start, end)})
	}
}

func hasKeyword(e *syntax.CallExpr, name string) bool { return keywordValue(e, name) != nil }

func keywordValue(e *syntax.CallExpr, name string) syntax.Expr {
	for _, arg := range e.Args {
		if b, ok := arg.(*syntax.BinaryExpr); ok && b.Op == syntax.EQ {
			if id, ok := b.X.(*syntax.Ident); ok && id.Name == name {
				return b.Y
			}
		}
	}
	return nil
}

// siteName is the place that names the target: the value of name=, or the
// callee where there is none.
func siteName(e *syntax.CallExpr) span {
	if v := keywordValue(e, "name"); v != nil {
		start, end := v.Span()
		return spanOf(start, end)
	}
	start, end := e.Fn.Span()
	return spanOf(start, end)
}

// loop reduces "for vars in over".
func (x *extractor) loop(vars, over syntax.Expr) loop {
	return loop{vars: targetNames(vars), over: x.convert(over)}
}
