// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"go.starlark.net/syntax"
)

// Conversion: what of an expression is kept for linking.
//
// Three questions are asked of a summary later: which function implements
// this rule, what does calling this factory make, and what are the names of
// the targets that this call makes. So names, short strings, small numbers,
// lists, dicts, calls, selections and string formatting are kept; everything
// else becomes opNone, which evaluates to "not known". A budget per root
// expression keeps tables of data (a lock file of ten thousand entries) out.

const (
	// maxNodes bounds what is kept of one statement's expression.
	maxNodes = 512
	// maxConditionNodes bounds what is kept of a condition.
	maxConditionNodes = 32
	// maxText bounds the strings that are kept; names are shorter.
	maxText = 200
	// maxList bounds the elements kept of a list or dict.
	maxList = 256
)

// A converter holds the budget of one root expression.
type converter struct{ nodes, depth int }

// convert reduces one root expression.
func (x *extractor) convert(e syntax.Expr) expr {
	if e == nil {
		return expr{}
	}
	c := converter{nodes: maxNodes, depth: 24}
	return c.expr(e)
}

func (c *converter) expr(e syntax.Expr) expr {
	if c.nodes--; c.nodes < 0 || c.depth == 0 {
		return expr{}
	}
	c.depth--
	defer func() { c.depth++ }()
	switch e := e.(type) {
	case *syntax.ParenExpr:
		return c.expr(e.X)
	case *syntax.Ident:
		return expr{op: opName, text: e.Name}
	case *syntax.Literal:
		return literal(e)
	case *syntax.LambdaExpr:
		if fn, ok := e.Function.(int32); ok {
			return expr{op: opFunction, n: fn}
		}
	case *syntax.ListExpr:
		return c.list(e.List)
	case *syntax.TupleExpr:
		return c.list(e.List)
	case *syntax.DictExpr:
		return c.dict(e.List)
	case *syntax.CallExpr:
		return c.call(e)
	case *syntax.DotExpr:
		if inner := c.expr(e.X); inner.op != opNone {
			return expr{op: opDot, text: e.Name.Name, args: []expr{inner}}
		}
	case *syntax.IndexExpr:
		if inner := c.expr(e.X); inner.op != opNone {
			return expr{op: opIndex, args: []expr{inner, c.expr(e.Y)}}
		}
	case *syntax.BinaryExpr:
		return c.binary(e)
	case *syntax.SliceExpr:
		return c.slice(e)
	case *syntax.UnaryExpr:
		switch e.Op {
		case syntax.MINUS:
			if x := c.expr(e.X); x.op == opInt {
				return expr{op: opInt, n: -x.n}
			}
		case syntax.NOT:
			return c.condition(e)
		}
	case *syntax.CondExpr:
		return either(c.expr(e.True), c.expr(e.False), c.condition(e.Cond))
	case *syntax.Comprehension:
		return c.comprehension(e)
	}
	return expr{}
}

func literal(e *syntax.Literal) expr {
	switch v := e.Value.(type) {
	case string:
		if e.Token == syntax.STRING && len(v) <= maxText {
			return expr{op: opString, text: v}
		}
	case int64:
		if v == int64(int32(v)) {
			return expr{op: opInt, n: int32(v)}
		}
	}
	return expr{}
}

func (c *converter) list(list []syntax.Expr) expr {
	if len(list) > maxList {
		return expr{}
	}
	out := expr{op: opList, args: make([]expr, 0, len(list))}
	for _, e := range list {
		out.args = append(out.args, c.expr(e))
	}
	return out
}

func (c *converter) dict(list []syntax.Expr) expr {
	if len(list) > maxList {
		return expr{}
	}
	out := expr{op: opDict, args: make([]expr, 0, len(list))}
	for _, e := range list {
		entry, ok := e.(*syntax.DictEntry)
		if !ok {
			continue
		}
		out.args = append(out.args, expr{op: opEntry, args: []expr{c.expr(entry.Key), c.expr(entry.Value)}})
	}
	return out
}

