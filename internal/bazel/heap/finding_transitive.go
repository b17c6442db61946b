// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"fmt"

	"example.invalid/starlark-memls/internal/hprof"
	"example.invalid/starlark-memls/internal/quantity"
)

// Collections that are copied up the dependency graph: each target's list holds
// its dependencies' elements and some of its own, so that what all hold grows with
// the square. Whether it is so is measured, by laying the elements of each target's
// collection beside those of the targets it depends on; and what depsets would hold
// instead is added up, depset by depset.

// transitive looks at one site whose values are lists, tuples or dicts.
func (f *finder) transitive(s *site) {
	var have, instead, inherited, own, copies int64
	kinds := map[string]int{}
	for _, v := range s.values {
		elements := f.elementsOf(v.at)
		var depsets, from int64
		for _, d := range f.deps[v.node] {
			for _, w := range s.at(int(d)) {
				more := f.elementsOf(w.at)
				if len(more) > 0 {
					depsets++
				}
				for _, e := range more {
					f.marked.put(e)
				}
			}
		}
		for _, e := range elements {
			if f.marked.has(e) {
				from++
			}
		}
		for _, d := range f.deps[v.node] {
			for _, w := range s.at(int(d)) {
				for _, e := range f.elementsOf(w.at) {
					f.marked.take(e)
				}
			}
		}
		size := f.collectionBytes(v.at)
		have += size
		if from > 0 {
			copies++
		}
		inherited, own = inherited+from, own+int64(len(elements))-from
		instead += f.asDepset(v.at, int64(len(elements))-from, depsets)
		kinds[f.h.kindName(f.g.Class(v.at))]++
	}
	saves := have - instead
	if saves < f.worth || copies < 2 || inherited < 2*own {
		return
	}
	what := mostOf(kinds)
	each := "each holds its dependencies' elements"
	if n := int64(len(s.values)); own > 0 && n > 0 {
		each += fmt.Sprintf(" and %s more", grouped((own+n/2)/n))
	}
	f.addSite(Finding{Kind: TransitiveCopy, Saves: saves, Bytes: have, Count: int64(len(s.values)),
		Message: fmt.Sprintf("%s %ss in %s, %s: %s, as depsets %s", grouped(int64(len(s.values))), what, s.name(), each, quantity.Bytes(have), quantity.Bytes(instead)),
		Advice:  "hand on depset(direct, transitive = [dep's depset, ...]) and flatten it where it is used, if at all"}, s)
}

// asDepset is what a depset of so many direct elements over so many others would
// be. A dict's entries become pairs.
func (f *finder) asDepset(at uint32, direct, depsets int64) int64 {
	if f.h.shapeOf(f.g.Class(at)) != shapeDict {
		return f.what.depset(direct, depsets)
	}
	pair := f.what.instance(1, "net.starlark.java.eval.Tuple") + f.what.array(2)
	return f.what.depset(direct, depsets) + direct*pair
}

// elementsOf are the elements of a list or tuple, and the keys of a dict. It
// belongs to the finder and is overwritten by the next but one call for a dict.
func (f *finder) elementsOf(at uint32) []uint32 {
	switch f.h.shapeOf(f.g.Class(at)) {
	case shapeList, shapeTuple:
		array, _ := f.content(at)
		if array == hprof.None {
			return nil
		}
		return f.known(f.g.References(array, nil))
	case shapeDict:
		return f.keysOf(at)
	}
	return nil
}

// known leaves out references that lead out of the dump.
func (f *finder) known(refs []uint32) []uint32 {
	for i, r := range refs {
		if r == hprof.None {
			out := append([]uint32(nil), refs[:i]...)
			for _, r := range refs[i:] {
				if r != hprof.None {
					out = append(out, r)
				}
			}
			return out
		}
	}
	return refs
}

func (f *finder) keysOf(at uint32) []uint32 {
	if keys, ok := f.keys[at]; ok {
		return keys
	}
	o, ok := f.g.Object(at)
	if !ok {
		return nil
	}
	var keys []uint32
	for k := range entries(f.h.d, f.h.mapOf(o), maxChain) {
		if n := f.g.Number(k.ID); n != hprof.None {
			keys = append(keys, n)
		}
	}
	f.keys[at] = keys
	return keys
}

// collectionBytes is what a collection holds of its own: itself, its array or
// map and their links, without the elements.
func (f *finder) collectionBytes(at uint32) int64 {
	c := f.g.Class(at)
	if f.h.shapeOf(c) != shapeDict {
		_, array := f.content(at)
		return f.g.ShallowBytes(at) + array
	}
	return f.dictBytes(at)
}

func (r *reader) kindName(c *hprof.Class) string {
	switch r.shapeOf(c) {
	case shapeTuple:
		return "tuple"
	case shapeDict:
		return "dict"
	}
	return "list"
}

func mostOf(counts map[string]int) (most string) {
	for k, n := range counts {
		if n > counts[most] || n == counts[most] && k < most {
			most = k
		}
	}
	return most
}
