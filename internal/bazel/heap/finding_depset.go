// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"fmt"

	"example.invalid/starlark-memls/internal/hprof"
	"example.invalid/starlark-memls/internal/quantity"
)

// Depsets that were built in a loop, an element at a time: depset([x], transitive =
// [all]). A chain of depsets from target to target is what depsets are for, and no
// finding; a chain whose links no depset but the last refers to was made inside one
// function, which could have collected the elements in a list first.

// loopLength is the least length of such a chain.
const loopLength = 100

func (f *finder) loopDepsets() {
	tops := map[uint32]bool{} // arrays that a depset has for its children
	children := make([]uint32, len(f.nested))
	for i, at := range f.nested {
		children[i] = hprof.None
		o, _ := f.g.Object(at)
		if c, ok := o.Ref("children"); ok && c.Kind() == hprof.ObjectArray {
			children[i] = f.g.Number(c.ID)
			tops[children[i]] = true
		}
	}
	groups := map[heldBy]*group{}
	var order []heldBy
	for i, top := range children {
		if top == hprof.None {
			continue
		}
		var bytes, links int64
		for at := top; ; {
			next, n := f.nextLink(at)
			if next == hprof.None || n > 4 || tops[next] {
				break
			}
			bytes += f.g.ShallowBytes(next)
			links++
			at = next
		}
		if links < loopLength {
			continue
		}
		key := f.holder(f.nested[i])
		g := groups[key]
		if g == nil {
			g = &group{at: f.nested[i]}
			groups[key] = g
			order = append(order, key)
		}
		g.count++
		g.size += bytes
		g.instead += f.what.array(links) - f.what.array(0)
		g.last = max(g.last, uint32(links))
	}
	for _, key := range order {
		if g := groups[key]; g.size-g.instead >= f.worth {
			f.addAt(Finding{Kind: LoopDepset, Saves: g.size - g.instead, Bytes: g.size, Count: g.count,
				Message: fmt.Sprintf("%s built an element at a time, the longest of %s: %s", quantity.Count(int(g.count), "depset", "depsets"), grouped(int64(g.last)), quantity.Bytes(g.size)),
				Advice:  "collect the elements in a list, and the depsets in another, and call depset once"}, g.at)
		}
	}
}

// nextLink is the one array among an array's elements, and how many there are.
func (f *finder) nextLink(at uint32) (next uint32, n int) {
	next = hprof.None
	for _, to := range f.g.References(at, nil) {
		n++
		if to != hprof.None && !f.g.IsClass(to) && f.g.Class(to).Name == "java.lang.Object[]" {
			if next != hprof.None {
				return hprof.None, n
			}
			next = to
		}
	}
	return next, n
}
