// SPDX-License-Identifier: Apache-2.0

package heap

import "example.invalid/starlark-memls/internal/hprof"

// Virtual threads. From 7.1 on a repository rule runs in one, which is called
// after its repository. Where one is mounted, JDK 21 writes its stack under the
// thread that carries it, and where it is parked, nowhere: its frames lie in an
// object that no dump shows, so that what its variables hold seems to be garbage.
// From JDK 24 on a dump has all of it.

const virtualThread = "java.lang.VirtualThread"

// javaThreads are the Java threads by serial, each under the name of the virtual
// thread that it carries, if any.
func (h *Dump) javaThreads() map[uint32]hprof.JavaThread {
	mounted := map[uint64]string{}
	for _, o := range h.virtualThreads() {
		if carrier, ok := o.Ref("carrierThread"); ok {
			mounted[carrier.ID] = refText(o, "name")
		}
	}
	out := map[uint32]hprof.JavaThread{}
	for _, t := range h.d.Threads() {
		if name := mounted[t.ID]; name != "" {
			t.Name = name
		}
		out[t.Serial] = t
	}
	return out
}

func (h *Dump) virtualThreads() []hprof.Object {
	var out []hprof.Object
	for class, ids := range h.d.Watched() {
		if class.Name != virtualThread {
			continue
		}
		for _, id := range ids[:min(len(ids), maxVirtual)] {
			if o, ok := h.d.Object(id); ok {
				out = append(out, o)
			}
		}
	}
	return out
}

const maxVirtual = 1 << 16

// nameParked names the one thread that no Java stack has after the one virtual
// thread that is parked; of several it cannot be told which is which.
func (h *Dump) nameParked(threads []Thread) {
	seen := map[string]bool{}
	var nameless []*Thread
	for i := range threads {
		if t := &threads[i]; t.Name != "" {
			seen[t.Name] = true
		} else if t.Unwinding != Left {
			nameless = append(nameless, t)
		}
	}
	var parked []string
	for _, o := range h.virtualThreads() {
		if _, mounted := o.Ref("carrierThread"); mounted {
			continue
		}
		if name := refText(o, "name"); name != "" && !seen[name] {
			parked = append(parked, name)
		}
	}
	switch {
	case len(nameless) == 1 && len(parked) == 1:
		nameless[0].Name = parked[0]
	case len(nameless) > 0 && len(parked) > 0:
		for _, t := range nameless {
			t.Name = "a parked virtual thread"
		}
	}
}
