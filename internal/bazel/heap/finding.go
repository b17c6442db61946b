// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"cmp"
	"context"
	"slices"

	"example.invalid/starlark-memls/internal/hprof"
)

// A Finding is something in the heap that a rule's author can change, said in a
// sentence with numbers.
type Finding struct {
	Kind string `json:"kind"`
	// Bytes is what the things found hold. Saves is what would be freed if they
	// were made in the way that Advice says: it is computed on the heap, and 0
	// where it cannot be.
	Bytes int64 `json:"bytes"`
	Saves int64 `json:"saves_bytes,omitempty"`
	Count int64 `json:"count"`
	// Message is the sentence. It holds no content of any object.
	Message string `json:"message"`
	Advice  string `json:"advice,omitempty"`
	// Builder is who made it, as far as owners tell: the implementation and
	// the provider's field.
	Builder string `json:"builder,omitempty"`
	Field   string `json:"field,omitempty"`
	// Function implements Builder; Made is the line where it was made: of a
	// provider's field, the constructor's call. Either may be nil.
	Function *Function `json:"function,omitempty"`
	Made     *Place    `json:"made,omitempty"`
	// Targets counts the targets that hold some of it, where it is told by target.
	Targets int64 `json:"targets,omitempty"`
	// Preview is the start of an example. It may hold secrets.
	Preview string `json:"-"`
	// ID is an example's identifier in the dump.
	ID uint64 `json:"id"`
}

// The kinds of findings.
const (
	TransitiveCopy   = "transitive_copy"
	FlattenedDepset  = "flattened_depset"
	JoinedText       = "joined_text"
	EqualValues      = "equal_values"
	EqualStrings     = "equal_strings"
	SmallDicts       = "small_dicts"
	EmptyCollections = "empty_collections"
	HalfEmpty        = "half_empty_lists"
	HeldContext      = "held_context"
	LoopDepset       = "depset_in_a_loop"
	FileWrites       = "file_contents"
	FewDistinct      = "few_distinct_elements"
	CopiedList       = "copied_list"
	AttributeValues  = "attribute_values"
	BigString        = "big_string"
)

// Thresholds below which something is not worth a sentence.
const (
	worthBytes       = 256 << 10 // to save, or a hundredth of the live heap
	bigStringBytes   = 1 << 20
	bigStringsListed = 10
	longList         = 10_000
	copiedLength     = 100
	copiedTimes      = 10
	foundPerKind     = 10
)

// finder is one walk over the graph, by class.
type finder struct {
	h                                 *Dump
	g                                 *hprof.Graph
	implementation, functions, fields *viewBuilder
	nodes                             []node
	deps                              [][]int32
	sites                             []*site
	what                              whatIf
	worth                             int64
	out                               []Finding

	strings    []sized
	writes     map[hprof.Owner]*group // by implementation
	equal      map[fingerprint]group
	lists      map[uint64]*group
	few        map[heldBy]*group
	empty      map[emptyOf]*group
	dicts      map[string]*group
	slacks     map[heldBy]*group
	hashes     hashMemo
	values     []hashedValue
	nested     []uint32
	ctxs       []uint32
	attrs      map[attribute]*attributeValues
	valuesSeen map[uint32]bool
	emptied    map[uint32]int  // arrays of empty lists
	evaluated  map[uint64]bool // ctxs of calls under way

	marked marker
	recent [8]readArray        // see elementsOf
	oldest int                 // of them
	room   []uint32            // of content
	listed []uint32            // and of list
	keys   map[uint32][]uint32 // of the dicts of a site
	sets   map[int][]uint32    // depsets by node
}

type sized struct {
	at   uint32
	size int64
}

type group struct {
	at      uint32 // the first met
	last    uint32 // of equal strings, the last met
	count   int64
	size    int64 // of one, or of all
	instead int64
}

// groupOf is the group of a key, which begins with the object at.
func groupOf[K comparable](groups map[K]*group, key K, at uint32) *group {
	g := groups[key]
	if g == nil {
		g = &group{at: at}
		groups[key] = g
	}
	return g
}

func (h *Dump) find(ctx context.Context, g *hprof.Graph, implementation, functions, fields *viewBuilder, nodes []node, related relations, live int64) ([]Finding, error) {
	f := &finder{h: h, g: g, implementation: implementation, functions: functions, fields: fields, nodes: nodes, deps: related.deps, sites: related.sites,
		what: whatIf{h.d.Layout(), h.d}, worth: max(worthBytes, live/100),
		writes: map[hprof.Owner]*group{}, equal: map[fingerprint]group{}, lists: map[uint64]*group{}, few: map[heldBy]*group{}, empty: map[emptyOf]*group{},
		dicts: map[string]*group{}, slacks: map[heldBy]*group{}, hashes: newHashMemo(),
		attrs: map[attribute]*attributeValues{}, valuesSeen: map[uint32]bool{}, evaluated: map[uint64]bool{}, marked: newMarker(g), sets: map[int][]uint32{}}
	for _, t := range h.threads {
		for _, frame := range t.Frames {
			for _, l := range frame.Locals {
				if l.Type == "ctx" {
					f.evaluated[l.ID] = true
				}
			}
		}
	}
	if err := f.bySite(ctx); err != nil {
		return nil, err
	}
	if err := f.byObject(ctx); err != nil {
		return nil, err
	}
	if err := f.conclude(ctx); err != nil {
		return nil, err
	}
	slices.SortStableFunc(f.out, func(a, b Finding) int {
		return cmp.Or(-cmp.Compare(a.Saves, b.Saves), -cmp.Compare(a.Bytes, b.Bytes))
	})
	return withoutParts(f.out), nil
}

