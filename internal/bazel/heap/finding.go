package heap

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"example.invalid/starlark-memls/internal/hprof"
)

// A Finding is something in the heap that a person would search for by hand,
// said in a sentence with numbers.
type Finding struct {
	Kind string `json:"kind"`
	// Bytes is what is at stake: the size, or what could be saved.
	Bytes int64 `json:"bytes"`
	Count int64 `json:"count"`
	// Message is the sentence. It holds no content of any object.
	Message string `json:"message"`
	// Builder is who made it, as far as owners tell: the implementation and
	// the provider's field.
	Builder string `json:"builder,omitempty"`
	Field   string `json:"field,omitempty"`
	// Preview is the start of an example. It may hold secrets.
	Preview string `json:"-"`
	// ID is an example's identifier in the dump.
	ID uint64 `json:"id"`
}

// The kinds of findings.
const (
	BigString        = "big_string"
	EqualStrings     = "equal_strings"
	FewDistinct      = "few_distinct_elements"
	CopiedList       = "copied_list"
	DeepDepset       = "deep_depset"
	BigFileWrite     = "big_file_write"
	EmptyCollections = "empty_collections"
)

// Thresholds below which something is not worth a sentence.
const (
	bigStringBytes   = 1 << 20
	bigStringsListed = 10
	equalStringBytes = 1 << 20 // wasted by one string's copies
	longList         = 10_000
	copiedLength     = 100
	copiedTimes      = 10
	copiedBytes      = 1 << 20
	deepDepth        = 100
	bigWriteBytes    = 1 << 20
	manyEmpty        = 100_000
	foundPerKind     = 10
)

// finder is one walk over the graph, by class.
type finder struct {
	h                      *Dump
	g                      *hprof.Graph
	implementation, fields *viewBuilder
	out                    []Finding

	strings []sized
	writes  []sized
	deepest []sized
	equal   map[fingerprint]group
	lists   map[uint64]*group
	empty   map[string]*group

	refs, elements []uint32 // room
}

type sized struct {
	at   uint32
	size int64
}

type group struct {
	at    uint32 // the first met
	last  uint32 // of equal strings, the last met
	count int64
	size  int64 // of one
}

func (h *Dump) find(ctx context.Context, g *hprof.Graph, implementation, fields *viewBuilder) ([]Finding, error) {
	f := &finder{h: h, g: g, implementation: implementation, fields: fields,
		equal: map[fingerprint]group{}, lists: map[uint64]*group{}, empty: map[string]*group{}}
	writes := classSet(h.d, func(c *hprof.Class) bool { return classIs(c, "FileWriteAction") })
	for at := range uint32(g.Nodes()) {
		if at&(1<<16-1) == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if g.IsClass(at) || !g.Strength(at).Live() {
			continue
		}
		c := g.Class(at)
		switch h.shapeOf(c) {
		case shapeString:
			f.string(at)
		case shapeList, shapeTuple:
			f.list(at)
		case shapeDict:
			f.dict(at)
		case shapeNestedSet:
			f.depset(at)
		default:
			if writes[c] {
				f.write(at)
			}
		}
	}
	f.conclude()
	slices.SortStableFunc(f.out, func(a, b Finding) int { return -cmp.Compare(a.Bytes, b.Bytes) })
	return f.out, nil
}

// add says who built the example.
func (f *finder) add(kind string, at uint32, bytes, count int64, format string, args ...any) {
	o, _ := f.g.Object(at)
	found := Finding{Kind: kind, Bytes: bytes, Count: count, Message: fmt.Sprintf(format, args...), ID: o.ID}
	found.Builder = f.implementation.nameOf(at)
	found.Field = f.fields.nameOf(at)
	if kind != EmptyCollections && kind != BigFileWrite {
		found.Preview = f.h.preview(o)
	}
	f.out = append(f.out, found)
}

// nameOf is the row that owns a graph node, "" for none or several.
func (v *viewBuilder) nameOf(at uint32) string {
	switch o := v.owner(at); o {
	case hprof.Nobody, hprof.Shared, hprof.Elsewhere, hprof.Passing:
		return ""
	default:
		r := v.rows[o-hprof.FirstOwner]
		if r.Function != nil && r.Function.Name != "" && r.Kind != "bzl" {
			return r.Kind + " " + r.Name + ", " + r.Function.Name + " at " + r.Function.Place.String()
		}
		return r.Kind + " " + r.Name
	}
}

