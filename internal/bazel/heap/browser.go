// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"example.invalid/starlark-memls/internal/bazel/heap/filter"
	"example.invalid/starlark-memls/internal/hprof"
)

// A Browser shows a dump's live objects, one by one. It holds the object graph;
// who holds each object (another 4 bytes an object) and the dominators (20, and up
// to 51 while they are computed) come with the first question that needs them. It
// may be used by several goroutines, and answers one question at a time.
type Browser struct {
	h       *Dump
	g       *hprof.Graph
	holders *holders
	tree    *hprof.DominatorTree
	classes map[*hprof.Class]*classAnswer
	owners  map[ownerOf]ownerAnswer
}

// ErrNoObject is wrapped where a dump has no object with an id.
var ErrNoObject = errors.New("the dump has no object")

func noObject(id uint64) error { return fmt.Errorf("%w %#x", ErrNoObject, id) }

// Browse builds what every question about objects needs: the graph, and what of it
// is alive.
func (h *Dump) Browse(ctx context.Context) (*Browser, error) {
	b := &Browser{h: h, classes: map[*hprof.Class]*classAnswer{}, owners: map[ownerOf]ownerAnswer{}}
	if err := b.enter(ctx); err != nil {
		return nil, err
	}
	defer b.leave()
	defer collectOften()()
	g, err := h.d.Graph(ctx)
	if err != nil {
		return nil, err
	}
	b.g = g
	return b, g.Reach(ctx)
}

// enter waits until no other question is being answered; Analyze is one, too.
func (b *Browser) enter(ctx context.Context) error {
	select {
	case b.h.busy <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *Browser) leave() { <-b.h.busy }

func (b *Browser) findHolders(ctx context.Context) (err error) {
	if b.holders != nil {
		return nil
	}
	defer collectOften()()
	found, err := b.h.holders(ctx, b.g)
	if err != nil {
		return err
	}
	b.holders = found
	return nil
}

func (b *Browser) findDominators(ctx context.Context) error {
	if b.tree != nil {
		return nil
	}
	defer collectOften()()
	tree, err := b.g.Dominators(ctx, interpreter(b.h.threads))
	if err != nil {
		return err
	}
	b.tree = tree
	return nil
}

// A classAnswer is what is the same for all objects of a class.
type classAnswer struct {
	names  []string // the class's
	kind   []string // the type; nil where each object has its own
	counts bool     // they have a length
}

func (b *Browser) class(at uint32) *classAnswer {
	c := b.g.Class(at)
	if a := b.classes[c]; a != nil {
		return a
	}
	a := &classAnswer{names: []string{c.Name}}
	if short := simpleClassName(c.Name); short != c.Name {
		a.names = append(a.names, short)
	}
	shape := b.h.kindOf(c)
	if o, ok := b.g.Object(at); ok && shape != kindStruct {
		a.kind = []string{b.h.typeOf(o)}
	}
	switch shape {
	case kindString, kindList, kindTuple, kindDict, kindSet, kindDepset, kindNestedSet:
		a.counts = true
	}
	b.classes[c] = a
	return a
}

// simpleClassName is the name behind the package, with enclosing classes.
func simpleClassName(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// An ownerOf is a row of a view; an ownerAnswer what it may be called, its full
// name first.
type ownerOf struct {
	field filter.ObjectField
	owner hprof.Owner
}

type ownerAnswer struct{ names []string }

func (a ownerAnswer) name() string {
	if len(a.names) == 0 {
		return ""
	}
	return a.names[0]
}

// ownerViews are the views that the fields for owners are read from.
var ownerViews = map[filter.ObjectField]string{
	filter.Target: "target", filter.Rule: "implementation", filter.Function: "function", filter.Provider: "field",
}

func (b *Browser) owner(f filter.ObjectField, at uint32) ownerAnswer {
	v := b.holders.view(ownerViews[f])
	key := ownerOf{f, v.owner(at)}
	a, ok := b.owners[key]
	if !ok {
		a = ownerAnswer{ownerNames(v, key.owner)}
		b.owners[key] = a
	}
	return a
}

// ownerNames are what the row of an owner may be called.
func ownerNames(v *viewBuilder, o hprof.Owner) []string {
	switch {
	case o == hprof.Nobody: // garbage
		return nil
	case o == hprof.Shared:
		return []string{KindShared}
	case o == hprof.Passing:
		return []string{KindThreads}
	case o == hprof.Elsewhere && v.by == "field":
		return nil
	case o == hprof.Elsewhere:
		return []string{KindBazel}
	}
	row := v.rows[o-hprof.FirstOwner]
	switch {
	case row.Kind == "skyframe":
		return []string{KindBazel, row.Name}
	case row.Kind == "field":
		return []string{row.Name, row.Provider + "." + row.Field, row.Provider}
	case v.by == "function" && row.Function != nil:
		return []string{row.Name, row.Function.Name}
	case v.by == "function":
		return nil
	}
	names := []string{row.Name}
	if _, short, ok := strings.Cut(row.Name, "%"); ok {
		names = append(names, short)
	}
	return names
}

// describe is an object with what is known of it by now.
func (b *Browser) describe(at uint32, owners, preview bool) Object {
	o, _ := b.g.Object(at)
	out := Object{ID: o.ID, ShallowBytes: b.g.ShallowBytes(at)}
	if c := o.Class(); c != nil {
		out.Class = c.Name
	}
	if o.Kind() == hprof.ClassObject { // not of the type of its instances
		out.Type, preview = "class", false
	} else {
		out.Type = b.h.typeOf(o)
		if n, ok := b.h.lengthOf(o); ok {
			out.Length = &n
		}
	}
	if b.tree != nil && b.g.Strength(at).Live() {
		bytes := b.tree.RetainedBytes(at)
		out.RetainedBytes = &bytes
	}
	if owners && b.holders != nil {
		out.Target, out.Rule = b.owner(filter.Target, at).name(), b.owner(filter.Rule, at).name()
		out.Function, out.Provider = b.owner(filter.Function, at).name(), b.owner(filter.Provider, at).name()
	}
	if preview {
		out.Preview = b.h.preview(o)
	}
	return out
}
