// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"example.invalid/starlark-memls/internal/hprof"
)

// What a rewritten rule would hold instead, in bytes: the objects that Bazel would
// make, with the sizes that their classes have in this very dump. What they refer
// to is there already.

type whatIf struct {
	layout hprof.Layout
	d      *hprof.Dump
}

// instance is the size of an instance of the first of the classes that the dump
// has, or a guess for one with so many references.
func (w whatIf) instance(references int64, classes ...string) int64 {
	for _, name := range classes {
		for _, c := range w.d.ClassesNamed(name) {
			if c.Size > 0 {
				return int64(c.Size)
			}
		}
	}
	a := int64(w.layout.Alignment)
	return (int64(w.layout.Header) + references*int64(w.layout.Reference) + a - 1) / a * a
}

func (w whatIf) array(n int64) int64 {
	return int64(w.layout.ArrayBytes(hprof.Ref, uint32(max(0, n))))
}

// depset is one that is made of so many elements and other depsets, with the
// Starlark value around it. One depset alone is handed on as it is; one element
// stands without an array.
func (w whatIf) depset(direct, transitive int64) int64 {
	size := w.instance(2, "com.google.devtools.build.lib.collect.nestedset.Depset")
	if direct+transitive == 0 || direct == 0 && transitive == 1 {
		return size
	}
	size += w.nestedSet()
	if n := direct + transitive; n > 1 {
		size += w.array(n)
	}
	return size
}

func (w whatIf) nestedSet() int64 {
	return w.instance(3, "com.google.devtools.build.lib.collect.nestedset.NestedSet")
}

// text is a string of so many bytes of content.
func (w whatIf) text(n int64) int64 {
	return w.instance(2, "java.lang.String") + int64(w.layout.ArrayBytes(hprof.Byte, uint32(max(0, n))))
}

// A marker is a set of graph nodes that is emptied by taking out what was put in.
type marker []uint64

func newMarker(g *hprof.Graph) marker { return make(marker, g.Nodes()/64+1) }

func (m marker) has(at uint32) bool { return m[at/64]>>(at%64)&1 != 0 }

// put adds a node and reports whether it was not in.
func (m marker) put(at uint32) bool {
	bit := uint64(1) << (at % 64)
	if m[at/64]&bit != 0 {
		return false
	}
	m[at/64] |= bit
	return true
}

func (m marker) take(at uint32) { m[at/64] &^= 1 << (at % 64) }