// binary keeps what builds names and merges dicts, and both sides of "or".
func (c *converter) binary(e *syntax.BinaryExpr) expr {
	switch e.Op {
	case syntax.PLUS, syntax.PERCENT, syntax.PIPE, syntax.MINUS, syntax.STAR:
		x, y := c.expr(e.X), c.expr(e.Y)
		if x.op != opNone && y.op != opNone {
			return expr{op: opBinary, text: e.Op.String(), args: []expr{x, y}}
		}
	case syntax.OR, syntax.AND:
		return test(e.Op, c.expr(e.X), c.expr(e.Y))
	case syntax.EQL, syntax.NEQ, syntax.IN, syntax.NOT_IN:
		return c.condition(e)
	}
	return expr{}
}

// either is "x if condition else y".
func either(x, y, condition expr) expr {
	if x.op == opNone && y.op == opNone {
		return expr{}
	}
	if condition.op == opNone {
		return expr{op: opEither, args: []expr{x, y}}
	}
	return expr{op: opEither, args: []expr{x, y, condition}}
}

func test(op syntax.Token, x, y expr) expr {
	if x.op == opNone && y.op == opNone {
		return expr{}
	}
	return expr{op: opTest, text: op.String(), args: []expr{x, y}}
}

// condition keeps comparisons of known values, and what joins them.
func (c *converter) condition(e syntax.Expr) expr {
	if c.nodes--; c.nodes < 0 || c.depth == 0 {
		return expr{}
	}
	c.depth--
	defer func() { c.depth++ }()
	switch e := e.(type) {
	case *syntax.ParenExpr:
		return c.condition(e.X)
	case *syntax.UnaryExpr:
		if e.Op == syntax.NOT {
			if x := c.condition(e.X); x.op != opNone {
				return expr{op: opTest, text: "not", args: []expr{x}}
			}
			return expr{}
		}
	case *syntax.BinaryExpr:
		switch e.Op {
		case syntax.AND, syntax.OR:
			return test(e.Op, c.condition(e.X), c.condition(e.Y))
		case syntax.EQL, syntax.NEQ, syntax.IN, syntax.NOT_IN:
			x, y := c.expr(e.X), c.expr(e.Y)
			if x.op == opNone || y.op == opNone {
				return expr{}
			}
			return test(e.Op, x, y)
		}
	}
	return c.expr(e)
}

// slice keeps x[lo:hi].
func (c *converter) slice(e *syntax.SliceExpr) expr {
	x := c.expr(e.X)
	if x.op == opNone || e.Step != nil {
		return expr{}
	}
	out := expr{op: opSlice, args: []expr{x, {}, {}}}
	for i, bound := range []syntax.Expr{e.Lo, e.Hi} {
		if bound == nil {
			continue // opNone: the string's end
		}
		if out.args[1+i] = c.expr(bound); out.args[1+i].op == opNone {
			return expr{}
		}
	}
	return out
}

func (c *converter) comprehension(e *syntax.Comprehension) expr {
	body := expr{}
	if entry, ok := e.Body.(*syntax.DictEntry); ok {
		body = expr{op: opEntry, args: []expr{c.expr(entry.Key), c.expr(entry.Value)}}
	} else {
		body = c.expr(e.Body)
	}
	if body.op == opNone {
		return expr{}
	}
	out := expr{op: opEach, args: []expr{body}}
	for _, clause := range e.Clauses {
		switch clause := clause.(type) {
		case *syntax.ForClause:
			out.args = append(out.args, c.loop(clause.Vars, clause.X))
		case *syntax.IfClause:
			out.args = append(out.args, expr{op: opLoop, args: []expr{c.condition(clause.Cond)}})
		}
	}
	return out
}

// loop is "for vars in over" as an opLoop.
func (c *converter) loop(vars, over syntax.Expr) expr {
	out := expr{op: opLoop, args: []expr{c.expr(over)}}
	for _, name := range targetNames(vars) {
		out.args = append(out.args, expr{op: opName, text: name})
	}
	return out
}

// targetNames flattens "a", "a, b" and "(a, b)".
func targetNames(e syntax.Expr) []string {
	switch e := e.(type) {
	case *syntax.Ident:
		return []string{e.Name}
	case *syntax.ParenExpr:
		return targetNames(e.X)
	case *syntax.TupleExpr:
		var names []string
		for _, el := range e.List {
			names = append(names, targetNames(el)...)
		}
		return names
	case *syntax.ListExpr:
		var names []string
		for _, el := range e.List {
			names = append(names, targetNames(el)...)
		}
		return names
	}
	return nil
}

