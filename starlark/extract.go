// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"slices"

	"go.starlark.net/syntax"
)

// Extraction: from a syntax tree to a summary, in one walk.
//
// The walk visits every node once, in source order. It notes functions and
// lambdas, and mixes each token into the shape of the function around it; a
// nested function's finished shape is mixed into its parent's, so no node is
// hashed twice. What linking may need (expr.go) is converted on the way, but
// not inside a function that takes a rule context: such a function is an
// implementation, never a factory or a macro, and implementations are most of
// the code in the wild.

// maxNesting bounds the walk's recursion. Bazel itself gives up long before.
const maxNesting = 5000

// An extractor fills one summary.
type extractor struct {
	sum   *fileSummary
	file  fileKind
	depth int
	// around are the clauses around the current statement; kept is a copy that
	// the statements of one block share, nil until it is made.
	around, kept []clause
	// seq is the spot of the last statement of the current function.
	seq int32
	// renamed are the local names of what is loaded under another, by the
	// name it was defined with.
	renamed map[string]string
}

// newExtractor starts the summary of a file whose text ends at end.
func newExtractor(kind fileKind, end Position) *extractor {
	whole := span{1, 1, int32(end.Line), int32(end.Column)}
	return &extractor{
		file: kind,
		sum: &fileSummary{functions: []funcSummary{{
			name: "<toplevel>", kind: Toplevel, parent: -1,
			span: whole, nameSpan: span{1, 1, 1, 1}, shape: shapeSeed,
		}}},
	}
}

// statements extracts the top-level statements of a file or of a part of it.
func (x *extractor) statements(stmts []syntax.Stmt) {
	for _, stmt := range stmts {
		it := x.beginItem()
		x.seq = 0
		x.stmt(0, stmt)
		start, end := stmt.Span()
		x.endItem(it, lineRange{start.Line, end.Line})
	}
}

// beginItem notes where the tables stand before a statement.
func (x *extractor) beginItem() item {
	top := &x.sum.functions[0]
	var it item
	it.functions[0] = int32(len(x.sum.functions))
	it.bindings[0] = int32(len(top.bindings))
	it.callSites[0] = int32(len(top.callSites))
	it.load[0] = int32(len(x.sum.loads))
	return it
}

// endItem notes where they stand after it.
func (x *extractor) endItem(it item, lines lineRange) {
	top := &x.sum.functions[0]
	it.lines = lines
	it.functions[1] = int32(len(x.sum.functions))
	it.bindings[1] = int32(len(top.bindings))
	it.callSites[1] = int32(len(top.callSites))
	it.load[1] = int32(len(x.sum.loads))
	x.sum.items = append(x.sum.items, it)
}

// body walks the statements of the function fn.
func (x *extractor) body(fn int32, stmts []syntax.Stmt) {
	outside := len(x.around)
	for _, s := range stmts {
		before := x.seq
		x.stmt(fn, s)
		branch, ok := s.(*syntax.IfStmt)
		if !ok || fn == 0 || !x.mayMake(fn) {
			continue
		}
		// What follows "if c: return" runs only where c does not hold.
		c := x.condition(branch.Cond)
		c.id = before + 1
		switch whole, rest := departs(branch.True), departs(branch.False); {
		case whole && !rest:
			x.enter(c.not())
		case rest && !whole:
			x.enter(c)
		}
	}
	x.leave(outside)
}

// departs reports whether what follows a block is not reached from it.
func departs(block []syntax.Stmt) bool {
	if len(block) == 0 {
		return false
	}
	switch last := block[len(block)-1].(type) {
	case *syntax.ReturnStmt:
		return true
	case *syntax.BranchStmt:
		return last.Token != syntax.PASS
	case *syntax.ExprStmt:
		call, ok := last.X.(*syntax.CallExpr)
		if !ok {
			return false
		}
		callee, ok := call.Fn.(*syntax.Ident)
		return ok && callee.Name == "fail"
	case *syntax.IfStmt:
		return departs(last.True) && departs(last.False)
	}
	return false
}

