// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"cmp"
	"path/filepath"
	"slices"
)

// Definitions on demand.
//
// A Definition points to others: a rule to its implementation, a function to
// the rules it implements. Those pointers must lead to definitions of the same
// snapshot, so after an edit every definition that leads, by however many
// steps, to the edited file would have to be made anew. Making them all costs
// more than an edit may; so a snapshot makes a definition when it is first
// asked for, together with all that it leads to, under one lock. Whoever holds
// a definition holds a complete one.

// A key names a definition across snapshots of unchanged files.
type key struct {
	file, index int32
	table       table
}

type table uint8

const (
	inFunctions table = iota
	inBindings
	inTargets
)

func functionKey(file, i int32) key { return key{file, i, inFunctions} }
func bindingKey(file, i int32) key  { return key{file, i, inBindings} }

// object is the definition of a key. The lock is held.
func (w *Workspace) object(k key) *Definition {
	if d, ok := w.lazy.objects[k]; ok {
		return d
	}
	var pending []key
	d := w.shell(k, &pending)
	for len(pending) > 0 {
		k := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		w.complete(k, &pending)
	}
	return d
}

// shell makes a definition that leads nowhere yet and queues it.
func (w *Workspace) shell(k key, pending *[]key) *Definition {
	if d, ok := w.lazy.objects[k]; ok {
		return d
	}
	src := w.source(k.file)
	d := &Definition{File: src.path}
	switch k.table {
	case inFunctions:
		f := &src.sum.functions[k.index]
		d.Name, d.Kind, d.Shape, d.callees = f.name, f.kind, f.shape, f.callees
		d.Range, d.NameRange = f.span.asRange(), f.nameSpan.asRange()
		for i := range f.params {
			if f.params[i].name != "" {
				d.Parameters = append(d.Parameters, f.params[i].name)
			}
		}
	case inBindings:
		b := &src.sum.functions[0].bindings[k.index]
		d.Name, d.Shape = b.name, b.shape
		d.Range, d.NameRange = b.span.asRange(), b.nameSpan.asRange()
		d.Kind = w.madeOf(k).kind
	case inTargets:
		t := w.targetsOf(k.file)[k.index]
		d.Name, d.Kind, d.Class, d.Foreign = src.labelOf(t.name), Target, t.rule.class, t.rule.foreign
		if len(t.others) > 0 {
			d.Classes = []string{t.rule.class}
			for _, other := range t.others {
				d.Classes = append(d.Classes, other.class)
			}
		}
		site := &src.sum.functions[0].callSites[t.site]
		d.Range, d.NameRange = site.span.asRange(), site.nameSpan.asRange()
	}
	if w.lazy.objects == nil {
		w.lazy.objects = map[key]*Definition{}
	}
	w.lazy.objects[k] = d
	*pending = append(*pending, k)
	return d
}

// complete fills in what a definition leads to.
func (w *Workspace) complete(k key, pending *[]key) {
	d := w.lazy.objects[k]
	switch k.table {
	case inFunctions:
		f := &w.source(k.file).sum.functions[k.index]
		if f.parent > 0 {
			d.Enclosing = w.shell(functionKey(k.file, f.parent), pending)
		}
		for _, by := range w.usesOf(k.file, k.index) {
			d.Uses = append(d.Uses, w.shell(bindingKey(by.file, by.binding), pending))
		}
		slices.SortFunc(d.Uses, byPlace)
		d.LegacyMacro = f.kind != Toplevel && w.macrosOf(k.file)[k.index]
	case inBindings:
		for i, fn := range w.madeOf(k).by {
			impl := w.shell(functionKey(fn.file, fn.function), pending)
			if i == 0 {
				d.Implementation = impl
			}
			d.Candidates = append(d.Candidates, impl)
		}
		if len(d.Candidates) == 1 {
			d.Candidates = nil
		}
	case inTargets:
		t := w.targetsOf(k.file)[k.index]
		if t.madeBy.file >= 0 {
			d.MadeBy = w.shell(t.madeBy, pending)
		}
		if rule := t.rule.exported; rule.file >= 0 {
			d.Rule = w.shell(bindingKey(rule.file, rule.binding), pending)
		}
		if len(t.others) > 0 && d.Rule != nil {
			d.Candidates = append(d.Candidates, d.Rule)
		}
		for _, other := range t.others {
			if rule := other.exported; rule.file >= 0 {
				d.Candidates = append(d.Candidates, w.shell(bindingKey(rule.file, rule.binding), pending))
			}
		}
	}
}

