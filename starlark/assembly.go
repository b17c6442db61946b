// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"cmp"
	"slices"
)

// An assembly is a summary put together from statements of several.
type assembly struct {
	sum   *fileSummary
	names map[string]bool
}

// newAssembly begins with the file's own function of base, without its parts.
func newAssembly(base *fileSummary) *assembly {
	top := base.functions[0]
	top.bindings, top.callSites = nil, nil
	return &assembly{
		sum:   &fileSummary{functions: []funcSummary{top}},
		names: map[string]bool{},
	}
}

// add takes one statement over. With a checker, it is taken only if the text
// still has the names of its definitions; the report says whether it was.
func (a *assembly) add(from *fileSummary, it *item, check *checker) bool {
	if check != nil && !stillThere(from, it, check) {
		return false
	}
	if name := from.firstName(it); name != "" {
		a.names[name] = true
	}
	top := &a.sum.functions[0]
	out := item{lines: it.lines}
	out.functions[0] = int32(len(a.sum.functions))
	out.bindings[0] = int32(len(top.bindings))
	out.callSites[0] = int32(len(top.callSites))
	out.load[0] = int32(len(a.sum.loads))

	source := &from.functions[0]
	move := mover{delta: int32(len(a.sum.functions)) - it.functions[0]}
	for _, b := range source.bindings[it.bindings[0]:it.bindings[1]] {
		b.value, b.around = move.expr(b.value), move.clauses(b.around)
		top.bindings = append(top.bindings, b)
	}
	top.callSites = append(top.callSites, move.callSites(source.callSites[it.callSites[0]:it.callSites[1]])...)
	a.sum.loads = append(a.sum.loads, from.loads[it.load[0]:it.load[1]]...)
	for _, f := range from.functions[it.functions[0]:it.functions[1]] {
		a.sum.functions = append(a.sum.functions, move.function(f))
	}

	top = &a.sum.functions[0]
	out.functions[1] = int32(len(a.sum.functions))
	out.bindings[1] = int32(len(top.bindings))
	out.callSites[1] = int32(len(top.callSites))
	out.load[1] = int32(len(a.sum.loads))
	a.sum.items = append(a.sum.items, out)
	return true
}

// stillThere reports whether a checker finds the name of what a statement of
// a sound summary defines, and corrects the columns. A statement that defines
// nothing is not worth keeping.
func stillThere(from *fileSummary, it *item, check *checker) bool {
	found := false
	for i := it.functions[0]; i < it.functions[1]; i++ {
		f := &from.functions[i]
		if ok := check.has(&f.nameSpan, f.name); ok {
			found = true
		} else if f.parent == 0 && f.kind == Function {
			return false
		}
	}
	for i := it.bindings[0]; i < it.bindings[1]; i++ {
		b := &from.functions[0].bindings[i]
		if !check.has(&b.nameSpan, b.name) {
			return false
		}
		found = true
	}
	return found || it.load[0] < it.load[1] || it.callSites[0] < it.callSites[1]
}

// defines reports whether the assembly has what a statement defines.
func (a *assembly) defines(from *fileSummary, it *item) bool {
	name := from.firstName(it)
	return name != "" && a.names[name]
}

// finish orders the statements and seals the summary.
func (a *assembly) finish(broken *fileSummary) *fileSummary {
	a.sum.fault, a.sum.broken = broken.fault, broken.broken
	slices.SortStableFunc(a.sum.items, func(x, y item) int { return cmp.Compare(x.lines.first, y.lines.first) })
	return a.sum.seal()
}

// A mover renumbers the functions of a statement.
type mover struct{ delta int32 }

func (m mover) function(f funcSummary) funcSummary {
	if m.delta == 0 {
		return f
	}
	if f.parent > 0 {
		f.parent += m.delta
	}
	f.params = slices.Clone(f.params)
	for i := range f.params {
		f.params[i].value = m.expr(f.params[i].value)
	}
	f.bindings = slices.Clone(f.bindings)
	for i := range f.bindings {
		b := &f.bindings[i]
		b.value, b.around = m.expr(b.value), m.clauses(b.around)
	}
	f.returns = slices.Clone(f.returns)
	for i := range f.returns {
		r := &f.returns[i]
		r.value, r.around = m.expr(r.value), m.clauses(r.around)
	}
	f.callSites = m.callSites(f.callSites)
	return f
}

func (m mover) callSites(list []callSite) []callSite {
	if m.delta == 0 {
		return list
	}
	list = slices.Clone(list)
	for i := range list {
		list[i].call, list[i].around = m.expr(list[i].call), m.clauses(list[i].around)
	}
	return list
}

func (m mover) clauses(list []clause) []clause {
	if m.delta == 0 {
		return list
	}
	list = slices.Clone(list)
	for i := range list {
		list[i].over = m.expr(list[i].over)
	}
	return list
}

func (m mover) exprs(list []expr) []expr {
	list = slices.Clone(list)
	for i := range list {
		list[i] = m.expr(list[i])
	}
	return list
}

func (m mover) expr(e expr) expr {
	if m.delta == 0 {
		return e
	}
	if e.op == opFunction {
		e.n += m.delta
	}
	if len(e.args) > 0 {
		e.args = m.exprs(e.args)
	}
	return e
}
