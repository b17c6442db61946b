// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"fmt"
	"math"

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
	var marked []uint32
	for _, v := range s.values {
		var depsets, from int64
		marked = marked[:0]
		for _, d := range f.deps[v.node] {
			for _, w := range s.at(int(d)) {
				more := f.elementsOf(w.at)
				if len(more) > 0 {
					depsets++
				}
				for _, e := range more {
					if f.marked.put(e) {
						marked = append(marked, e)
					}
				}
			}
		}
		elements := f.elementsOf(v.at)
		for _, e := range elements {
			if f.marked.has(e) {
				from++
			}
		}
		for _, e := range marked {
			f.marked.take(e)
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
	if f.h.kindOf(f.g.Class(at)) != kindDict {
		return f.what.depset(direct, depsets)
	}
	pair := f.what.instance(1, "net.starlark.java.eval.Tuple") + f.what.array(2)
	return f.what.depset(direct, depsets) + direct*pair
}

// elementsOf are the elements of a list or tuple, and the keys of a dict, which the
// caller must not change. A target's are asked for by those that depend on it, too:
// the last few long ones are not read from the file again.
func (f *finder) elementsOf(at uint32) []uint32 { return f.firstElements(at, math.MaxInt) }

// firstElements are elementsOf, but not all where there are more than limit.
func (f *finder) firstElements(at uint32, limit int) []uint32 {
	switch f.h.kindOf(f.g.Class(at)) {
	case kindList, kindTuple:
		array, bytes := f.content(at)
		if array == hprof.None {
			return nil
		}
		length := bytes / int64(f.what.layout.Reference)
		if length < longArray || length > longestKept || length > int64(limit) {
			return f.known(f.g.FirstReferences(array, limit, nil))
		}
		for _, r := range f.recent {
			if r.array == array && r.elements != nil {
				return r.elements
			}
		}
		elements := f.known(f.g.References(array, make([]uint32, 0, length)))
		f.recent[f.oldest] = readArray{array, elements}
		f.oldest = (f.oldest + 1) % len(f.recent)
		return elements
	case kindDict:
		return f.keysOf(at)
	}
	return nil
}

// A readArray has an array's elements.
type readArray struct {
	array    uint32
	elements []uint32
}

const (
	longArray   = 1 << 8
	longestKept = 1 << 18
)

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
	if f.h.kindOf(c) != kindDict {
		_, array := f.content(at)
		return f.g.ShallowBytes(at) + array
	}
	return f.dictBytes(at)
}

func (r *reader) kindName(c *hprof.Class) string {
	switch r.kindOf(c) {
	case kindTuple:
		return "tuple"
	case kindDict:
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
