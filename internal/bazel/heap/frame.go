// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"slices"

	"example.invalid/starlark-memls/internal/hprof"
)

// maxStack bounds the frames that are read of one thread; Starlark forbids
// recursion, so that real stacks are some tens deep.
const maxStack = 4096

// maxLocals bounds the locals of a frame.
const maxLocals = 4096

// readStack reads a thread's frames, innermost first.
func (h *Dump) readStack(o hprof.Object, layout threadLayout) []CallFrame {
	stack, ok := o.Ref(layout.stack)
	if !ok {
		return nil
	}
	if layout.stack == "continuation" {
		return h.readContinuations(o, stack)
	}
	var kept []hprof.Object
	for f := range elements(h.d, stack, maxStack) {
		if !f.IsZero() {
			kept = append(kept, f)
		}
	}
	var frames []CallFrame
	if len(kept) > 0 && isSaved(kept[0]) {
		frames = h.readSaved(kept, o)
	} else {
		for _, f := range kept {
			frames = append(frames, h.readFrame(f))
		}
	}
	slices.Reverse(frames)
	return frames
}

func (h *Dump) readFrame(f hprof.Object) CallFrame {
	fn, ok := f.Ref("fn")
	if !ok {
		h.note("%s has no field fn: its functions are not known", f.Class().Name)
	}
	out := CallFrame{Function: h.function(fn), id: f.ID, fn: fn.ID}
	if out.Function.Builtin {
		return out
	}
	if loc, ok := f.Ref("loc"); ok {
		out.Place = place(loc)
	} else if !f.Has("loc") {
		h.note("%s has no field loc: the lines of its calls are not known", f.Class().Name)
	}
	locals, ok := f.Ref("locals")
	switch {
	case !ok && !f.Has("locals"):
		h.note("%s has no field locals: its variables are not known", f.Class().Name)
	case locals.Kind() == hprof.ObjectArray:
		out.Locals = h.slots(locals, fn)
	case ok:
		for name, v := range entries(h.d, locals, maxLocals) {
			s, _ := name.Text(maxName)
			out.Locals = append(out.Locals, h.local(s, v))
		}
	}
	if out.Function.Name == toplevel {
		out.Locals = append(out.Locals, h.globals(fn)...)
	}
	out.Locals = h.withCaptured(out.Locals, fn)
	return out
}

// globals are the variables of a file's toplevel: those of its module. Before
// 5 a map; from then on slots with a map of names to them.
func (h *Dump) globals(fn hprof.Object) []Local {
	module, ok := fn.Ref("module")
	if !ok {
		return nil
	}
	globals, ok := module.Ref("globals")
	if !ok {
		return nil
	}
	var out []Local
	add := func(name, v hprof.Object) {
		if v = h.uncell(v); v.IsZero() || h.kindOf(v.Class()) == kindFunction {
			return
		}
		s, _ := name.Text(maxName)
		out = append(out, h.local(s, v))
	}
	if globals.Kind() != hprof.ObjectArray {
		for name, v := range entries(h.d, globals, maxLocals) {
			add(name, v)
		}
		return out
	}
	index, _ := module.Ref("globalIndex")
	for name, i := range entries(h.d, index, maxLocals) {
		if k, ok := i.Int("value"); ok {
			v, _ := globals.Element(int(k))
			add(name, v)
		}
	}
	return out
}

// slots reads the locals of Bazel 5 on: values by index; the function's
// resolved bindings have the names.
func (h *Dump) slots(values, fn hprof.Object) []Local {
	var names []string
	var inside []bool // a comprehension's
	if rfn, ok := fn.Ref("rfn"); ok {
		if bindings, ok := rfn.Ref("locals"); ok {
			for b := range elements(h.d, bindings, maxLocals) {
				names = append(names, bindingName(b))
				inside = append(inside, h.comprehended[b.ID] || simpleName(b.Class()) == "ComprehensionBinding")
			}
		} else if params, ok := rfn.Ref("parameterNames"); ok {
			for p := range elements(h.d, params, maxLocals) {
				s, _ := p.Text(maxName)
				names = append(names, s)
			}
			h.note("%s has no field locals: only parameters have names", rfn.Class().Name)
		}
	}
	var out []Local
	i := 0
	for v := range elements(h.d, values, maxLocals) {
		if v = h.uncell(v); !v.IsZero() { // not yet assigned
			name := ""
			if i < len(names) {
				name = names[i]
			}
			l := h.local(name, v)
			l.Comprehension = i < len(inside) && inside[i]
			out = append(out, l)
		}
		i++
	}
	return out
}

func bindingName(b hprof.Object) string {
	if b.IsZero() {
		return ""
	}
	id, _ := b.Ref("first")
	return refText(id, "name")
}

func (h *Dump) local(name string, v hprof.Object) Local {
	v = h.uncell(v)
	l := Local{Name: name, Type: h.typeOf(v), ShallowBytes: v.ShallowBytes(), Preview: h.preview(v), ID: v.ID}
	if n, ok := h.lengthOf(v); ok {
		l.Length = &n
	}
	return l
}