// enter puts the statements that follow into a clause.
func (x *extractor) enter(c clause) {
	x.around = append(x.around, c)
	x.kept = nil
}

// leave ends the clauses that were entered after there were n.
func (x *extractor) leave(n int) {
	if len(x.around) != n {
		x.around, x.kept = x.around[:n], nil
	}
}

// here is the spot of the next statement.
func (x *extractor) here() spot {
	if x.kept == nil && len(x.around) > 0 {
		x.kept = slices.Clone(x.around)
	}
	x.seq++
	return spot{x.seq, x.kept}
}

// stmt walks one statement of the function fn.
func (x *extractor) stmt(fn int32, s syntax.Stmt) {
	if x.depth >= maxNesting {
		return
	}
	x.depth++
	x.statement(fn, s)
	x.depth--
}

// statement is stmt without the guard.
func (x *extractor) statement(fn int32, s syntax.Stmt) {
	switch s := s.(type) {
	case *syntax.DefStmt:
		x.def(fn, s)
	case *syntax.LoadStmt:
		x.load(s)
	case *syntax.AssignStmt:
		x.assign(fn, s)
	case *syntax.ExprStmt:
		x.mix(fn, tokenStmt)
		x.expr(fn, s.X)
		if x.mayMake(fn) {
			x.effect(fn, s.X, nil)
		}
	case *syntax.ReturnStmt:
		x.mix(fn, uint64(syntax.RETURN))
		if s.Result != nil {
			x.expr(fn, s.Result)
			if fn != 0 && x.mayMake(fn) {
				f := &x.sum.functions[fn]
				f.returns = append(f.returns, returned{x.here(), x.convert(s.Result)})
			}
		}
	case *syntax.IfStmt:
		x.mix(fn, uint64(syntax.IF))
		x.expr(fn, s.Cond)
		x.branches(fn, s)
	case *syntax.ForStmt:
		x.mix(fn, uint64(syntax.FOR))
		x.expr(fn, s.Vars)
		x.expr(fn, s.X)
		outside := len(x.around)
		if x.mayMake(fn) {
			c := x.loop(s.Vars, s.X)
			x.seq++
			c.id = x.seq
			x.enter(c)
		}
		x.body(fn, s.Body)
		x.leave(outside)
		x.mix(fn, tokenEnd)
	case *syntax.WhileStmt:
		x.mix(fn, uint64(syntax.WHILE))
		x.expr(fn, s.Cond)
		x.body(fn, s.Body)
		x.mix(fn, tokenEnd)
	case *syntax.BranchStmt:
		x.mix(fn, uint64(s.Token))
	}
}

// branches walks both branches of a condition.
func (x *extractor) branches(fn int32, s *syntax.IfStmt) {
	var c clause
	notes := x.mayMake(fn)
	outside := len(x.around)
	if notes {
		c = x.condition(s.Cond)
		x.seq++
		c.id = x.seq
		x.enter(c)
	}
	x.body(fn, s.True)
	x.leave(outside)
	x.mix(fn, uint64(syntax.ELSE))
	if notes && len(s.False) > 0 {
		x.enter(c.not())
	}
	x.body(fn, s.False)
	x.leave(outside)
}

// def walks a function definition inside the function parent.
func (x *extractor) def(parent int32, d *syntax.DefStmt) {
	start, end := d.Span()
	fn := x.add(funcSummary{
		name: d.Name.Name, kind: Function, parent: parent, shape: shapeSeed,
		span:     spanOf(start, end),
		nameSpan: nameSpan(d.Name.NamePos, d.Name.Name),
	})
	around, kept, seq := x.around, x.kept, x.seq
	x.around, x.kept, x.seq = nil, nil, 0
	x.params(fn, parent, d.Params)
	x.body(fn, d.Body)
	x.settleCallees(fn)
	x.around, x.kept, x.seq = around, kept, seq
	if parent == 0 {
		x.mixString(parent, d.Name.Name)
	} else {
		x.mix(parent, x.shape(fn))
	}
}

