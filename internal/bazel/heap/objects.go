// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"cmp"
	"context"
	"slices"

	"example.invalid/starlark-memls/internal/bazel/heap/filter"
	"example.invalid/starlark-memls/internal/hprof"
)

// An Object is one live object of the heap.
type Object struct {
	ID uint64 `json:"id"`
	// Type is Starlark's, or the class without its package.
	Type  string `json:"type"`
	Class string `json:"class"`
	// Length is Starlark's len(), of what has one.
	Length       *int64 `json:"length,omitempty"`
	ShallowBytes int64  `json:"shallow_bytes"`
	// RetainedBytes would be freed with it; nil where nobody asked.
	RetainedBytes *int64 `json:"retained_bytes,omitempty"`
	// Target, Rule, Function and Provider hold it: names, or one of the Kind
	// constants; "" where nobody asked or there is none.
	Target   string `json:"target,omitempty"`
	Rule     string `json:"rule,omitempty"` // or aspect, .bzl, package
	Function string `json:"function,omitempty"`
	Provider string `json:"provider,omitempty"` // with field and line
	// Preview is the start of its value, where asked for. It may hold secrets.
	Preview string `json:"preview,omitempty"`
}

// An Order is what objects are listed by, the most first.
type Order string

// The orders.
const (
	ByRetained Order = "retained"
	BySize     Order = "size"
	ByLength   Order = "length"
)

// An ObjectQuery asks for some of the live objects. Classes are not among them.
type ObjectQuery struct {
	Filter *filter.Filter
	By     Order
	// Top is how many are listed, those behind the object After, which is 0 for
	// the first.
	Top   int
	After uint64
	// Owners says who holds each; Previews shows how each begins.
	Owners, Previews bool
}

// An ObjectList is the answer.
type ObjectList struct {
	// Matched counts all that the filter lets pass, and ShallowBytes adds up
	// their own sizes. What they retain does not add up: it overlaps.
	Matched      int64    `json:"matched"`
	ShallowBytes int64    `json:"shallow_bytes"`
	Objects      []Object `json:"objects"`
	// More follow behind the last.
	More bool `json:"more"`
}

// Objects lists objects. It keeps no more of them than are asked for.
func (b *Browser) Objects(ctx context.Context, q ObjectQuery) (*ObjectList, error) {
	if err := b.enter(ctx); err != nil {
		return nil, err
	}
	defer b.leave()
	if err := b.prepare(ctx, q); err != nil {
		return nil, err
	}
	first := rank{key: 0, at: hprof.None} // before all
	if q.After != 0 {
		at := b.g.Number(q.After)
		if at == hprof.None {
			return nil, noObject(q.After)
		}
		c := objectMatch{b: b, at: at}
		first = rank{c.key(q.By), at}
	}
	found := ranking{most: q.Top + 1}
	out := &ObjectList{Objects: []Object{}}
	for at := range uint32(b.g.Nodes()) {
		if at&(1<<12-1) == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if b.g.IsClass(at) || !b.g.Strength(at).Live() {
			continue
		}
		c := objectMatch{b: b, at: at}
		if !q.Filter.Match(&c) {
			continue
		}
		out.Matched++
		out.ShallowBytes += b.g.ShallowBytes(at)
		if r := (rank{c.key(q.By), at}); q.After == 0 || first.before(r) {
			found.add(r)
		}
	}
	ranks := found.sorted()
	if out.More = len(ranks) > q.Top; out.More {
		ranks = ranks[:q.Top]
	}
	for _, r := range ranks {
		out.Objects = append(out.Objects, b.describe(r.at, q.Owners, q.Previews))
	}
	return out, nil
}

// prepare computes what a query needs: it is dear, and kept.
func (b *Browser) prepare(ctx context.Context, q ObjectQuery) error {
	owners := q.Owners
	for _, f := range [...]filter.ObjectField{filter.Target, filter.Rule, filter.Function, filter.Provider} {
		owners = owners || q.Filter.Needs(f)
	}
	if owners {
		if err := b.findHolders(ctx); err != nil {
			return err
		}
	}
	if q.By == ByRetained || q.Filter.Needs(filter.Retained) {
		return b.findDominators(ctx)
	}
	return nil
}

// An objectMatch is an object as the filter asks for it: what the graph does not know
// is read once it is wanted.
type objectMatch struct {
	b      *Browser
	at     uint32
	object hprof.Object
}

func (c *objectMatch) read() hprof.Object {
	if c.object.IsZero() {
		c.object, _ = c.b.g.Object(c.at)
	}
	return c.object
}

// Names and Number make a candidate a filter.Row.
func (c *objectMatch) Names(f filter.ObjectField) []string {
	switch f {
	case filter.Class:
		return c.b.class(c.at).names
	case filter.Type:
		if k := c.b.class(c.at); k.kind != nil {
			return k.kind
		}
		return []string{c.b.h.typeOf(c.read())}
	case filter.Preview:
		return []string{c.b.h.preview(c.read())}
	}
	return c.b.owner(f, c.at).names
}

// Number is a size or a length.
func (c *objectMatch) Number(f filter.ObjectField) (int64, bool) {
	switch f {
	case filter.Size:
		return c.b.g.ShallowBytes(c.at), true
	case filter.Retained:
		return c.b.tree.RetainedBytes(c.at), true
	}
	if !c.b.class(c.at).counts {
		return 0, false
	}
	return c.b.h.lengthOf(c.read())
}

func (c *objectMatch) key(by Order) int64 {
	field := filter.Retained
	switch by {
	case BySize:
		field = filter.Size
	case ByLength:
		field = filter.Length
	}
	n, ok := c.Number(field)
	if !ok {
		return -1
	}
	return n
}

// A rank is an object's place in a list: by key, then as in the dump.
type rank struct {
	key int64
	at  uint32
}

func (r rank) before(o rank) bool { return r.compare(o) < 0 }

func (r rank) compare(o rank) int {
	return cmp.Or(-cmp.Compare(r.key, o.key), cmp.Compare(r.at, o.at))
}

// A ranking keeps the first of many. It collects twice as many and then forgets
// the latter half, which is as quick as a heap and shorter.
type ranking struct {
	most  int
	ranks []rank
	worst rank // of those that were kept; nothing behind it comes in
	full  bool
}

func (k *ranking) add(r rank) {
	if k.full && k.worst.before(r) {
		return
	}
	if k.ranks = append(k.ranks, r); len(k.ranks) >= 2*k.most {
		k.ranks = k.sorted()
		k.worst, k.full = k.ranks[len(k.ranks)-1], true
	}
}

func (k *ranking) sorted() []rank {
	slices.SortFunc(k.ranks, rank.compare)
	return k.ranks[:min(len(k.ranks), k.most)]
}
