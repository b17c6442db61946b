// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"example.invalid/starlark-memls/internal/hprof"
	"example.invalid/starlark-memls/internal/quantity"
)

// Small waste in great numbers: empty collections, and arrays that grew by half
// for elements that never came.

// emptyOf is what is empty, and who holds it.
type emptyOf struct {
	what string
	heldBy
}

// heldBy is who holds something, in two ways: by provider's field, and by the rule
// or aspect.
type heldBy struct{ field, implementation hprof.Owner }

func (f *finder) holder(at uint32) heldBy {
	return heldBy{f.fields.owner(at), f.implementation.owner(at)}
}

func (f *finder) countEmpty(what string, at uint32, bytes int64) {
	key := emptyOf{what, f.holder(at)}
	g := groupOf(f.empty, key, at)
	g.count++
	g.size += bytes
}

func (f *finder) empties() {
	names := map[*group]string{}
	var groups []*group
	for key, g := range f.empty {
		if g.count >= 1000 && g.size >= f.worth && f.implementation.rowOf(g.at) != nil {
			names[g] = key.what
			groups = append(groups, g)
		}
	}
	for _, g := range largest(groups) {
		f.addAt(Finding{Kind: EmptyCollections, Saves: g.size, Bytes: g.size, Count: g.count,
			Message: fmt.Sprintf("%s empty %ss: %s", grouped(g.count), names[g], quantity.Bytes(g.size)),
			Advice:  "leave the field out, or give one constant to all (a tuple, or a list at the top of the .bzl file, which is frozen)"}, g.at)
	}
}

// largest are the groups that hold most, a few.
func largest(groups []*group) []*group {
	slices.SortFunc(groups, func(a, b *group) int { return cmp.Or(-cmp.Compare(a.size, b.size), cmp.Compare(a.at, b.at)) })
	return groups[:min(len(groups), foundPerKind)]
}

// slack counts the places of a list's array that hold nothing, by who holds it.
func (f *finder) slack(at, array uint32, used int) {
	o, ok := f.g.Object(array)
	if !ok || o.Len() <= used {
		return
	}
	unused := f.g.ShallowBytes(array) - f.what.array(int64(used))
	if unused <= 0 {
		return
	}
	key := f.holder(at)
	g := groupOf(f.slacks, key, at)
	g.count++
	g.size += unused
	g.instead += f.g.ShallowBytes(array)
}

func (f *finder) slackLists() {
	for _, g := range largest(slices.Collect(maps.Values(f.slacks))) {
		if g.size < f.worth || 5*g.size < g.instead || g.count < 100 {
			continue
		}
		f.addAt(Finding{Kind: HalfEmpty, Saves: g.size, Bytes: g.instead, Count: g.count,
			Message: fmt.Sprintf("%s lists have room that is not used: %s of %s", grouped(g.count), quantity.Bytes(g.size), quantity.Bytes(g.instead)),
			Advice:  "append leaves room for more; hand on tuple(x) or a comprehension's list, which have no unused room"}, g.at)
	}
}
