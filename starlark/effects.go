// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"slices"

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
	if s.Op != syntax.EQ && fn == 0 || !x.mayMake(fn) {
		return
	}
	value := x.convert(s.RHS)
	if value.op == opNone && fn == 0 {
		return
	}
	start, end := s.Span()
	switch s.Op {
	case syntax.EQ:
		x.bind(fn, s.LHS, value, spanOf(start, end), shape)
	case syntax.PLUS_EQ, syntax.PIPE_EQ:
		x.join(fn, s.LHS, value)
	default:
		x.bind(fn, s.LHS, expr{}, spanOf(start, end), shape)
	}
}

// join notes that a value is joined to what a local name holds.
func (x *extractor) join(fn int32, target syntax.Expr, value expr) {
	name, ok := target.(*syntax.Ident)
	if !ok || fn == 0 {
		return
	}
	f := &x.sum.functions[fn]
	f.bindings = append(f.bindings, binding{
		spot: x.here(), name: name.Name, value: value, adds: true,
		span: nameSpan(name.NamePos, name.Name), nameSpan: nameSpan(name.NamePos, name.Name),
	})
}

// bind notes value under the name or, unpacked, the names of target.
func (x *extractor) bind(fn int32, target syntax.Expr, value expr, at span, shape uint64) {
	switch target := target.(type) {
	case *syntax.Ident:
		f := &x.sum.functions[fn]
		f.bindings = append(f.bindings, binding{
			spot: x.here(), name: target.Name, value: value, shape: shape,
			span: at, nameSpan: nameSpan(target.NamePos, target.Name),
		})
	case *syntax.IndexExpr: // d[key] = value
		if fn != 0 {
			x.join(fn, target.X, expr{op: opDict, args: []expr{{op: opEntry, args: []expr{x.convert(target.Y), value}}}})
		}
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
func (x *extractor) effect(fn int32, e syntax.Expr, around []clause) {
	switch e := e.(type) {
	case *syntax.ParenExpr:
		x.effect(fn, e.X, around)
	case *syntax.Comprehension:
		for _, clause := range e.Clauses {
			switch clause := clause.(type) {
			case *syntax.ForClause:
				around = append(around, x.loop(clause.Vars, clause.X))
			case *syntax.IfClause:
				around = append(around, x.condition(clause.Cond))
			}
		}
		x.effect(fn, e.Body, around)
	case *syntax.DictEntry: // of a comprehension
		x.effect(fn, e.Value, around)
	case *syntax.ListExpr:
		for _, element := range e.List {
			x.effect(fn, element, around)
		}
	case *syntax.CondExpr:
		around = slices.Clip(around)
		x.effect(fn, e.True, append(around, x.condition(e.Cond)))
		x.effect(fn, e.False, append(around, x.condition(e.Cond).not()))
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

func (x *extractor) callSite(fn int32, e *syntax.CallExpr, around []clause) {
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
		if x.change(fn, callee, e, around) {
			return
		}
		if root, ok := callee.X.(*syntax.Ident); !ok || (root.Name != "native" && !hasKeyword(e, "name") && !isPositional(e) && x.file != moduleFile) {
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
	at := x.here()
	if len(around) > 0 {
		at.around = slices.Concat(at.around, around)
	}
	f := &x.sum.functions[fn]
	f.callSites = append(f.callSites, callSite{spot: at, call: call, span: spanOf(start, end), nameSpan: siteName(e)})
}

// change notes a call of a method that adds to a local list or dict. It reports
// false where the method is not one that changes or asks a value.
func (x *extractor) change(fn int32, callee *syntax.DotExpr, e *syntax.CallExpr, around []clause) bool {
	which, changes := changing[callee.Name.Name]
	if !changes || hasKeyword(e, "name") {
		return false
	}
	if fn == 0 || len(around) > 0 || len(e.Args) <= which || which < 0 {
		return true
	}
	value := x.convert(e.Args[which])
	if callee.Name.Name == "append" || callee.Name.Name == "insert" {
		value = expr{op: opList, args: []expr{value}}
	}
	x.join(fn, callee.X, value)
	return true
}

// changing are the methods of lists and dicts that are called for their effect,
// with the argument that is added, -1 where none is.
var changing = map[string]int{
	"append": 0, "extend": 0, "update": 0, "insert": 1,
	"pop": -1, "remove": -1, "clear": -1, "setdefault": -1, "popitem": -1,
}

// isPositional reports whether a call's first argument has no name.
func isPositional(e *syntax.CallExpr) bool {
	if len(e.Args) == 0 {
		return false
	}
	switch arg := e.Args[0].(type) {
	case *syntax.BinaryExpr:
		return arg.Op != syntax.EQ
	case *syntax.UnaryExpr:
		return arg.Op != syntax.STAR && arg.Op != syntax.STARSTAR
	}
	return true
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
func (x *extractor) loop(vars, over syntax.Expr) clause {
	return clause{vars: targetNames(vars), over: x.convert(over)}
}

// condition reduces "if cond".
func (x *extractor) condition(cond syntax.Expr) clause {
	c := converter{nodes: maxConditionNodes, depth: 12}
	return clause{over: c.condition(cond)}
}

// not is the clause of the branch that is taken otherwise.
func (c clause) not() clause {
	c.id = -c.id
	if c.over.op != opNone {
		c.over = expr{op: opTest, text: "not", args: []expr{c.over}}
	}
	return c
}
