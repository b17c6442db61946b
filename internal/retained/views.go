// SPDX-License-Identifier: Apache-2.0

package retained

import (
	"cmp"
	"slices"

	"example.invalid/starlark-memls/internal/bazel/heap"
)

// A ViewChange is what differs in a row of a view, or in a class of the histogram,
// between two dumps.
type ViewChange struct {
	By      string `json:"by"` // the view's, or "class"
	Kind    string `json:"kind,omitempty"`
	Name    string `json:"name"`
	Before  int64  `json:"before_bytes"`
	After   int64  `json:"after_bytes"`
	Objects int64  `json:"objects_change"`
}

// Growth is the bytes that came to the row.
func (c ViewChange) Growth() int64 { return c.After - c.Before }

// CompareViews lists what differs from one dump to another, what changed most first
// within each view. Rows are the same if their names are; both summaries should
// be unshortened, or a row that fell out of one counts as new in the other.
func CompareViews(before, after *heap.Summary) []ViewChange {
	type id struct{ by, kind, name string }
	changes := map[id]*ViewChange{}
	var order []string
	add := func(by, kind, name string, bytes, objects int64, second bool) {
		if !slices.Contains(order, by) {
			order = append(order, by)
		}
		c := changes[id{by, kind, name}]
		if c == nil {
			c = &ViewChange{By: by, Kind: kind, Name: name}
			changes[id{by, kind, name}] = c
		}
		if second {
			c.After += bytes
			c.Objects += objects
		} else {
			c.Before += bytes
			c.Objects -= objects
		}
	}
	for i, s := range []*heap.Summary{before, after} {
		if s.Owners != nil {
			for _, v := range s.Owners.Views {
				for _, r := range v.Rows {
					add(v.By, r.Kind, r.Name, r.RetainedBytes, r.Objects, i == 1)
				}
			}
		}
		for _, h := range s.Histogram {
			add("class", "", h.Class, h.Bytes, h.Instances, i == 1)
		}
	}
	var out []ViewChange
	for _, c := range changes {
		if c.Before != c.After || c.Objects != 0 {
			out = append(out, *c)
		}
	}
	slices.SortFunc(out, func(a, b ViewChange) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.By), slices.Index(order, b.By)),
			-cmp.Compare(abs(a.Growth()), abs(b.Growth())), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return out
}
