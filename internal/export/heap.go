// SPDX-License-Identifier: Apache-2.0

package export

import (
	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/plain"
)

var heapMeasures = []ValueType{
	{"retained", "bytes", "what would be freed if its holders went"},
	{"own", "bytes", "the part of it that one target, package or file holds alone"},
	{"objects", "count", "objects, of any size"},
}

// FromHeap are the owners of a heap dump. Their sums are the live heap's and those
// of the tables that heap prints. It is empty where the owners are not known.
func FromHeap(summary *heap.Summary, o StackOptions) *Stacks {
	s := &Stacks{Title: plain.Line(summary.Dump), Made: summary.Written, Measures: heapMeasures, Redacted: summary.Redacted}
	if summary.Owners == nil {
		return s
	}
	for _, w := range summary.Warnings {
		s.Comments = append(s.Comments, plain.Line(w))
	}
	h := heapStacks{s, o, summary.Owners}
	for _, c := range summary.Owners.Cells {
		h.cell(c)
	}
	if len(summary.Owners.Cells) == 0 { // one that was shortened to be kept
		for _, row := range summary.Owners.View("function").Rows {
			h.row(row)
		}
	}
	return s
}

type heapStacks struct {
	*Stacks
	o      StackOptions
	owners *heap.Owners
}

// cell adds one cell: who computed it, whose code, through what, for which target.
func (h heapStacks) cell(c heap.Cell) {
	made, known := h.owners.Of(c, "implementation")
	if !known {
		made = heap.Owner{Kind: heap.KindRest, Name: "all others"}
	}
	var sample StackSample
	push := func(f StackFrame) {
		n := h.frame(f)
		if k := len(sample.Stack); k == 0 || sample.Stack[k-1] != n {
			sample.Stack = append(sample.Stack, n)
		}
	}
	push(h.holder(made))
	label := func(key, value string) {
		sample.Labels = append(sample.Labels, Label{key, plain.Line(value)})
	}
	switch made.Kind {
	case KindRule, KindAspect:
		label(made.Kind, made.Name)
	}
	field, throughField := h.owners.Of(c, "field")
	throughField = throughField && field.Kind == "field"
	at := heap.Place{}
	if throughField && field.Made != nil {
		at = *field.Made
	}
	implementing, start := "", 0
	if f := made.Function; f != nil && f.Name != "" {
		implementing, start = h.o.function(f)
	}
	makerName, makerStart := h.o.around(at.File, at.Line)
	if implementing != "" {
		line := start
		if makerName == implementing && makerStart == start {
			line = at.Line
		}
		push(StackFrame{KindFunction, implementing, h.o.file(made.Function.Place.File), line, start})
	}
	if run, ok := h.owners.Of(c, "function"); ok && run.Kind == "function" && run.Function != nil && run.Function.Name != "" {
		if name, at := h.o.function(run.Function); name != implementing || at != start {
			push(StackFrame{KindFunction, name, h.o.file(run.Function.Place.File), at, at})
		}
	}
	if throughField {
		if makerName != "" && (makerName != implementing || makerStart != start) {
			push(StackFrame{KindFunction, makerName, h.o.file(at.File), at.Line, makerStart})
		}
		push(StackFrame{KindField, plain.Line(field.Provider + "." + field.Field), h.o.file(at.File), at.Line, at.Line})
		label("provider", field.Provider)
	}
	var own int64
	if target, ok := h.owners.Of(c, "target"); ok {
		switch target.Kind {
		case "target", "package", "bzl", "macro":
			own = c.RetainedBytes
			label("target", target.Name)
			if target.Name != made.Name {
				push(StackFrame{Kind: KindTarget, Name: plain.Line(target.Name)})
			}
		case heap.KindShared:
			push(StackFrame{Kind: KindShared, Name: "several targets"})
		}
	}
	sample.Values = []int64{c.RetainedBytes, own, c.Objects}
	h.Samples = append(h.Samples, sample)
}

// row adds a row of a table that stands for itself.
func (h heapStacks) row(row heap.Owner) {
	if row.Objects == 0 {
		return
	}
	stack := []int32{h.frame(h.holder(row))}
	h.Samples = append(h.Samples, StackSample{Stack: stack, Values: []int64{row.RetainedBytes, 0, row.Objects}})
}

// holder is the outermost frame.
func (h heapStacks) holder(row heap.Owner) StackFrame {
	f := StackFrame{Kind: row.Kind, Name: plain.Line(row.Name)}
	switch row.Kind {
	case KindRule, KindAspect:
		f.Name = row.Kind + " " + f.Name
	case "function":
		if row.Function != nil {
			f.Name, f.Start = h.o.function(row.Function)
			f.File, f.Line = h.o.file(row.Function.Place.File), f.Start
		}
		return f
	case "bzl", "package", "macro":
		return StackFrame{Kind: KindFile, Name: f.Name, File: h.o.file(row.Name)}
	case heap.KindShared:
		return StackFrame{Kind: KindShared, Name: "held by several rules, aspects or files"}
	default:
		return StackFrame{Kind: KindNobody, Name: f.Name}
	}
	if fn := row.Function; fn != nil {
		_, f.Start = h.o.function(fn)
		f.File, f.Line = h.o.file(fn.Place.File), f.Start
	}
	return f
}

// function is a function's name, and the line it is defined on now.
func (o StackOptions) function(f *heap.Function) (name string, start int) {
	name, start = plain.Line(f.Name), f.Place.Line
	if _, now := o.around(f.Place.File, start); now != 0 {
		start = now
	}
	return name, start
}

// FromRetained is what was kept of the heap of a build that passed
// (retained.json), by function: its sums are the live heap's. Its fields, which
// share the heap out in another way, are left out.
func FromRetained(r heap.Retained, title string, o StackOptions) *Stacks {
	s := &Stacks{Title: plain.Line(title), Measures: []ValueType{heapMeasures[0], heapMeasures[2]},
		Comments: []string{"by function; rules, aspects and fields share the same bytes out in other ways, and are in retained.json"}}
	kinds := map[string]string{"function": KindFunction, "bzl": KindFile, "package": KindFile, heap.KindBazel: KindNobody, heap.KindShared: KindShared}
	// A rule or aspect whose function is not known stands in the column by
	// function, which comes first, and once more in its own.
	last := map[[2]string]int{}
	for i, owner := range r.Owners {
		last[[2]string{owner.Kind, owner.Name}] = i
	}
	for i, owner := range r.Owners {
		kind, ofColumn := kinds[owner.Kind]
		if owner.Kind == KindRule || owner.Kind == KindAspect {
			kind, ofColumn = owner.Kind, last[[2]string{owner.Kind, owner.Name}] > i
		}
		if !ofColumn {
			continue
		}
		f := StackFrame{Kind: kind, Name: plain.Line(owner.Name), Line: owner.Line, Start: owner.Line}
		if owner.File != "" {
			f.File = o.file(owner.File)
		}
		s.Samples = append(s.Samples, StackSample{Stack: []int32{s.frame(f)}, Values: []int64{owner.RetainedBytes, owner.Objects}})
	}
	return s
}
