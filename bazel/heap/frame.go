package heap

import "starlark-memls/hprof"

// maxStack bounds the frames that are read of one thread; Starlark forbids
// recursion, so that real stacks are some tens deep.
const maxStack = 4096

// maxLocals bounds the locals of a frame.
const maxLocals = 4096

// readStack reads a thread's frames, innermost first. It finds the Java thread
// by the frames too, where the thread itself is not on its stack.
func (h *Dump) readStack(o hprof.Object, layout threadLayout, serial *uint32) []Frame {
	stack, ok := o.Ref(layout.stack)
	if !ok {
		return nil
	}
	if layout.stack == "continuation" {
		return h.readContinuations(o, stack)
	}
	var frames []Frame
	for f := range elements(h.d, stack, maxStack) {
		if !f.IsZero() {
			frames = append(frames, h.readFrame(f, o))
		}
	}
	for i, j := 0, len(frames)-1; i < j; i, j = i+1, j-1 {
		frames[i], frames[j] = frames[j], frames[i]
	}
	return frames
}

func (h *Dump) readFrame(f, thread hprof.Object) Frame {
	fn, ok := f.Ref("fn")
	if !ok {
		h.note("%s has no field fn: its functions are not known", f.Class().Name)
	}
	out := Frame{Function: h.function(fn), fn: fn.ID}
	if out.Function.Builtin {
		return out
	}
	for _, field := range [...]string{"loc", "callLoc"} {
		if loc, ok := f.Ref(field); ok {
			out.Place = place(loc)
			break
		}
	}
	locals, ok := f.Ref("locals")
	switch {
	case !ok && !f.Has("locals"):
		out.Locals = h.lexicals(f, thread)
	case locals.Kind() == hprof.ObjectArray:
		out.Locals = h.slots(locals, fn)
	case ok:
		for name, v := range entries(h.d, locals, maxLocals) {
			s, _ := name.Text(maxName)
			out.Locals = append(out.Locals, h.local(s, v))
		}
	}
	return out
}

// slots reads the locals of Bazel 5 on: values by index; the function's
// resolved bindings have the names.
func (h *Dump) slots(values, fn hprof.Object) []Local {
	var names []string
	if rfn, ok := fn.Ref("rfn"); ok {
		if bindings, ok := rfn.Ref("locals"); ok {
			for b := range elements(h.d, bindings, maxLocals) {
				id, _ := b.Ref("first")
				names = append(names, refText(id, "name"))
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
			out = append(out, h.local(name, v))
		}
		i++
	}
	return out
}

func (h *Dump) local(name string, v hprof.Object) Local {
	v = h.uncell(v)
	l := Local{Name: name, Type: h.typeOf(v), Length: -1, ShallowBytes: v.ShallowBytes(), RetainedBytes: -1, Preview: h.preview(v), id: v.ID}
	if n, ok := h.lengthOf(v); ok {
		l.Length = n
	}
	return l
}