// within are the kinds whose bytes another kind may have told already.
var within = map[string][]string{
	EqualValues:     {EqualStrings, CopiedList, FewDistinct},
	CopiedList:      {FewDistinct, EqualValues},
	TransitiveCopy:  {HalfEmpty, EqualValues, CopiedList, FewDistinct},
	FlattenedDepset: {HalfEmpty, EqualValues, CopiedList, FewDistinct},
	FewDistinct:     {CopiedList, EqualValues},
	JoinedText:      {BigString},
	EqualStrings:    {BigString},
}

// withoutParts leaves out what a finding of more bytes has told: of the same
// builder, and of a kind that looks at the same objects more closely.
func withoutParts(found []Finding) []Finding {
	var out []Finding
	for _, f := range found {
		told := slices.ContainsFunc(out, func(o Finding) bool {
			return o.Builder == f.Builder && f.Builder != "" && slices.Contains(within[o.Kind], f.Kind)
		})
		if !told {
			out = append(out, f)
		}
	}
	return out
}

// bySite lays the values of each site beside those of the targets below.
func (f *finder) bySite(ctx context.Context) error {
	for _, s := range f.sites {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		f.keys = map[uint32][]uint32{}
		collections, texts := 0, 0
		for _, v := range s.values {
			if v.at == hprof.None {
				continue
			}
			switch f.h.kindOf(f.g.Class(v.at)) {
			case kindList, kindTuple, kindDict:
				collections++
			case kindString:
				texts++
			}
		}
		switch n := len(s.values); {
		case n < 2:
		case collections == n:
			if !f.flattened(s) {
				f.transitive(s)
			}
		case texts == n:
			f.joined(s)
		}
	}
	f.keys = nil
	return nil
}

func (f *finder) byObject(ctx context.Context) error {
	writes := classSet(f.h.d, func(c *hprof.Class) bool {
		return classIs(c, "FileWriteAction", "CompressedFileWriteAction", "FileWriteAction$CompressedFileWriteAction")
	})
	rules := classSet(f.h.d, func(c *hprof.Class) bool { return classIs(c, "Rule") })
	for at := range uint32(f.g.Nodes()) {
		if at&(1<<16-1) == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if f.g.IsClass(at) || !f.g.Strength(at).Live() {
			continue
		}
		c := f.g.Class(at)
		switch f.h.kindOf(c) {
		case kindString:
			f.string(at)
		case kindList, kindTuple:
			f.list(at)
		case kindDict:
			f.smallDict(at)
		case kindStruct:
			if classIs(c, "StarlarkInfo") {
				f.equalValue(at)
			}
		case kindNestedSet:
			f.nested = append(f.nested, at)
		case kindContext:
			if o, ok := f.g.Object(at); ok && !f.evaluated[o.ID] {
				f.ctxs = append(f.ctxs, at)
			}
		default:
			if writes[c] {
				f.write(at)
			}
			if rules[c] {
				f.attributes(at)
			}
		}
	}
	return nil
}

// addAt says who built the example.
func (f *finder) addAt(found Finding, at uint32) {
	o, _ := f.g.Object(at)
	found.ID = o.ID
	found.Builder, found.Function = f.implementation.nameOf(at), f.functions.functionOf(at)
	found.Field = f.fields.nameOf(at)
	if r := f.fields.rowOf(at); r != nil && r.Made != nil && r.Made.File != "" {
		made := *r.Made
		found.Made = &made
	} else if made := f.h.madeAt(o); made.File != "" {
		found.Made = &made
	}
	if found.Kind != EmptyCollections && found.Kind != FileWrites {
		found.Preview = f.h.preview(o)
	}
	f.out = append(f.out, found)
}

// addSite says where the values of a site are made.
func (f *finder) addSite(found Finding, s *site) {
	found.Field, found.Targets = "field "+s.name(), s.targets()
	if p := s.place(); p.File != "" {
		found.Made = &p
		found.Field += " made at " + p.String()
	}
	for _, v := range s.values {
		if n := f.nodes[v.node]; n.made.label() == s.rule() {
			found.Builder = n.made.label()
			if fn := n.made.function; fn.Name != "" {
				found.Function = &fn
				found.Builder += ", " + fn.Name + " at " + fn.Place.String()
			}
			o, _ := f.g.Object(v.at)
			found.ID, found.Preview = o.ID, f.h.preview(o)
			break
		}
	}
	f.out = append(f.out, found)
}

func (v *viewBuilder) rowOf(at uint32) *Owner {
	switch o := v.owner(at); o {
	case hprof.Nobody, hprof.Shared, hprof.Elsewhere, hprof.Passing:
		return nil
	default:
		return &v.rows[o-hprof.FirstOwner]
	}
}

func (v *viewBuilder) functionOf(at uint32) *Function {
	if r := v.rowOf(at); r != nil && r.Function != nil && r.Function.Name != "" {
		f := *r.Function
		return &f
	}
	return nil
}

// nameOf is the row that owns a graph node, "" for none or several.
func (v *viewBuilder) nameOf(at uint32) string {
	r := v.rowOf(at)
	if r == nil {
		return ""
	}
	if r.Function != nil && r.Function.Name != "" && r.Kind != "bzl" {
		return r.Kind + " " + r.Name + ", " + r.Function.Name + " at " + r.Function.Place.String()
	}
	return r.Kind + " " + r.Name
}
