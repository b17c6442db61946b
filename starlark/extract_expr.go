// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"unicode/utf8"

	"go.starlark.net/syntax"
)

// Tokens of the shape that are not the library's: bracket kinds and ends, so
// that f(a)(b) and f(a, b) differ.
const (
	tokenEnd uint64 = 1<<16 + iota
	tokenStmt
	tokenCall
	tokenList
	tokenTuple
	tokenDict
	tokenComprehension
	tokenIndex
	tokenSlice
	tokenDot
	tokenCond
	tokenNothing
)

func (x *extractor) mix(fn int32, word uint64) {
	f := &x.sum.functions[fn]
	f.shape = fold(f.shape, word)
}

func (x *extractor) mixString(fn int32, s string) {
	f := &x.sum.functions[fn]
	f.shape = foldString(f.shape, s)
}

// expr walks an expression of the function fn: every token goes into the
// function's shape, every lambda becomes a function. The left spine of a long
// operator chain ("a" + "b" + …) is walked without recursion.
func (x *extractor) expr(fn int32, e syntax.Expr) {
	if x.depth >= maxNesting {
		return
	}
	x.depth++
	x.node(fn, e)
	x.depth--
}

// node is expr without the guard.
func (x *extractor) node(fn int32, e syntax.Expr) {
	for {
		switch n := e.(type) {
		case *syntax.BinaryExpr:
			x.mix(fn, uint64(n.Op))
			x.expr(fn, n.Y)
			e = n.X
			continue
		case *syntax.DotExpr:
			x.mix(fn, tokenDot)
			x.mixString(fn, n.Name.Name)
			e = n.X
			continue
		case *syntax.ParenExpr:
			e = n.X
			continue
		}
		break
	}
	switch e := e.(type) {
	case nil:
		x.mix(fn, tokenNothing)
	case *syntax.Ident:
		x.mixString(fn, e.Name)
	case *syntax.Literal:
		x.mix(fn, uint64(e.Token))
		x.mixString(fn, e.Raw)
	case *syntax.CallExpr:
		x.called(fn, e.Fn)
		x.expr(fn, e.Fn)
		x.exprs(fn, tokenCall, e.Args)
	case *syntax.ListExpr:
		x.exprs(fn, tokenList, e.List)
	case *syntax.TupleExpr:
		x.exprs(fn, tokenTuple, e.List)
	case *syntax.DictExpr:
		x.exprs(fn, tokenDict, e.List)
	case *syntax.DictEntry:
		x.expr(fn, e.Key)
		x.expr(fn, e.Value)
	case *syntax.LambdaExpr:
		x.lambda(fn, e)
	case *syntax.CondExpr:
		x.mix(fn, tokenCond)
		x.expr(fn, e.True)
		x.expr(fn, e.Cond)
		x.expr(fn, e.False)
	case *syntax.UnaryExpr:
		x.mix(fn, uint64(e.Op))
		x.expr(fn, e.X)
	case *syntax.IndexExpr:
		x.expr(fn, e.X)
		x.mix(fn, tokenIndex)
		x.expr(fn, e.Y)
	case *syntax.SliceExpr:
		x.expr(fn, e.X)
		x.mix(fn, tokenSlice)
		x.expr(fn, e.Lo)
		x.expr(fn, e.Hi)
		x.expr(fn, e.Step)
	case *syntax.Comprehension:
		x.comprehension(fn, e)
	}
}

// exprs walks the elements between a pair of brackets.
func (x *extractor) exprs(fn int32, bracket uint64, list []syntax.Expr) {
	x.mix(fn, bracket)
	for _, e := range list {
		x.expr(fn, e)
	}
	x.mix(fn, tokenEnd)
}

func (x *extractor) comprehension(fn int32, c *syntax.Comprehension) {
	x.mix(fn, tokenComprehension)
	x.expr(fn, c.Body)
	for _, clause := range c.Clauses {
		switch clause := clause.(type) {
		case *syntax.ForClause:
			x.mix(fn, uint64(syntax.FOR))
			x.expr(fn, clause.Vars)
			x.expr(fn, clause.X)
		case *syntax.IfClause:
			x.mix(fn, uint64(syntax.IF))
			x.expr(fn, clause.Cond)
		}
	}
	x.mix(fn, tokenEnd)
}

// nameSpan is the place of a name on its line.
func nameSpan(at syntax.Position, name string) span {
	return span{at.Line, at.Col, at.Line, at.Col + int32(utf8.RuneCountInString(name))}
}