// linksOf are the links of a file, of the workspace or not. The lock is held.
func (w *Workspace) linksOf(id int32) *fileLinks {
	if id < firstExternal {
		return w.links[id]
	}
	links, ok := w.lazy.links[id]
	if !ok {
		links = w.link(id)
		if w.lazy.links == nil {
			w.lazy.links = map[int32]*fileLinks{}
		}
		w.lazy.links[id] = links
	}
	return links
}

// madeOf is the link of a binding.
func (w *Workspace) madeOf(k key) made {
	for _, m := range w.linksOf(k.file).made {
		if m.binding == k.index {
			return m
		}
	}
	return made{}
}

// usesOf are the bindings that a function implements.
func (w *Workspace) usesOf(file, function int32) []bindingRef {
	var out []bindingRef
	for _, u := range w.uses[file] {
		if u.function == function {
			out = append(out, u.by)
		}
	}
	if file < firstExternal {
		return out
	}
	others := w.lazy.abroad
	if !slices.Contains(others, file) {
		others = append(others[:len(others):len(others)], file)
	}
	for _, other := range others {
		for _, m := range w.linksOf(other).made {
			if slices.Contains(m.by, functionRef{file, function}) {
				out = append(out, bindingRef{other, m.binding})
			}
		}
	}
	return out
}

func byPosition(a, b *Definition) int {
	return cmp.Or(
		cmp.Compare(a.Range.Start.Line, b.Range.Start.Line),
		cmp.Compare(a.Range.Start.Column, b.Range.Start.Column),
		cmp.Compare(b.Range.End.Line, a.Range.End.Line), // the outer one first
		cmp.Compare(a.Name, b.Name),
	)
}

func byPlace(a, b *Definition) int {
	return cmp.Or(cmp.Compare(a.File, b.File), byPosition(a, b))
}

// InFile returns the definitions of one file by position. The file may belong
// to another repository that Resolve leads to.
func (w *Workspace) InFile(path string) []*Definition {
	id := w.fileAt(path)
	if id < 0 {
		return nil
	}
	return w.inFile(id)
}

// fileAt is the number of the file at an absolute path.
func (w *Workspace) fileAt(path string) int32 {
	if id, ok := w.ids[path]; ok {
		return id
	}
	if !filepath.IsAbs(path) {
		return loadsNothing
	}
	return w.anyFile(filepath.ToSlash(path))
}

func (w *Workspace) inFile(id int32) []*Definition {
	w.lazy.mu.Lock()
	defer w.lazy.mu.Unlock()
	if list, ok := w.lazy.ordered[id]; ok {
		return list
	}
	sum := w.source(id).sum
	list := make([]*Definition, 0, len(sum.functions))
	for i := range sum.functions {
		list = append(list, w.object(functionKey(id, int32(i))))
	}
	for _, m := range w.linksOf(id).made {
		list = append(list, w.object(bindingKey(id, m.binding)))
	}
	for i := range w.targetsOf(id) {
		list = append(list, w.object(key{id, int32(i), inTargets}))
	}
	slices.SortStableFunc(list, byPosition)
	if w.lazy.ordered == nil {
		w.lazy.ordered = map[int32][]*Definition{}
	}
	w.lazy.ordered[id] = list
	return list
}

// At returns the innermost function (or toplevel) around a line, nil where
// the file has no such line. A lambda counts on the lines below its first:
// that one it shares with the code around it.
func (w *Workspace) At(path string, line int) *Definition {
	return w.innermost(path, line, func(f *funcSummary) bool {
		return f.kind != Lambda || int32(line) > f.span.startLine
	})
}

// Frame returns the innermost function of that name around a line, as a
// stack frame tells it, so that a lambda is found on its first line as well.
// It is nil where no function of that name is there.
func (w *Workspace) Frame(path string, line int, name string) *Definition {
	return w.innermost(path, line, func(f *funcSummary) bool { return f.name == name })
}

func (w *Workspace) innermost(path string, line int, fits func(*funcSummary) bool) *Definition {
	id := w.fileAt(path)
	if id < 0 {
		return nil
	}
	sum := w.source(id).sum
	best := int32(-1)
	for i := range sum.functions {
		f := &sum.functions[i]
		if int32(line) < f.span.startLine || int32(line) > f.span.endLine || !fits(f) {
			continue
		}
		if best < 0 || sum.functions[best].contains(f) {
			best = int32(i)
		}
	}
	if best < 0 {
		return nil
	}
	w.lazy.mu.Lock()
	defer w.lazy.mu.Unlock()
	return w.object(functionKey(id, best))
}

// contains reports whether g lies inside f, or is the smaller of two that
// overlap in one line.
func (f *funcSummary) contains(g *funcSummary) bool {
	if f.kind == Toplevel {
		return true
	}
	return g.span.endLine-g.span.startLine <= f.span.endLine-f.span.startLine
}
