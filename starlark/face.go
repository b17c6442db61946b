// SPDX-License-Identifier: Apache-2.0

package starlark

// face is a hash of all that other files, and linking, can see of a summary:
// names, parameters, assignments, calls and loads, in order, but no lines.
// Two summaries of one face link alike, index for index; most edits, being
// inside a function's body, do not change it.
func face(s *fileSummary) uint64 {
	h := uint64(shapeSeed)
	for i := range s.functions {
		f := &s.functions[i]
		h = foldString(h, f.name)
		h = foldString(h, string(f.kind))
		h = fold(h, uint64(uint32(f.parent)))
		for j := range f.params {
			h = foldString(h, f.params[j].name)
			h = fold(h, uint64(f.params[j].stars))
			h = faceOf(h, &f.params[j].value)
		}
		for j := range f.bindings {
			h = foldString(h, f.bindings[j].name)
			h = faceOf(foldSpot(h, &f.bindings[j].spot), &f.bindings[j].value)
			if f.bindings[j].adds {
				h = fold(h, tokenEnd)
			}
		}
		h = fold(h, tokenEnd)
		for j := range f.returns {
			h = faceOf(foldSpot(h, &f.returns[j].spot), &f.returns[j].value)
		}
		h = fold(h, tokenEnd)
		for j := range f.callSites {
			h = faceOf(foldSpot(h, &f.callSites[j].spot), &f.callSites[j].call)
		}
		h = fold(h, tokenEnd)
	}
	return foldLoads(h, s.loads)
}

func foldSpot(h uint64, s *spot) uint64 {
	h = fold(h, uint64(uint32(s.seq))|uint64(len(s.around))<<32)
	for i := range s.around {
		c := &s.around[i]
		h = faceOf(fold(h, uint64(uint32(c.id))), &c.over)
		for _, name := range c.vars {
			h = foldString(h, name)
		}
	}
	return h
}

func foldLoads(h uint64, loads []load) uint64 {
	for i := range loads {
		h = foldString(h, loads[i].module)
		for _, n := range loads[i].names {
			h = foldString(foldString(h, n.local), n.remote)
		}
		h = fold(h, tokenEnd)
	}
	return h
}

func faceOf(h uint64, e *expr) uint64 {
	h = fold(h, uint64(e.op)|uint64(uint32(e.n))<<8|uint64(len(e.args))<<40)
	h = foldString(h, e.text)
	for i := range e.args {
		h = faceOf(h, &e.args[i])
	}
	return h
}