// lambda walks a lambda; its index is left in the node for convert.
func (x *extractor) lambda(parent int32, l *syntax.LambdaExpr) {
	start, end := l.Span()
	fn := x.add(funcSummary{
		name: "lambda", kind: Lambda, parent: parent, shape: shapeSeed,
		span:     spanOf(start, end),
		nameSpan: nameSpan(l.Lambda, "lambda"),
	})
	l.Function = fn
	x.params(fn, parent, l.Params)
	x.expr(fn, l.Body)
	x.settleCallees(fn)
	if x.mayMake(fn) {
		f := &x.sum.functions[fn]
		f.returns = []returned{{value: x.convert(l.Body)}}
	}
	x.mix(parent, x.shape(fn))
}

// params notes and hashes the parameters of fn, whose defaults are evaluated
// in the function around it.
func (x *extractor) params(fn, parent int32, params []syntax.Expr) {
	if len(params) == 0 {
		return
	}
	noted := make([]param, 0, len(params))
	for _, p := range params {
		switch p := p.(type) {
		case *syntax.Ident:
			x.mixString(fn, p.Name)
			noted = append(noted, param{name: p.Name})
		case *syntax.BinaryExpr:
			name, ok := p.X.(*syntax.Ident)
			if !ok {
				continue
			}
			x.mixString(fn, name.Name)
			x.expr(fn, p.Y)
			noted = append(noted, param{name: name.Name, value: x.convert(p.Y)})
		case *syntax.UnaryExpr:
			x.mix(fn, uint64(p.Op))
			noted = append(noted, starParam(p))
		}
	}
	x.sum.functions[fn].params = noted
}

// starParam is *args, **kwargs or the lone * before keyword-only parameters.
func starParam(p *syntax.UnaryExpr) param {
	out := param{stars: 1}
	if p.Op == syntax.STARSTAR {
		out.stars = 2
	}
	if name, ok := p.X.(*syntax.Ident); ok {
		out.name = name.Name
	}
	return out
}

// load notes a load statement.
func (x *extractor) load(s *syntax.LoadStmt) {
	start, end := s.Span()
	end.Col++ // the library's span stops before the parenthesis
	names := make([]loadName, len(s.From))
	for i := range s.From {
		names[i] = loadName{local: s.To[i].Name, remote: s.From[i].Name}
		if names[i].local != names[i].remote {
			if x.renamed == nil {
				x.renamed = map[string]string{}
			}
			x.renamed[names[i].local] = names[i].remote
		}
	}
	x.sum.loads = append(x.sum.loads, load{module: s.ModuleName(), span: spanOf(start, end), names: names})
	h := x.shape(0)
	h = foldString(h, s.ModuleName())
	for _, n := range names {
		h = foldString(foldString(h, n.local), n.remote)
	}
	x.sum.functions[0].shape = h
}

// add appends a function and returns its index.
func (x *extractor) add(f funcSummary) int32 {
	x.sum.functions = append(x.sum.functions, f)
	return int32(len(x.sum.functions) - 1)
}

func (x *extractor) shape(fn int32) uint64 { return x.sum.functions[fn].shape }

// contextNames are what implementation functions call their first parameter.
var contextNames = map[string]bool{
	"ctx": true, "rctx": true, "repository_ctx": true,
	"mctx": true, "module_ctx": true, "_ctx": true, "repo_ctx": true,
}

// mayMake reports whether the function could be a factory or a macro, so
// that its assignments, calls and results are worth keeping.
func (x *extractor) mayMake(fn int32) bool {
	params := x.sum.functions[fn].params
	return len(params) == 0 || !contextNames[params[0].name]
}

func spanOf(start, end syntax.Position) span {
	return span{start.Line, start.Col, end.Line, end.Col}
}
