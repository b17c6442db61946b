// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"example.invalid/starlark-memls/internal/hprof"
	"example.invalid/starlark-memls/internal/quantity"
)

// content is the array in an object, and its shallow size: a string's
// characters, a list's elements.
func (f *finder) content(at uint32) (uint32, int64) {
	f.room = f.g.References(at, f.room)
	for _, to := range f.room {
		if to == hprof.None || f.g.IsClass(to) {
			continue
		}
		switch name := f.g.Class(to).Name; name {
		case "byte[]", "char[]", "java.lang.Object[]":
			return to, f.g.ShallowBytes(to)
		}
	}
	return hprof.None, 0
}

func (f *finder) string(at uint32) {
	array, chars := f.content(at)
	size := f.g.ShallowBytes(at) + chars
	if size >= bigStringBytes {
		f.strings = append(f.strings, sized{at, size})
	}
	if chars >= fingerprintFrom {
		f.count(at, array, size)
	}
}

func (f *finder) list(at uint32) {
	array, bytes := f.content(at)
	if array == hprof.None {
		return
	}
	f.listed = f.g.References(array, f.listed)
	refs := f.listed
	isList := f.h.kindOf(f.g.Class(at)) == kindList
	if len(refs) == 0 {
		// No references, or none but null: an empty list or tuple.
		if isList {
			f.countEmpty("list", at, f.g.ShallowBytes(at)+f.ownArray(array, bytes))
		}
		return
	}
	if isList {
		f.slack(at, array, len(refs))
	}
	if len(refs) >= longList {
		f.distinct(at, refs, bytes)
	}
	if len(refs) >= copiedLength {
		h := uint64(len(refs))
		for _, to := range refs {
			h = (h ^ uint64(to)) * 0x9e3779b97f4a7c15
			h ^= h >> 29
		}
		g := groupOf(f.lists, h, at)
		if r := f.implementation.rowOf(g.at); r != nil && r.Kind == "bzl" {
			g.at = at // the first is the original, and the copies are the matter
		}
		size := f.g.ShallowBytes(at) + bytes
		g.count++
		g.size += size
		g.instead = max(g.instead, size)
		return
	}
	f.equalValue(at)
}

// ownArray is the size of an empty list's array, 0 for the one that the
// interpreter gives to all.
func (f *finder) ownArray(array uint32, bytes int64) int64 {
	if f.emptied == nil {
		f.emptied = map[uint32]int{}
	}
	if f.emptied[array]++; f.emptied[array] > 1 {
		return 0
	}
	return bytes
}

// distinct counts the different objects in a long list.
func (f *finder) distinct(at uint32, refs []uint32, bytes int64) {
	seen := map[uint32]struct{}{}
	for _, to := range refs {
		seen[to] = struct{}{}
		if len(seen)*10 > len(refs) {
			return
		}
	}
	key := f.holder(at)
	g := groupOf(f.few, key, at)
	g.count++
	g.size += bytes
	g.instead += f.what.array(int64(len(seen)))
	g.last = max(g.last, uint32(len(seen)))
}

func (f *finder) fewDistinct() {
	for _, g := range largest(slices.Collect(maps.Values(f.few))) {
		if g.size-g.instead < f.worth {
			continue
		}
		f.addAt(Finding{Kind: FewDistinct, Saves: g.size - g.instead, Bytes: g.size, Count: g.count,
			Message: fmt.Sprintf("%s of %s elements or more, at most %s of them distinct in each: %s", quantity.Count(int(g.count), "list or tuple", "lists and tuples"), grouped(longList), grouped(int64(g.last)), quantity.Bytes(g.size)),
			Advice:  "a depset or a dict holds each once"}, g.at)
	}
}

func (f *finder) write(at uint32) {
	size := int64(0)
	for _, to := range f.g.References(at, nil) {
		if to == hprof.None || f.g.IsClass(to) {
			continue
		}
		switch name := f.g.Class(to).Name; {
		case name == "byte[]":
			size += f.g.ShallowBytes(to)
		case name == "java.lang.String" || simpleName(f.g.Class(to)) == "CompressedString":
			_, n := f.content(to)
			size += n
		}
	}
	by := f.implementation.owner(at)
	g := groupOf(f.writes, by, at)
	g.count++
	g.size += size
}

// conclude turns what was counted into sentences.
func (f *finder) conclude(ctx context.Context) error {
	slices.SortFunc(f.strings, func(a, b sized) int { return cmp.Or(-cmp.Compare(a.size, b.size), cmp.Compare(a.at, b.at)) })
	for _, s := range f.strings[:min(len(f.strings), bigStringsListed)] {
		o, _ := f.g.Object(s.at)
		f.addAt(Finding{Kind: BigString, Bytes: s.size, Count: 1, Message: fmt.Sprintf("a string of %s characters", grouped(int64(o.StringLen())))}, s.at)
	}
	f.equalStrings()
	f.equalValues()
	f.copies()
	f.fewDistinct()
	f.loopDepsets()
	f.smallDicts()
	f.empties()
	f.slackLists()
	f.fileWrites()
	f.attributeValues()
	return f.contexts(ctx)
}

// fileWrites tells by rule what actions hold of files' contents.
func (f *finder) fileWrites() {
	for _, by := range slices.Sorted(maps.Keys(f.writes)) {
		g := f.writes[by]
		if g.size < f.worth {
			continue
		}
		f.addAt(Finding{Kind: FileWrites, Saves: g.size, Bytes: g.size, Count: g.count,
			Message: fmt.Sprintf("%s of ctx.actions.write with %s of contents, which stay until and after they have run", quantity.Count(int(g.count), "action", "actions"), quantity.Bytes(g.size)),
			Advice:  "write ctx.actions.args() with map_each, or expand a template: the text is then made while the file is written"}, g.at)
	}
}

func (f *finder) copies() {
	var groups []*group
	for _, g := range f.lists {
		if g.count >= copiedTimes && g.size-g.instead >= f.worth {
			groups = append(groups, g)
		}
	}
	for _, g := range largest(groups) {
		n := int64(len(f.g.References(first(f.content(g.at)), nil)))
		f.addAt(Finding{Kind: CopiedList, Saves: g.size - g.instead, Bytes: g.size, Count: g.count,
			Message: fmt.Sprintf("the same list of %s elements was copied %s times", grouped(n), grouped(g.count)),
			Advice:  "hand on the one list (frozen, it needs no copy), or a depset"}, g.at)
	}
}

func first(at uint32, _ int64) uint32 { return at }

func heaviest(groups []*group) []*group {
	slices.SortFunc(groups, func(a, b *group) int {
		return cmp.Or(-cmp.Compare(a.size*a.count, b.size*b.count), cmp.Compare(a.at, b.at))
	})
	return groups[:min(len(groups), foundPerKind)]
}

// grouped writes a number with commas.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
