// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"context"
	"errors"
	"fmt"

	"example.invalid/starlark-memls/internal/hprof"
)

// An Inspection is one object with its neighbours.
type Inspection struct {
	Object
	// Held is how firmly: "strong", or "unreachable" for garbage.
	Held string `json:"held"`
	// Dominator is the object without which it would go; nil where there is no
	// single one.
	Dominator *Object `json:"dominator,omitempty"`
	// Alive is why it is; nil for garbage.
	Alive *Path `json:"alive,omitempty"`
	// References are what it refers to: of a list its elements, of a dict keys
	// and values, of a struct its fields; of anything else, Java's fields.
	References []Reference `json:"references"`
	// NextReference is where the next page begins, 0 where there is none.
	NextReference int `json:"next_reference,omitempty"`
	// ReferrerCount counts the live objects that refer to it, of which
	// Referrers are the first.
	ReferrerCount int64       `json:"referrer_count"`
	Referrers     []Reference `json:"referrers"`
}

// A Reference is the object at the other end of one.
type Reference struct {
	// Through is where it stands in the object that refers: a field, "[17]",
	// "key 3" or "value 3" of a dict.
	Through string `json:"through"`
	Object
}

// InspectOptions say how much Inspect tells.
type InspectOptions struct {
	// Top bounds references and referrers; From is where the page begins.
	Top, From int
	Previews  bool
}

// Inspect unfolds one object. It takes dominators and owners.
func (b *Browser) Inspect(ctx context.Context, id uint64, opts InspectOptions) (*Inspection, error) {
	if err := b.enter(ctx); err != nil {
		return nil, err
	}
	defer b.leave()
	at := b.g.Number(id)
	if at == hprof.None {
		return nil, noObject(id)
	}
	if err := b.findHolders(ctx); err != nil {
		return nil, err
	}
	if err := b.findDominators(ctx); err != nil {
		return nil, err
	}
	o, ok := b.g.Object(at)
	if !ok {
		return nil, fmt.Errorf("object %#x cannot be read: was the dump changed?", id)
	}
	out := &Inspection{Object: b.describe(at, true, opts.Previews), Held: b.g.Strength(at).String(), References: []Reference{}}
	if d, ok := b.tree.Dominator(at); ok {
		dominator := b.describe(d, false, opts.Previews)
		out.Dominator = &dominator
	}
	var err error
	if out.Alive, err = b.pathToRoot(ctx, id); err != nil && !errors.Is(err, ErrGarbage) {
		return nil, err
	}
	links, next := b.h.links(o, opts.From, opts.Top)
	out.NextReference = next
	for _, l := range links {
		if to := b.g.Number(l.ID); to != hprof.None {
			out.References = append(out.References, Reference{l.Through, b.describe(to, false, opts.Previews)})
		}
	}
	return out, b.findReferrers(ctx, at, out, opts)
}

// findReferrers walks all references once.
func (b *Browser) findReferrers(ctx context.Context, to uint32, out *Inspection, opts InspectOptions) error {
	out.Referrers = []Reference{}
	var refs []uint32
	for at := range uint32(b.g.Nodes()) {
		if at&(1<<12-1) == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if !b.g.Strength(at).Live() {
			continue
		}
		refs = b.g.References(at, refs)
		for _, r := range refs {
			if r != to {
				continue
			}
			if out.ReferrerCount++; len(out.Referrers) < opts.Top {
				o, _ := b.g.Object(at)
				out.Referrers = append(out.Referrers, Reference{o.Through(out.ID), b.describe(at, false, opts.Previews)})
			}
			break
		}
	}
	return nil
}

// links are an object's references as Starlark sees them, up to limit from a place
// on; next is 0 where there are no more.
func (r *reader) links(o hprof.Object, from, limit int) (links []hprof.Link, next int) {
	s := r.kindOf(o.Class())
	if o.Kind() != hprof.Instance {
		s = kindOther
	}
	switch s {
	case kindList, kindTuple:
		if array, n, ok := arrayOf(o); ok {
			links, next = array.Links(from, min(limit, max(0, n-from)))
			if next >= n {
				next = 0
			}
			return links, next
		}
	case kindDict, kindSet:
		if n, _ := r.mapLen(o); n > 0 {
			return r.entryLinks(o, s == kindSet, from, limit)
		}
	case kindStruct:
		if members := r.members(o, maxSchema); len(members) > 0 {
			all := make([]hprof.Link, len(members))
			for i, m := range members {
				all[i] = hprof.Link{Through: m.name, ID: m.value.ID}
			}
			from = min(max(from, 0), len(all))
			to := min(from+limit, len(all))
			if to < len(all) {
				next = to
			}
			return all[from:to], next
		}
	}
	return o.Links(from, limit)
}

// entryLinks are a dict's keys and values, or a set's elements; a place is an
// entry.
func (r *reader) entryLinks(o hprof.Object, set bool, from, limit int) (links []hprof.Link, next int) {
	m := r.mapOf(o)
	if inner, ok := m.Ref("map"); ok && set { // a HashSet's
		m = inner
	}
	i := 0
	for k, v := range entries(r.d, m, maxChain) {
		if i >= from {
			if len(links) >= limit {
				return links, i
			}
			if set {
				links = append(links, hprof.Link{Through: fmt.Sprintf("[%d]", i), ID: k.ID})
			} else {
				links = append(links, hprof.Link{Through: fmt.Sprintf("key %d", i), ID: k.ID}, hprof.Link{Through: fmt.Sprintf("value %d", i), ID: v.ID})
			}
		}
		i++
	}
	return links, 0
}
