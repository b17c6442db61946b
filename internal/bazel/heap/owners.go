// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"example.invalid/starlark-memls/internal/growth"
	"example.invalid/starlark-memls/internal/hprof"
)

// Owners is who holds the live heap, in several ways. In each of the Views the
// rows add up to LiveBytes: each object is in one row.
type Owners struct {
	// LiveBytes estimates what a full collection would leave; ObjectCount
	// counts its objects.
	LiveBytes   int64 `json:"live_bytes"`
	ObjectCount int64 `json:"object_count"`
	// UnreachableBytes is what is in the dump and held by nothing (or by weak
	// references only).
	UnreachableBytes int64  `json:"unreachable_bytes"`
	Views            []View `json:"views"`
	// BazelClasses are the classes behind the view by implementation's row
	// "Bazel itself", weightiest first.
	BazelClasses []ClassShare `json:"bazel_classes,omitempty"`
	// Cells are the live heap by all views at once; they add up to LiveBytes,
	// and those of a row to the row. Shortened views have none.
	Cells []Cell `json:"cells,omitempty"`
}

// A View is the heap by one kind of owner.
type View struct {
	// By is "target", "implementation" (the rule class, aspect, .bzl or
	// package that computed a node), "file", "function" or "field".
	By   string  `json:"by"`
	Rows []Owner `json:"rows"` // by falling bytes
}

// The kinds of rows that stand for no owner of their own.
const (
	KindShared  = "shared"  // several owners hold it; freed if all of them went
	KindBazel   = "bazel"   // Bazel itself, and what it shares with owners
	KindThreads = "threads" // only stacks of Java threads hold it
)

// An Owner is a row of a view.
type Owner struct {
	Kind     string    `json:"kind"` // "target", "rule", "aspect", "bzl", "package", "file", "function", "field", or one of the Kind constants
	Name     string    `json:"name"`
	Function *Function `json:"function,omitempty"` // the implementation
	// Provider, Field and Made are set in the view by field: Made is where
	// the instance was made (the constructor's call).
	Provider string `json:"provider,omitempty"`
	Field    string `json:"field,omitempty"`
	Made     *Place `json:"made,omitempty"`
	// RetainedBytes would be freed if the owner's Nodes all went.
	RetainedBytes int64 `json:"retained_bytes"`
	Objects       int64 `json:"objects"`
	// Nodes counts the Skyframe nodes (or instances, by field).
	Nodes int64 `json:"nodes,omitempty"`
	// Growth says how what it holds grows with the targets, in the views by
	// implementation, function and field, where there are enough of them to tell.
	Growth *growth.Growth `json:"growth,omitempty"`
	// Frames are the part that hangs on variables of calls under way, by who
	// called whom; in the views by function and file.
	Frames []FrameShare `json:"frames,omitempty"`
}

// A ClassShare is a class's part of something.
type ClassShare struct {
	Class   string `json:"class"`
	Objects int64  `json:"objects"`
	Bytes   int64  `json:"bytes"`
}

// View is the view of that kind, or an empty one.
func (o *Owners) View(by string) View {
	for _, v := range o.Views {
		if v.By == by {
			return v
		}
	}
	return View{By: by}
}

// A view under construction: rows are numbered as they come.
type viewBuilder struct {
	by      string
	rows    []Owner
	index   map[rowKey]hprof.Owner
	planted map[uint32]hprof.Owner
	stacks  []stackShare // of threads, in the order of their claims

	answers *hprof.Ownership // once it is there, and which of its questions is this view's
	number  int
}

func newView(by string) *viewBuilder {
	return &viewBuilder{by: by, index: map[rowKey]hprof.Owner{}, planted: map[uint32]hprof.Owner{}}
}

// A rowKey is what tells rows apart.
type rowKey struct{ kind, name, provider, field string }

