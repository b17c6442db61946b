// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"fmt"
	"strings"

	"example.invalid/starlark-memls/internal/hprof"
	"example.invalid/starlark-memls/internal/quantity"
)

// Dicts. Up to 8 a dict is a LinkedHashMap in a wrapper: a table of sixteen places
// for one key, and forty bytes an entry. A struct of the same fields is a third.

// isLink is a map's own object: its table, its entries, the map in the wrapper.
func isLink(c *hprof.Class) bool {
	n := c.Name
	return strings.HasPrefix(n, "java.util.") && (strings.Contains(n, "HashMap") || strings.HasSuffix(n, "$Node[]"))
}

// dictBytes is what a dict holds of its own: the wrapper, the map, the table and
// the entries; of a frozen one from 9 on its arrays.
func (f *finder) dictBytes(at uint32) int64 {
	bytes := f.g.ShallowBytes(at)
	seen := map[uint32]bool{at: true}
	todo := []uint32{at}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		own := isLink(f.g.Class(at))
		for _, to := range f.g.References(at, nil) {
			if to == hprof.None || f.g.IsClass(to) || seen[to] {
				continue
			}
			c := f.g.Class(to)
			if isLink(c) || !own && (c.Name == "java.lang.Object[]" || c.Name == "int[]") {
				seen[to] = true
				bytes += f.g.ShallowBytes(to)
				todo = append(todo, to)
			}
		}
	}
	return bytes
}

// smallDict counts a dict of few keys by what its keys are.
func (f *finder) smallDict(at uint32) {
	o, ok := f.g.Object(at)
	if !ok {
		return
	}
	n, _ := f.h.mapLen(o)
	if n == 0 {
		f.countEmpty("dict", at, f.dictBytes(at))
		return
	}
	if n > maxSmallDict {
		return
	}
	var names []string
	for k := range entries(f.h.d, f.h.mapOf(o), maxSmallDict) {
		s, isText := k.Text(maxName)
		if !isText || !isIdentifier(s) {
			return // no field could be called so
		}
		names = append(names, s)
	}
	key := strings.Join(names, ", ")
	g := f.dicts[key]
	if g == nil {
		if len(f.dicts) >= maxKinds {
			return
		}
		g = &group{at: at}
		f.dicts[key] = g
	}
	g.count++
	g.last = at
	g.size += f.dictBytes(at)
	g.instead += f.structOf(n)
}

const (
	maxSmallDict = 8
	maxKinds     = 1 << 16
)

// structOf is a struct of so many fields: the instance with names and values in
// one table.
func (f *finder) structOf(n int64) int64 {
	size := f.what.instance(4, "com.google.devtools.build.lib.packages.StarlarkInfoNoSchema", "com.google.devtools.build.lib.packages.StarlarkInfo")
	return size + f.what.array(2*n)
}

func isIdentifier(s string) bool {
	for i, r := range s {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

func (f *finder) smallDicts() {
	var groups []*group
	names := map[*group]string{}
	for key, g := range f.dicts {
		if g.count >= 1000 && g.size-g.instead >= f.worth {
			groups = append(groups, g)
			names[g] = key
		}
	}
	for _, g := range largest(groups) {
		f.addAt(Finding{Kind: SmallDicts, Saves: g.size - g.instead, Bytes: g.size, Count: g.count,
			Message: fmt.Sprintf("%s dicts with the %s %s: %s, as structs %s", grouped(g.count), keyWord(names[g]), names[g], quantity.Bytes(g.size), quantity.Bytes(g.instead)),
			Advice:  "struct(...) or a provider with these fields holds the same in a third"}, g.at)
	}
}

func keyWord(keys string) string {
	if strings.Contains(keys, ",") {
		return "keys"
	}
	return "key"
}
