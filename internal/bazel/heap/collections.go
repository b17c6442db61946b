// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"iter"
	"strings"

	"example.invalid/starlark-memls/internal/hprof"
)

// Java's and Guava's collections, by their fields. A chain that a damaged dump
// may have closed to a ring is followed no further than the collection's own
// size says, or maxChain where it says nothing.

const maxChain = 1 << 24

// arrayOf finds the array behind a list-like object and how many of its
// elements count. ok is false for what is no such object.
func arrayOf(o hprof.Object) (array hprof.Object, n int, ok bool) {
	if o.Kind() == hprof.ObjectArray {
		return o, o.Len(), true
	}
	for _, field := range [...]string{"elementData", "elems", "elements", "array", "a"} {
		if array, ok = o.Ref(field); !ok {
			continue
		}
		if inner, nested := array.Ref("array"); nested { // a set that keeps its elements in a list
			array = inner
		}
		if array.Kind() == hprof.ObjectArray {
			n = array.Len()
			if size, has := o.Int("size"); has && size >= 0 {
				n = min(n, int(size))
			}
			return array, n, true
		}
	}
	for _, field := range [...]string{"contents", "list"} { // 0.29's lists and tuples; Collections.unmodifiableList
		if inner, ok := o.Ref(field); ok && !inner.Has(field) {
			return arrayOf(inner)
		}
	}
	return hprof.Object{}, 0, false
}

// singleFields hold the elements of lists and tuples too small for an array.
var singleFields = [...]string{"elem", "element", "singleElement", "e0", "e1"}

// lengthOf counts the elements of a list-like object.
func lengthOf(o hprof.Object) (int, bool) {
	if _, n, ok := arrayOf(o); ok {
		return n, true
	}
	n, found := 0, false
	for _, field := range singleFields {
		if o.Has(field) {
			found = true
			if _, ok := o.Ref(field); ok {
				n++
			}
		}
	}
	if found {
		return n, true
	}
	return 0, false
}

// elements yields the elements of a list-like object, up to limit; null is the
// zero Object.
func elements(d *hprof.Dump, o hprof.Object, limit int) iter.Seq[hprof.Object] {
	return func(yield func(hprof.Object) bool) {
		if array, n, ok := arrayOf(o); ok {
			var ids [64]uint64
			n = min(n, limit)
			for i := 0; i < n; i += len(ids) {
				for _, id := range ids[:array.ElementIDs(ids[:min(len(ids), n-i)], i)] {
					e, _ := d.Object(id)
					if !yield(e) {
						return
					}
				}
			}
			return
		}
		for _, field := range singleFields {
			if e, ok := o.Ref(field); ok && limit > 0 {
				limit--
				if !yield(e) {
					return
				}
			}
		}
	}
}

// entries yields the keys and values of a map, in its own order where it has
// one: HashMap, LinkedHashMap, ConcurrentHashMap, Guava's immutable maps, and
// Starlark's compact dicts.
func entries(d *hprof.Dump, o hprof.Object, limit int) iter.Seq2[hprof.Object, hprof.Object] {
	return func(yield func(k, v hprof.Object) bool) {
		if size, ok := o.Int("size"); ok && size >= 0 {
			limit = min(limit, int(size))
		}
		limit = min(limit, maxChain)
		switch {
		case o.Has("head") && o.Has("accessOrder"):
			for e, ok := o.Ref("head"); ok && limit > 0; e, ok = e.Ref("after") {
				limit--
				if !yieldEntry(e, yield) {
					return
				}
			}
		case o.Has("ks"): // a frozen dict: from nine entries on there is a table of ints too
			ks, _ := o.Ref("ks")
			vs, _ := o.Ref("vs")
			for i := range min(ks.Len(), vs.Len(), limit) {
				k, _ := ks.Element(i)
				v, _ := vs.Element(i)
				if !yield(k, v) {
					return
				}
			}
		case o.Has("table"):
			table, _ := o.Ref("table")
			for e := range elements(d, table, maxChain) {
				if first, ok := e.Ref("first"); ok { // a tree bin
					e = first
				}
				for ok := !e.IsZero(); ok && limit > 0; e, ok = e.Ref("next") {
					limit--
					if !yieldEntry(e, yield) {
						return
					}
				}
			}
		case o.Has("alternatingKeysAndValues"):
			alternating, _ := o.Ref("alternatingKeysAndValues")
			pairs(d, alternating, limit, yield)
		case o.Has("entries"):
			array, _ := o.Ref("entries")
			for e := range elements(d, array, limit) {
				if !e.IsZero() && !yieldEntry(e, yield) {
					return
				}
			}
		case o.Has("singleKey"):
			k, _ := o.Ref("singleKey")
			v, _ := o.Ref("singleValue")
			yield(k, v)
		case o.Has("valueList"): // Guava's sorted map
			keys, _ := o.Ref("keySet")
			values, _ := o.Ref("valueList")
			var ks []hprof.Object
			for k := range elements(d, keys, limit) {
				ks = append(ks, k)
			}
			i := 0
			for v := range elements(d, values, len(ks)) {
				if !yield(ks[i], v) {
					return
				}
				i++
			}
		default:
			for _, f := range [...][2]string{{"k", "v"}, {"k1", "v1"}, {"k2", "v2"}, {"k3", "v3"}} {
				if k, ok := o.Ref(f[0]); ok {
					v, _ := o.Ref(f[1])
					if !yield(k, v) {
						return
					}
				}
			}
		}
	}
}

func yieldEntry(e hprof.Object, yield func(k, v hprof.Object) bool) bool {
	k, _ := e.Ref("key")
	v, ok := e.Ref("value")
	if !ok {
		v, _ = e.Ref("val")
	}
	return yield(k, v)
}

func pairs(d *hprof.Dump, array hprof.Object, limit int, yield func(k, v hprof.Object) bool) {
	var k hprof.Object
	half := false
	for e := range elements(d, array, 2*limit) {
		if half && !k.IsZero() && !yield(k, e) {
			return
		}
		k, half = e, !half
	}
}

// text is the whole of a java.lang.String that is a name of some sort.
func text(o hprof.Object, ok bool) string {
	if !ok {
		return ""
	}
	s, _ := o.Text(maxName)
	return s
}

const maxName = 4096

func refText(o hprof.Object, field string) string { return text(o.Ref(field)) }

// simpleName is a class's name without its package and enclosing classes.
func simpleName(c *hprof.Class) string {
	name := c.Name[strings.LastIndexByte(c.Name, '.')+1:]
	return name[strings.LastIndexByte(name, '$')+1:]
}

// classIs reports whether the class or a superclass has that name behind its
// package: Bazel moved its classes between packages more often than it renamed
// them.
func classIs(c *hprof.Class, names ...string) bool {
	for depth := 0; c != nil && depth < 100; c, depth = c.Super, depth+1 {
		base := c.Name[strings.LastIndexByte(c.Name, '.')+1:]
		for _, name := range names {
			if base == name && (strings.HasPrefix(c.Name, "com.google.devtools.build.") || strings.HasPrefix(c.Name, "net.starlark.java.")) {
				return true
			}
		}
	}
	return false
}
