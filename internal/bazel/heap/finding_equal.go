// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"slices"

	"example.invalid/starlark-memls/internal/hprof"
	"example.invalid/starlark-memls/internal/quantity"
)

// Structs, lists and tuples that are equal and not the same: made again for each
// target, or each element, where one would do. Values are compared by a hash over
// their contents, deep, and what would be freed if the first of each group stood
// for all is added up object by object, so that no object counts twice.

// A valueHash is of a value's contents.
type valueHash struct {
	hash uint64
	ok   bool // within the depth that is compared
}

const (
	equalDepth   = 6
	equalLength  = 1 << 12 // of lists that are compared
	maxHashed    = 1 << 22 // values hashed
	leavesKept   = 1 << 17 // strings and numbers whose hashes are remembered
	equalAtLeast = 100     // of a kind
)

// A hashedValue is one that may be equal to others.
type hashedValue struct {
	hash uint64
	at   uint32
}

// A hashMemo remembers what values hashed to: all that are made of others, and of
// strings and numbers, which are most objects and quickly hashed again, those met
// last.
type hashMemo struct {
	made   map[uint32]uint64
	leaves []hashedValue // at is one more than the node, so that 0 is none
	count  int           // hashes worked out
}

func newHashMemo() hashMemo {
	return hashMemo{made: map[uint32]uint64{}, leaves: make([]hashedValue, leavesKept)}
}

func (m *hashMemo) get(at uint32) (uint64, bool) {
	if l := m.leaves[at%leavesKept]; l.at == at+1 {
		return l.hash, true
	}
	h, ok := m.made[at]
	return h, ok
}

func (m *hashMemo) leaf(at uint32, hash uint64) valueHash {
	m.count++
	m.leaves[at%leavesKept] = hashedValue{hash, at + 1}
	return valueHash{hash, true}
}

func (f *finder) equalValue(at uint32) {
	if f.hashes.count >= maxHashed {
		return
	}
	if h := f.hashOf(at, equalDepth); h.ok {
		f.values = append(f.values, hashedValue{h.hash, at})
	}
}

// hashOf hashes a value. Objects that are no values (a Target, a File) are equal
// to themselves alone.
func (f *finder) hashOf(at uint32, depth int) valueHash {
	if h, ok := f.hashes.get(at); ok {
		return valueHash{h, true}
	}
	self := valueHash{uint64(at)*0x9e3779b97f4a7c15 + 1, true}
	if f.g.IsClass(at) {
		return self
	}
	mix := func(h, with uint64) uint64 {
		h = (h ^ with) * 0x9e3779b97f4a7c15
		return h ^ h>>29
	}
	var out uint64
	switch kind := f.h.kindOf(f.g.Class(at)); kind {
	case kindString:
		o := f.chars(at)
		if o.IsZero() {
			return self
		}
		return f.hashes.leaf(at, hashParts(o))
	case kindInt, kindBool, kindNone, kindFloat:
		o, _ := f.g.Object(at)
		s := f.h.repr(o, 0)
		if s == "<a big int>" {
			return self
		}
		return f.hashes.leaf(at, maphash.String(seed, s))
	case kindList, kindTuple:
		elements := f.firstElements(at, equalLength)
		if depth == 0 || len(elements) > equalLength {
			return valueHash{}
		}
		h := mix(uint64(kind), uint64(len(elements)))
		for _, e := range elements {
			inner := f.hashOf(e, depth-1)
			if !inner.ok {
				return valueHash{}
			}
			h = mix(h, inner.hash)
		}
		out = h
	case kindStruct:
		o, _ := f.g.Object(at)
		p, _ := o.Ref("provider")
		if depth == 0 || p.IsZero() {
			return self
		}
		h := mix(uint64(kind), p.ID)
		for _, m := range f.h.members(o, maxSchema) {
			n := f.g.Number(m.value.ID)
			if n == hprof.None {
				continue
			}
			inner := f.hashOf(n, depth-1)
			if !inner.ok {
				return valueHash{}
			}
			h = mix(mix(h, maphash.String(seed, m.name)), inner.hash)
		}
		out = h
	default:
		return self
	}
	f.hashes.count++
	if len(f.hashes.made) < maxHashed {
		f.hashes.made[at] = out
	}
	return valueHash{out, true}
}