// row is the number of the row with that identity; details are kept of the
// first.
func (v *viewBuilder) row(identity Owner, details func(*Owner)) hprof.Owner {
	key := rowKey{identity.Kind, identity.Name, identity.Provider, identity.Field}
	n, ok := v.index[key]
	if !ok {
		n = hprof.FirstOwner + hprof.Owner(len(v.rows))
		v.index[key] = n
		row := identity
		if details != nil {
			details(&row)
		}
		v.rows = append(v.rows, row)
	} else if row := &v.rows[n-hprof.FirstOwner]; details != nil && row.Function == nil {
		details(row)
	}
	return n
}

// plant gives a graph node to a row; a node that two rows claim is shared.
func (v *viewBuilder) plant(at uint32, row hprof.Owner) {
	if at == hprof.None {
		return
	}
	if before, ok := v.planted[at]; ok && before != row {
		row = hprof.Shared
	}
	v.planted[at] = row
}

// question asks for each object's row.
func (v *viewBuilder) question() hprof.Owners {
	return hprof.Owners{Planted: v.planted, Root: func(r hprof.Root) hprof.Owner {
		switch r.Kind {
		case hprof.RootJavaFrame, hprof.RootJNILocal, hprof.RootMonitorUsed, hprof.RootNativeStack, hprof.RootThreadBlock:
			return hprof.Passing
		}
		return hprof.Elsewhere
	}}
}

// owner is the row that has a graph node.
func (v *viewBuilder) owner(at uint32) hprof.Owner { return v.answers.Owner(v.number, at) }

