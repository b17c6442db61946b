// SPDX-License-Identifier: Apache-2.0

package heap

import "example.invalid/starlark-memls/internal/hprof"

// Two kinds of variables are in a frame's reach and are not its locals by the
// plain reading: those of a comprehension, which have a slot in the frame but a
// scope of their own, and may be of the name of another local; and those that a
// function has captured, which hang on the function.

// comprehensionFor is the syntax tree's "for" inside of brackets.
const comprehensionFor = "net.starlark.java.syntax.Comprehension$For"

// readComprehended lists the identifiers of the bindings that comprehensions make. The
// resolver keeps the syntax trees, so that they are in the dump.
func (h *Dump) readComprehended() map[uint64]bool {
	out := map[uint64]bool{}
	for class, ids := range h.d.Watched() {
		if class.Name != comprehensionFor {
			continue
		}
		for _, id := range ids[:min(len(ids), maxComprehensions)] {
			if o, ok := h.d.Object(id); ok {
				vars, _ := o.Ref("vars")
				h.bound(vars, out, 8)
			}
		}
	}
	return out
}

const maxComprehensions = 1 << 18

// bound adds the bindings of an identifier, or of a list or tuple of such.
func (h *Dump) bound(expr hprof.Object, to map[uint64]bool, depth int) {
	if expr.IsZero() || depth == 0 {
		return
	}
	if b, ok := expr.Ref("binding"); ok {
		to[b.ID] = true
		return
	}
	for _, f := range [...]string{"elements", "x", "contents"} { // of a tuple; in parentheses
		inner, ok := expr.Ref(f)
		if !ok {
			continue
		}
		if _, list := lengthOf(inner); !list {
			h.bound(inner, to, depth-1)
			continue
		}
		for e := range elements(h.d, inner, maxLocals) {
			h.bound(e, to, depth-1)
		}
	}
}

// withCaptured adds what the frame's own function has captured, and then what
// those functions have that are locals of the frame: the list behind a closure
// that is called again and again is seen nowhere else.
func (h *Dump) withCaptured(locals []Local, fn hprof.Object) []Local {
	seen := map[uint64]bool{}
	for _, l := range locals {
		seen[l.ID] = true
	}
	add := func(fn hprof.Object, by string) {
		for _, l := range h.captured(fn) {
			if !seen[l.ID] {
				seen[l.ID] = true
				l.CapturedBy = by
				locals = append(locals, l)
			}
		}
	}
	add(fn, h.function(fn).Name)
	for _, l := range locals[:len(locals):len(locals)] {
		if l.Type == "function" {
			if o, ok := h.d.Object(l.ID); ok {
				add(o, l.Name)
			}
		}
	}
	return locals
}

// captured are a function's free variables, of those that hold more than
// themselves.
func (h *Dump) captured(fn hprof.Object) []Local {
	cells, ok := fn.Ref("freevars")
	if !ok {
		return nil
	}
	var names []string
	if rfn, ok := fn.Ref("rfn"); ok {
		if bindings, ok := rfn.Ref("freevars"); ok {
			for b := range elements(h.d, bindings, maxLocals) {
				names = append(names, bindingName(b))
			}
		}
	}
	var out []Local
	i := 0
	for cell := range elements(h.d, cells, maxLocals) {
		if v := h.uncell(cell); !v.IsZero() && !h.isSmall(v) {
			out = append(out, h.local(nameAt(names, i), v))
		}
		i++
	}
	return out
}
