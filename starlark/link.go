// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"context"
	"slices"
)

// Linking: which module-level variables hold rules, aspects, …, and which
// functions implement them.
//
// Each .bzl file is linked by itself against the summaries of the files it
// loads, so files are linked in parallel, and after an edit only those whose
// links could differ: the edited file, and those that looked into it, if the
// edit changed anything that links can see (face.go). References are by file
// and index, so they stay valid when only lines moved.

// fileLinks are the definitions made by a file's assignments.
type fileLinks struct {
	made []made
	// deps are the other files that were looked into.
	deps []int32
}

// made is a module-level variable that holds a rule, aspect, ….
type made struct {
	binding int32
	kind    Kind
	// by are the functions that may implement it, the likeliest first.
	by []functionRef
}

// A use is a variable of some file that a function of this one implements.
type use struct {
	function int32
	by       bindingRef
}

// linkAll links every file.
func (w *Workspace) linkAll(ctx context.Context) error {
	w.links = make([]*fileLinks, len(w.files))
	if err := w.parallel(ctx, func(id int32) { w.links[id] = w.link(id) }); err != nil {
		return err
	}
	w.uses = map[int32][]use{}
	for id := range w.links {
		w.addUses(int32(id), w.links[id])
	}
	return nil
}

// addUses enters the links of a file into the reverse table.
func (w *Workspace) addUses(id int32, links *fileLinks) {
	if links == nil {
		return
	}
	for _, m := range links.made {
		for _, fn := range m.by {
			w.uses[fn.file] = append(w.uses[fn.file], use{fn.function, bindingRef{id, m.binding}})
		}
	}
}

// noLinks is shared by the many files that make nothing.
var noLinks = &fileLinks{}

// link evaluates the assignments of one file that may make a definition.
func (w *Workspace) link(id int32) *fileLinks {
	src := w.source(id)
	if src.kind != bzlFile {
		return noLinks
	}
	bindings := src.sum.functions[0].bindings
	var out *fileLinks
	for i := range bindings {
		value := &bindings[i].value
		if !mayConstruct(value) {
			continue
		}
		if out == nil {
			out = &fileLinks{}
		}
		ev := w.evaluator()
		for _, v := range ev.eval(value, moduleScope(id)) {
			if v.kind != aDefinition || v.made.isExported {
				continue // another name for a definition is not one itself
			}
			out.add(ev, int32(i), v.made)
		}
		out.note(ev, id)
	}
	if out == nil {
		return noLinks
	}
	return out
}

// mayConstruct reports whether an assigned value can be a new definition.
func mayConstruct(e *expr) bool {
	switch e.op {
	case opCall:
		return true
	case opIndex:
		return e.args[0].op == opEach || e.args[0].op == opList || mayConstruct(&e.args[0])
	case opEither:
		return mayConstruct(&e.args[0]) || mayConstruct(&e.args[1])
	case opTest:
		return len(e.args) == 2 && (mayConstruct(&e.args[0]) || mayConstruct(&e.args[1]))
	}
	return false
}

// add notes a construction; several of one variable become one definition
// with several candidates.
func (l *fileLinks) add(ev *evaluator, index int32, c *construction) {
	if n := len(l.made); n == 0 || l.made[n-1].binding != index {
		l.made = append(l.made, made{binding: index, kind: c.kind})
	}
	m := &l.made[len(l.made)-1]
	for _, v := range ev.force(c.implementation) {
		if v.kind == aFunction && !slices.Contains(m.by, v.ref) {
			m.by = append(m.by, v.ref)
		}
	}
}

// note keeps what the evaluation looked into.
func (l *fileLinks) note(ev *evaluator, self int32) {
	for dep := range ev.deps {
		if dep != self && !slices.Contains(l.deps, dep) {
			l.deps = append(l.deps, dep)
		}
	}
}