// ownThem finds the owners in all views in one walk, and what the threads'
// variables retain.
func (h *Dump) ownThem(ctx context.Context, g *hprof.Graph, views []*viewBuilder, threads []Thread) (*hprof.Ownership, error) {
	var questions []hprof.Owners
	for _, v := range views {
		questions = append(questions, v.question())
	}
	single := hprof.Single{Late: interpreter(threads)}
	for _, t := range threads {
		for _, f := range t.Frames {
			for _, l := range f.Locals {
				if at := g.Number(l.ID); at != hprof.None {
					single.Nodes = append(single.Nodes, at)
				}
			}
		}
	}
	answers, err := g.Own(ctx, questions, single)
	if err != nil {
		return nil, err
	}
	for i, v := range views {
		v.answers, v.number, v.planted = answers, i, nil
		if err := v.divideStacks(ctx, g); err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// finish adds the objects up, and tells which row each owner has become.
func (v *viewBuilder) finish() (View, map[hprof.Owner]int32) {
	var shared, bazel, passing Owner
	shared = Owner{Kind: KindShared, Name: "held by several of these"}
	bazel = Owner{Kind: KindBazel, Name: "Bazel itself"}
	passing = Owner{Kind: KindThreads, Name: "threads' stacks alone"}
	v.answers.Each(v.number, func(o hprof.Owner, objects, bytes int64) {
		var row *Owner
		switch o {
		case hprof.Nobody:
			return
		case hprof.Shared:
			row = &shared
		case hprof.Elsewhere:
			row = &bazel
		case hprof.Passing:
			row = &passing
		default:
			row = &v.rows[o-hprof.FirstOwner]
		}
		row.Objects += objects
		row.RetainedBytes += bytes
	})
	rows := append(slices.Clone(v.rows), shared, bazel, passing)
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := &rows[i], &rows[j]
		return cmp.Or(-cmp.Compare(a.RetainedBytes, b.RetainedBytes), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	own := []hprof.Owner{hprof.Shared, hprof.Elsewhere, hprof.Passing} // behind v.rows, as appended
	sorted, at := make([]Owner, len(rows)), make(map[hprof.Owner]int32, len(rows))
	for to, from := range order {
		sorted[to] = rows[from]
		owner := hprof.FirstOwner + hprof.Owner(from)
		if k := from - len(v.rows); k >= 0 {
			owner = own[k]
		}
		at[owner] = int32(to)
	}
	return View{By: v.by, Rows: sorted}, at
}

// nodeViews are the views in which rows own Skyframe nodes.
var nodeViews = []struct {
	by  string
	row func(v *viewBuilder, k Key, made implementer) hprof.Owner
}{
	{"target", func(v *viewBuilder, k Key, made implementer) hprof.Owner {
		switch {
		case k.Label != "" && (k.Kind == ConfiguredTarget || k.Kind == Aspect || k.Kind == Action):
			return v.row(Owner{Kind: "target", Name: k.Label}, nil)
		case k.Label != "" && (k.Kind == Package || k.Kind == BzlLoad):
			return v.row(Owner{Kind: made.kind, Name: k.Label}, nil)
		}
		return v.row(Owner{Kind: "skyframe", Name: string(k.Kind)}, nil)
	}},
	{"implementation", func(v *viewBuilder, k Key, made implementer) hprof.Owner {
		return v.row(made.identity(), made.detail)
	}},
	{"file", func(v *viewBuilder, k Key, made implementer) hprof.Owner {
		if f := made.file(); f != "" {
			return v.row(Owner{Kind: "file", Name: f}, nil)
		}
		return v.row(made.identity(), nil)
	}},
	{"function", func(v *viewBuilder, k Key, made implementer) hprof.Owner {
		if f := made.function; f.Name != "" {
			return v.row(Owner{Kind: "function", Name: f.Name + " " + cmp.Or(f.Place.String(), f.Module)}, made.detail)
		}
		return v.row(made.identity(), nil)
	}},
}

func (i implementer) identity() Owner {
	kind := i.kind
	if kind == bazelItself {
		kind = "skyframe"
	}
	return Owner{Kind: kind, Name: i.name}
}

func (i implementer) detail(o *Owner) {
	if i.function.Name != "" {
		f := i.function
		o.Function = &f
	}
}

// nodeView builds one of the views by Skyframe node. What hangs on the stacks
// of threads belongs to what they evaluate, whose node has no value yet; by
// function and file, to whose frame it hangs on.
func (h *Dump) nodeView(g *hprof.Graph, which int, nodes []node, threads []Thread, defs *definitions) *viewBuilder {
	spec := nodeViews[which]
	v := newView(spec.by)
	for _, n := range nodes {
		row := spec.row(v, n.key, n.made)
		v.rows[row-hprof.FirstOwner].Nodes++
		for _, at := range n.parts {
			v.plant(at, row)
		}
	}
	byFrame := spec.by == "function" || spec.by == "file"
	for _, t := range threads {
		key, made := h.threadOwner(t, defs)
		row := spec.row(v, key, made)
		v.claimStack(h, g, t, row, func(f CallFrame) hprof.Owner {
			if !byFrame || f.Function.Name == made.function.Name && f.Function.Place == made.function.Place {
				return row
			}
			return spec.row(v, key, implementer{"function", f.Function.Name, f.Function})
		})
	}
	keys := h.actionKeys()
	for _, serial := range slices.Sorted(maps.Keys(keys)) {
		row := spec.row(v, keys[serial], defs.implementerOf(h, keys[serial], hprof.Object{}))
		v.stacks = append(v.stacks, stackShare{row: row, thread: serial, roots: h.rootsOf(g, serial), apart: hprof.None})
	}
	return v
}

// threadOwner says what a thread evaluates: the rule or aspect whose function
// is outermost on its stack.
func (h *Dump) threadOwner(t Thread, defs *definitions) (Key, implementer) {
	outer := t.Frames[len(t.Frames)-1]
	if made, ok := defs.made[t.outer]; ok {
		key := t.Owner
		if made.kind == "aspect" {
			key.Kind, key.Aspect = Aspect, made.name
		}
		return key, made
	}
	switch t.Owner.Kind {
	case BzlLoad:
		return t.Owner, implementer{"bzl", t.Owner.Label, outer.Function}
	case Package:
		// The macro that the BUILD file has called, if one is running.
		if n := len(t.Frames); n > 1 && !t.Frames[n-2].Function.Builtin {
			outer = t.Frames[n-2]
		}
		return t.Owner, implementer{"package", t.Owner.Label, outer.Function}
	}
	return t.Owner, implementer{"function", outer.Function.Name, outer.Function}
}
