// SPDX-License-Identifier: Apache-2.0

package hproftest

// writeHead writes what stands before the regions: names, classes, the thread, and
// the objects that targets share.
func (r *DumpReader) writeHead(w *layoutWriter) {
	w.out.WriteString("JAVA PROFILE 1.0.2\x00")
	w.u4(idBytes)
	w.id(1764547200000)
	names := map[string]uint64{}
	name := func(s string) uint64 {
		id, ok := names[s]
		if !ok {
			id = uint64(len(names) + 1)
			names[s] = id
			b := layoutWriter{}
			b.id(id)
			b.out.WriteString(s)
			w.record(0x01, b.out.Bytes())
		}
		return id
	}
	for i, c := range classes {
		b := layoutWriter{}
		b.u4(i + 1)
		b.id(classID(i))
		b.u4(0)
		b.id(name(c.name))
		w.record(0x02, b.out.Bytes())
		for _, f := range c.fields {
			name(f.name)
		}
	}
	r.writeStacks(w, name)
	from := w.out.Len()
	for i := range classes {
		writeClass(w, i, names)
	}
	w.segment(from)
	from = w.out.Len()
	r.writeShared(w)
	w.segment(from)
}

// writeStacks writes the threads' Java stacks, of a single frame each.
func (r *DumpReader) writeStacks(w *layoutWriter, name func(string) uint64) {
	r.writeStack(w, 1, starlarkThread, name("positionalOnlyCall"), name("Starlark.java"))
	if r.heap.Left {
		r.writeStack(w, 2, memoryError, name("<init>"), name("OutOfMemoryError.java"))
	}
}

func (r *DumpReader) writeStack(w *layoutWriter, thread, class int, method, file uint64) {
	b := layoutWriter{}
	for _, v := range []uint64{uint64(thread), method, method, file} {
		b.id(v)
	}
	b.u4(class + 1)
	b.u4(7)
	w.record(0x04, b.out.Bytes())
	b = layoutWriter{}
	for _, v := range []int{thread, thread, 1} { // the trace's number, the thread's, frames
		b.u4(v)
	}
	b.id(uint64(thread))
	w.record(0x05, b.out.Bytes())
}

func writeClass(w *layoutWriter, class int, names map[string]uint64) {
	w.out.WriteByte(0x20)
	w.id(classID(class))
	w.u4(0)
	if class == object {
		w.id(0)
	} else {
		w.id(classID(object))
	}
	w.out.Write(make([]byte, 5*idBytes))
	fields := classes[class].fields
	size := 0
	for _, f := range fields {
		size += max(f.size, idBytes*(1-min(f.size, 1)))
	}
	w.u4(size)
	w.u2(0)
	w.u2(0)
	w.u2(len(fields))
	for _, f := range fields {
		w.id(names[f.name])
		w.out.WriteByte(map[int]byte{0: 2, 1: 8, 4: 10}[f.size])
	}
}

// writeShared writes the roots and the objects that all targets refer to, the map
// of all nodes, and the running thread with its variable.
func (r *DumpReader) writeShared(w *layoutWriter) {
	roots := w.out.Len()
	r.writeRoots(w, 0, 0, 0, 0)
	r.ruleClass = w.text("eat")
	r.pkg = w.instance(packageID, w.instance(pathFragment, w.text("pkg")))
	r.provided = w.instance(provider, w.text("EatInfo"))
	r.fieldName = w.text("records")
	r.made = w.instance(location, w.text("pkg/eat.bzl"), 21, 5)
	nodes := w.arrayHead(r.heap.Targets)
	for k := range r.heap.Targets {
		if len(r.regions) > 0 {
			w.id(r.entry(k))
		} else {
			w.id(0)
		}
	}
	variable := uint64(0)
	if n := len(r.regions); n > 0 {
		variable = r.regions[n-1].list
	}
	fn := w.instance(function, w.instance(resolved, w.text("_eat_impl"), w.instance(location, w.text("pkg/eat.bzl"), 7, 1), w.arrayOf(w.instance(binding, w.instance(identifier, w.text("rows"))))))
	called := w.instance(frame, fn, w.instance(location, w.text("pkg/eat.bzl"), 9, 13), w.arrayOf(variable), r.thread)
	depth := uint64(1)
	if r.heap.Left {
		called, depth = 0, 0
	}
	r.thread = w.instance(starlarkThread, w.instance(arrayList, depth, w.arrayOf(called)))
	java := w.instance(javaThread, w.text("skyframe-evaluator-0"))
	failed := uint64(0)
	if r.heap.Left {
		failed = w.instance(javaThread, w.text("Notification Thread"))
	}
	var b layoutWriter
	r.writeRoots(&b, java, r.thread, nodes, failed)
	copy(w.out.Bytes()[roots:], b.out.Bytes())
}

// writeRoots writes the threads, what is on their stacks, and the map of the nodes.
func (r *DumpReader) writeRoots(w *layoutWriter, java, thread, nodes, failed uint64) {
	root := func(kind byte, object uint64, thread, place int) {
		w.out.WriteByte(kind)
		w.id(object)
		w.u4(thread)
		w.u4(place)
	}
	root(0x08, java, 1, 1)
	root(0x03, thread, 1, 0)
	if r.heap.Growing {
		array := uint64(0)
		if n := len(r.regions); n > 0 {
			array = r.regions[n-1].array
		}
		root(0x03, array, 1, 0)
	}
	if r.heap.Left {
		root(0x08, failed, 2, 2)
	}
	w.out.WriteByte(0x01)
	w.id(nodes)
	w.id(0)
}