// constructors are Bazel's functions that make something out of an
// implementation function.
var constructors = map[string]Kind{
	"rule": Rule, "repository_rule": RepositoryRule, "aspect": Aspect,
	"module_extension": ModuleExtension, "tag_class": TagClass,
	"provider": Provider, "transition": Transition, "exec_transition": Transition,
	"macro": Macro, "subrule": Subrule, "materializer_rule": Rule,
	"analysis_test_transition": Transition,
}

// constructorArguments are the ones that name functions.
var constructorArguments = map[string]bool{
	"implementation": true, "impl": true, "init": true, "name": true,
}

// bulkyArguments hold labels and flags of targets; names are never made of
// them.
var bulkyArguments = map[string]bool{
	"deps": true, "data": true, "visibility": true, "tags": true, "hdrs": true,
	"copts": true, "linkopts": true, "defines": true, "includes": true,
	"features": true, "compatible_with": true, "exec_compatible_with": true,
	"target_compatible_with": true, "toolchains": true, "testonly": true,
	"runtime_deps": true, "exports": true, "plugins": true, "doc": true,
	"licenses": true, "attrs": true, "provides": true, "args": true, "env": true,
	"urls": true, "sha256": true, "integrity": true, "patches": true,
	"default_visibility": true, "cmd": true, "embed": true, "exec_properties": true,
}

func (c *converter) call(e *syntax.CallExpr) expr {
	callee := c.expr(e.Fn)
	if callee.op == opNone {
		return expr{}
	}
	_, constructor := constructors[callee.text]
	out := expr{op: opCall, args: make([]expr, 1, 1+len(e.Args))}
	out.args[0] = callee
	constructor = constructor && callee.op == opName
	bulky := false
	for i, arg := range e.Args {
		switch {
		case constructor && callee.text == "macro" && keywordOf(arg) == "attrs":
			_, value := keyword(arg)
			out.args = append(out.args, expr{op: opKeyword, text: "attrs", args: []expr{c.expr(value)}})
			continue
		case constructor && i == 0:
			// rule(_impl): the implementation may stand first.
		case constructor && !namesFunction(arg):
			continue
		}
		if kept, ok := c.argument(arg); ok {
			out.args = append(out.args, kept)
		} else {
			bulky = !constructor
		}
	}
	if bulky {
		out.args = append(out.args, expr{op: opBulky})
	}
	return out
}

// keyword is an argument "name = value"; "" where it has no name.
func keyword(arg syntax.Expr) (string, syntax.Expr) {
	if b, ok := arg.(*syntax.BinaryExpr); ok && b.Op == syntax.EQ {
		if name, ok := b.X.(*syntax.Ident); ok {
			return name.Name, b.Y
		}
	}
	return "", nil
}

func keywordOf(arg syntax.Expr) string {
	name, _ := keyword(arg)
	return name
}

// namesFunction reports whether an argument of a constructor may hold the
// implementation.
func namesFunction(arg syntax.Expr) bool {
	switch arg := arg.(type) {
	case *syntax.BinaryExpr:
		name, ok := arg.X.(*syntax.Ident)
		return ok && arg.Op == syntax.EQ && constructorArguments[name.Name]
	case *syntax.UnaryExpr:
		return arg.Op == syntax.STARSTAR
	}
	return false
}

// argument keeps one argument of a call. A positional argument or a keyword
// whose value is not kept still stands there, so that defaults do not apply.
func (c *converter) argument(arg syntax.Expr) (expr, bool) {
	switch arg := arg.(type) {
	case *syntax.BinaryExpr:
		if arg.Op != syntax.EQ {
			break
		}
		name, ok := arg.X.(*syntax.Ident)
		if !ok || bulkyArguments[name.Name] {
			return expr{}, false
		}
		return expr{op: opKeyword, text: name.Name, args: []expr{c.expr(arg.Y)}}, true
	case *syntax.UnaryExpr:
		switch arg.Op {
		case syntax.STAR:
			return expr{op: opStar, args: []expr{c.expr(arg.X)}}, true
		case syntax.STARSTAR:
			return expr{op: opStarStar, args: []expr{c.expr(arg.X)}}, true
		}
	}
	return c.expr(arg), true
}
