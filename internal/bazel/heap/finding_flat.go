// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"fmt"

	"example.invalid/starlark-memls/internal/hprof"
	"example.invalid/starlark-memls/internal/quantity"
)

// A depset that was flattened, and the list kept: the elements of a list are those
// of a depset that the same target or one below it holds.

// flattenedSample is how many of a site's lists are compared with depsets.
const flattenedSample = 48

// flattened looks at one site; it reports whether the lists there are depsets'.
func (f *finder) flattened(s *site) bool {
	step := max(1, len(s.values)/flattenedSample)
	asked, found := 0, 0
	for i := 0; i < len(s.values); i += step {
		v := s.values[i]
		elements := f.elementsOf(v.at)
		if len(elements) < 4 {
			continue
		}
		asked++
		if f.isFlattened(v.node, elements) {
			found++
		}
	}
	if found < 2 || found*10 < asked*9 {
		return false
	}
	var have int64
	kinds := map[string]int{}
	for _, v := range s.values {
		have += f.collectionBytes(v.at)
		kinds[f.h.kindName(f.g.Class(v.at))]++
	}
	have += f.memoBytes(s)
	if have < f.worth {
		return false
	}
	f.addSite(Finding{Kind: FlattenedDepset, Saves: have, Bytes: have, Count: int64(len(s.values)),
		Message: fmt.Sprintf("%s %ss in %s are depsets flattened, and the depsets are there too: %s", grouped(int64(len(s.values))), mostOf(kinds), s.name(), quantity.Bytes(have)),
		Advice:  "hand on the depset itself; call to_list() where the elements are used, and keep nothing of it"}, s)
	return true
}

// memoBytes is what the depsets of a site's targets keep of having been flattened:
// NestedSet.memo, a record of which of its elements to leave out the next time.
func (f *finder) memoBytes(s *site) (sum int64) {
	seen := map[uint64]int64{}
	for _, v := range s.values {
		for _, set := range f.depsetsOf(v.node) {
			o, _ := f.g.Object(set)
			if memo, ok := o.Ref("memo"); ok {
				if _, shared := seen[memo.ID]; shared {
					seen[memo.ID] = 0 // the constant of those that need none
				} else {
					seen[memo.ID] = memo.ShallowBytes()
				}
			}
		}
	}
	for _, n := range seen {
		sum += n
	}
	return sum
}

// isFlattened compares a list with the depsets of its target and of those below.
func (f *finder) isFlattened(node int, elements []uint32) bool {
	for _, e := range elements {
		f.marked.put(e)
	}
	distinct := int64(0)
	for _, e := range elements {
		if f.marked.has(e) {
			f.marked.take(e)
			distinct++
		}
	}
	for _, e := range elements {
		f.marked.put(e)
	}
	defer func() {
		for _, e := range elements {
			f.marked.take(e)
		}
	}()
	for _, n := range append([]int32{int32(node)}, f.deps[node]...) {
		for _, set := range f.depsetsOf(int(n)) {
			if f.leavesAre(set, distinct) {
				return true
			}
		}
	}
	return false
}

// depsetsOf are the NestedSets that hang on a node's providers.
func (f *finder) depsetsOf(node int) []uint32 {
	if sets, ok := f.sets[node]; ok {
		return sets
	}
	var out []uint32
	seen := map[uint32]bool{}
	n := f.nodes[node]
	if len(n.parts) < 2 {
		return nil
	}
	todo := append([]uint32(nil), n.parts[1:]...)
	for depth := 0; depth < 7 && len(todo) > 0 && len(seen) < maxProviders; depth++ {
		var next []uint32
		for _, at := range todo {
			for _, to := range f.g.References(at, nil) {
				if to == hprof.None || f.g.IsClass(to) || seen[to] || len(seen) >= maxProviders {
					continue
				}
				c := f.g.Class(to)
				switch f.h.kindOf(c) {
				case kindNestedSet:
					seen[to] = true
					out = append(out, to)
				case kindDepset, kindStruct:
					seen[to] = true
					next = append(next, to)
				default:
					if c.Name == "java.lang.Object[]" || isProviderClass(c) {
						seen[to] = true
						next = append(next, to)
					}
				}
			}
		}
		todo = next
	}
	f.sets[node] = out
	return out
}

// isProviderClass: what stands between a target and its depsets.
func isProviderClass(c *hprof.Class) bool {
	return classIs(c, "TransitiveInfoProviderMapImpl", "ConfiguredAspect", "FileProvider", "RunfilesProvider", "Runfiles", "OutputGroupInfo", "FilesToRunProvider")
}

// leavesAre reports whether a depset's leaves are exactly the marked nodes, of
// which there are so many.
func (f *finder) leavesAre(set uint32, distinct int64) bool {
	seen := map[uint32]bool{}
	leaves := int64(0)
	var walk func(at uint32, depth int) bool
	walk = func(at uint32, depth int) bool {
		if depth > maxNested || int64(len(seen)) > 8*distinct+64 {
			return false
		}
		for _, to := range f.g.References(at, nil) {
			if to == hprof.None || f.g.IsClass(to) || seen[to] {
				continue
			}
			seen[to] = true
			if f.g.Class(to).Name == "java.lang.Object[]" {
				if !walk(to, depth+1) {
					return false
				}
				continue
			}
			if !f.marked.has(to) {
				return false
			}
			leaves++
		}
		return true
	}
	// The set's own references: its children, and what it remembers of a walk.
	o, ok := f.g.Object(set)
	if !ok {
		return false
	}
	children, ok := o.Ref("children")
	if !ok {
		return false
	}
	at := f.g.Number(children.ID)
	if at == hprof.None {
		return false
	}
	if children.Kind() != hprof.ObjectArray {
		return distinct == 1 && f.marked.has(at)
	}
	return walk(at, 0) && leaves == distinct
}

const maxNested = 4000 // Bazel refuses depsets deeper than 3,500