// content is the array in an object, and its shallow size: a string's
// characters, a list's elements.
func (f *finder) content(at uint32) (uint32, int64) {
	f.refs = f.g.References(at, f.refs)
	for _, to := range f.refs {
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

func (f *finder) dict(at uint32) {
	o, _ := f.g.Object(at)
	if n, ok := f.h.mapLen(o); ok && n == 0 {
		bytes := o.ShallowBytes()
		if m := f.h.mapOf(o); m.ID != o.ID {
			bytes += m.ShallowBytes()
		}
		f.countEmpty("dict", at, bytes)
	}
}

func (f *finder) countEmpty(what string, at uint32, bytes int64) {
	g := f.empty[what]
	if g == nil {
		g = &group{at: at}
		f.empty[what] = g
	}
	g.count++
	g.size += bytes
}

func (f *finder) list(at uint32) {
	array, bytes := f.content(at)
	if array == hprof.None {
		return
	}
	f.elements = f.g.References(array, f.elements)
	refs := f.elements
	if len(refs) == 0 {
		// No references, or none but null: an empty list or tuple.
		if f.h.shapeOf(f.g.Class(at)) == shapeList {
			f.countEmpty("list", at, f.g.ShallowBytes(at)+bytes)
		}
		return
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
		if g := f.lists[h]; g != nil {
			g.count++
		} else {
			f.lists[h] = &group{at: at, count: 1, size: bytes}
		}
	}
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
	f.add(FewDistinct, at, bytes, int64(len(refs)), "a %s of %s elements, only %s distinct; a depset or a dict would hold each once",
		f.h.typeName(f.g.Class(at)), grouped(int64(len(refs))), grouped(int64(len(seen))))
}

func (f *finder) depset(at uint32) {
	o, _ := f.g.Object(at)
	if depth := depsetDepth(o); depth >= deepDepth {
		f.deepest = append(f.deepest, sized{at, depth})
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
	if size >= bigWriteBytes {
		f.writes = append(f.writes, sized{at, size})
	}
}

// typeName is what Starlark calls the instances of a list or tuple class.
func (r *reader) typeName(c *hprof.Class) string {
	if r.shapeOf(c) == shapeTuple {
		return "tuple"
	}
	return "list"
}

// conclude turns what was counted into sentences.
func (f *finder) conclude() {
	bySize := func(a, b sized) int { return cmp.Or(-cmp.Compare(a.size, b.size), cmp.Compare(a.at, b.at)) }
	slices.SortFunc(f.strings, bySize)
	for _, s := range f.strings[:min(len(f.strings), bigStringsListed)] {
		o, _ := f.g.Object(s.at)
		f.add(BigString, s.at, s.size, 1, "a string of %s characters", grouped(int64(o.StringLen())))
	}
	f.equalStrings()
	f.copies()
	slices.SortFunc(f.deepest, bySize)
	if n := int64(len(f.deepest)); n > 0 {
		at := f.deepest[0]
		f.add(DeepDepset, at.at, 0, n, "%s depsets are nested deeper than %d, the deepest %s: a chain is built by adding to a depset in a loop or from target to target",
			grouped(n), deepDepth, grouped(at.size))
	}
	slices.SortFunc(f.writes, bySize)
	for _, s := range f.writes[:min(len(f.writes), foundPerKind)] {
		f.add(BigFileWrite, s.at, s.size, 1, "ctx.actions.write holds %s bytes of content until the action is executed; Args or a template would not", grouped(s.size))
	}
	for _, what := range [...]string{"list", "dict"} {
		if g := f.empty[what]; g != nil && g.count >= manyEmpty {
			f.add(EmptyCollections, g.at, g.size, g.count, "%s empty %ss", grouped(g.count), what)
		}
	}
}

func (f *finder) copies() {
	var groups []*group
	for _, g := range f.lists {
		if g.count >= copiedTimes && g.size*(g.count-1) >= copiedBytes {
			groups = append(groups, g)
		}
	}
	for _, g := range heaviest(groups) {
		n := int64(len(f.g.References(first(f.content(g.at)), nil)))
		f.add(CopiedList, g.at, g.size*(g.count-1), g.count, "the same list of %s elements was copied %s times; a depset is shared", grouped(n), grouped(g.count))
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