// equalValues turns groups into sentences: by what holds the first of each.
func (f *finder) equalValues() {
	freed := newMarker(f.g)
	type kind struct {
		what, holder string
	}
	sums := map[kind]*group{}
	var order []kind
	// The larger values first: what is in them is not told again.
	for _, g := range f.byMemberSize() {
		var bytes, n int64
		for _, v := range g[1:] {
			if more := f.freedBy(v.at, g[0].at, freed, equalDepth); more > 0 {
				bytes, n = bytes+more, n+1
			}
		}
		if n < equalAtLeast-1 {
			continue
		}
		k := kind{f.h.kindOfValue(f.g, g[0].at), f.fields.nameOf(g[0].at)}
		if k.holder == "" {
			k.holder = f.implementation.nameOf(g[0].at)
		}
		sum := sums[k]
		if sum == nil {
			sum = &group{at: g[0].at}
			sums[k] = sum
			order = append(order, k)
		}
		sum.size += bytes
		sum.count += n + 1
		sum.last++
	}
	for _, k := range order {
		sum := sums[k]
		if sum.size < f.worth {
			continue
		}
		f.addAt(Finding{Kind: EqualValues, Saves: sum.size, Bytes: sum.size, Count: sum.count,
			Message: fmt.Sprintf("%s %ss, only %s different: the copies hold %s", grouped(sum.count), k.what, grouped(int64(sum.last)), quantity.Bytes(sum.size)),
			Advice:  "make each once, at the top of the .bzl file or in a target that others depend on, and hand it on"}, sum.at)
	}
}

// freedBy is what would go if one value stood for its equal: what hangs on it and
// not on the other, once.
func (f *finder) freedBy(at, keep uint32, freed marker, depth int) int64 {
	if at == keep || depth < 0 || f.hashOf(at, depth) != f.hashOf(keep, depth) || !freed.put(at) {
		return 0
	}
	bytes := f.g.ShallowBytes(at)
	switch f.h.kindOf(f.g.Class(at)) {
	case kindString:
		array, size := f.content(at)
		if other, _ := f.content(keep); array != other && array != hprof.None && freed.put(array) {
			bytes += size
		}
	case kindList, kindTuple:
		if array, size := f.content(at); array != hprof.None && freed.put(array) {
			bytes += size
		}
		mine, theirs := f.elementsOf(at), f.elementsOf(keep)
		for i := range min(len(mine), len(theirs)) {
			bytes += f.freedBy(mine[i], theirs[i], freed, depth-1)
		}
	case kindStruct:
		o, _ := f.g.Object(at)
		other, _ := f.g.Object(keep)
		if table, ok := o.Ref("table"); ok && freed.put(f.g.Number(table.ID)) {
			bytes += table.ShallowBytes()
		}
		mine, theirs := f.h.members(o, maxSchema), f.h.members(other, maxSchema)
		for i := range min(len(mine), len(theirs)) {
			a, b := f.g.Number(mine[i].value.ID), f.g.Number(theirs[i].value.ID)
			if a != hprof.None && b != hprof.None {
				bytes += f.freedBy(a, b, freed, depth-1)
			}
		}
	default:
		return 0 // a number: Bazel's own
	}
	return bytes
}

func (r *reader) kindOfValue(g *hprof.Graph, at uint32) string {
	o, _ := g.Object(at)
	return r.typeOf(o)
}

// byMemberSize are the groups of equal values that are large enough, the largest
// values first.
func (f *finder) byMemberSize() [][]hashedValue {
	slices.SortFunc(f.values, func(a, b hashedValue) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.at, b.at)) })
	type sizedGroup struct {
		values  []hashedValue
		nesting int
		size    int64
	}
	var groups []sizedGroup
	for from, to := 0, 0; from < len(f.values); from = to {
		for to < len(f.values) && f.values[to].hash == f.values[from].hash {
			to++
		}
		if to-from < equalAtLeast {
			continue
		}
		at := f.values[from].at
		_, array := f.content(at)
		groups = append(groups, sizedGroup{f.values[from:to], f.nesting(at), f.g.ShallowBytes(at) + array})
	}
	slices.SortFunc(groups, func(a, b sizedGroup) int {
		return cmp.Or(-cmp.Compare(a.nesting, b.nesting), -cmp.Compare(a.size, b.size), cmp.Compare(a.values[0].at, b.values[0].at))
	})
	out := make([][]hashedValue, len(groups))
	for i, g := range groups {
		out[i] = g.values
	}
	return out
}

// nesting is how many levels of values a value has, as far as they are compared.
func (f *finder) nesting(at uint32) int {
	return f.levels(at, equalDepth)
}

func (f *finder) levels(at uint32, depth int) int {
	if depth == 0 || f.g.IsClass(at) {
		return 0
	}
	most := 0
	switch f.h.kindOf(f.g.Class(at)) {
	case kindList, kindTuple:
		for i, e := range f.elementsOf(at) {
			if i == 16 {
				break
			}
			most = max(most, 1+f.levels(e, depth-1))
		}
	case kindStruct:
		o, _ := f.g.Object(at)
		for _, m := range f.h.members(o, 16) {
			if n := f.g.Number(m.value.ID); n != hprof.None {
				most = max(most, 1+f.levels(n, depth-1))
			}
		}
	}
	return most
}
