// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"cmp"
	"context"
	"slices"

	"example.invalid/starlark-memls/internal/hprof"
)

// An Analysis is all that needs the object graph. It is immutable.
type Analysis struct {
	Threads  []Thread // with retained sizes
	Owners   *Owners
	Findings []Finding
}

// Analyze builds the object graph and finds owners, the variables' sizes and
// findings on it. It works once; a second call gets the same answer. A cancelled one leaves nothing and can be repeated.
func (h *Dump) Analyze(ctx context.Context) (*Analysis, error) {
	select {
	case h.busy <- struct{}{}:
		defer func() { <-h.busy }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	h.mu.Lock()
	done := h.analysis
	h.mu.Unlock()
	if done != nil {
		return done, nil
	}
	defer collectOften()()
	a, err := h.analyze(ctx)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	h.analysis = a
	h.mu.Unlock()
	return a, nil
}

func (h *Dump) analyze(ctx context.Context) (*Analysis, error) {
	g, err := h.d.Graph(ctx)
	if err != nil {
		return nil, err
	}
	if err := g.Reach(ctx); err != nil {
		return nil, err
	}
	held, err := h.holders(ctx, g)
	if err != nil {
		return nil, err
	}
	nodes, threads, views := held.nodes, held.threads, held.views
	implementation, functions, fields := held.view("implementation"), held.view("function"), held.view("field")
	related, err := h.relate(ctx, g, nodes)
	if err != nil {
		return nil, err
	}
	if err := h.growths(ctx, g, []*viewBuilder{implementation, functions, fields}, nodes, related); err != nil {
		return nil, err
	}
	owners := &Owners{}
	var rows []map[hprof.Owner]int32
	for _, v := range views {
		view, at := v.finish()
		owners.Views, rows = append(owners.Views, view), append(rows, at)
	}
	owners.Cells = cells(held.answers, rows)
	owners.BazelClasses = bazelClasses(g, implementation)
	h.total(g, owners)
	h.noteFreed(threads, owners.LiveBytes)
	findings, err := h.find(ctx, g, implementation, functions, fields, nodes, related, owners.LiveBytes)
	if err != nil {
		return nil, err
	}
	threads, err = h.withRetained(ctx, threads, g, held.answers)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(threads, heavierFirst)
	return &Analysis{Threads: threads, Owners: owners, Findings: findings}, nil
}

// heavierFirst orders threads for blame: the one that failed, then those that
// failed beside it, then those whose variables hold most. Where a heap is filled
// by many small allocations the thread that fails may be one that only wanted to
// print the time.
func heavierFirst(a, b Thread) int {
	return cmp.Or(a.blame()-b.blame(), -cmp.Compare(a.heaviest(), b.heaviest()))
}

// heaviest is the size of a thread's largest variable.
func (t Thread) heaviest() (most int64) {
	for _, f := range t.Frames {
		for _, l := range f.Locals {
			if l.Type != "ctx" && (l.RetainedBytes != nil || l.LetGoBytes != nil) { // a ctx holds all of the target's
				most = max(most, l.Bytes())
			}
		}
	}
	return most
}

func (h *Dump) total(g *hprof.Graph, o *Owners) {
	for at := range uint32(g.Nodes()) {
		if g.Strength(at).Live() {
			o.LiveBytes += g.ShallowBytes(at)
			o.ObjectCount++
		} else {
			o.UnreachableBytes += g.ShallowBytes(at)
		}
	}
}

// bazelClasses is the histogram of what no owner holds.
func bazelClasses(g *hprof.Graph, v *viewBuilder) []ClassShare {
	shares := map[*hprof.Class]*ClassShare{}
	for at := range uint32(g.Nodes()) {
		if g.IsClass(at) || v.owner(at) != hprof.Elsewhere {
			continue
		}
		c := g.Class(at)
		s := shares[c]
		if s == nil {
			s = &ClassShare{Class: c.Name}
			shares[c] = s
		}
		s.Objects++
		s.Bytes += g.ShallowBytes(at)
	}
	out := make([]ClassShare, 0, len(shares))
	for _, s := range shares {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b ClassShare) int {
		return cmp.Or(-cmp.Compare(a.Bytes, b.Bytes), cmp.Compare(a.Class, b.Class))
	})
	return out[:min(len(out), 20)]
}

// threadsWithOwner names what the threads evaluate once the rules and aspects
// are known by their functions.
func (h *Dump) threadsWithOwner(defs *definitions) []Thread {
	out := slices.Clone(h.threads)
	for i := range out {
		out[i].Owner, _ = h.threadOwner(out[i], defs)
	}
	return out
}

// withRetained sets the variables' retained sizes. Where they share so much with
// each other that the walk over owners could not tell, the dominator tree does.
func (h *Dump) withRetained(ctx context.Context, threads []Thread, g *hprof.Graph, answers *hprof.Ownership) ([]Thread, error) {
	var tree *hprof.DominatorTree
	out := slices.Clone(threads)
	for i := range out {
		out[i].Frames = slices.Clone(out[i].Frames)
		for j := range out[i].Frames {
			f := &out[i].Frames[j]
			f.Locals = slices.Clone(f.Locals)
			for k := range f.Locals {
				l := &f.Locals[k]
				at := g.Number(l.ID)
				if at == hprof.None {
					continue
				}
				bytes, known := answers.RetainedBytes(at)
				if !g.Strength(at).Live() {
					if known {
						l.LetGoBytes = &bytes
					}
					continue
				}
				if !known && tree == nil {
					var err error
					if tree, err = g.Dominators(ctx, interpreter(threads)); err != nil {
						return nil, err
					}
				}
				if !known {
					bytes = tree.RetainedBytes(at)
				}
				l.RetainedBytes = &bytes
			}
		}
	}
	return out, nil
}

// interpreter tells the roots that are the interpreter's own hold on values:
// what the Java frames of Starlark threads refer to, beside the threads
// themselves, from which the variables hang. A list's array that is being grown,
// the characters that are being joined, an iterator's place in a dict: they
// belong to the variable, not to the Java frame that happens to work on them.
func interpreter(threads []Thread) func(hprof.Root) bool {
	serials, own := map[uint32]bool{}, map[uint64]bool{}
	for _, t := range threads {
		if t.serial != 0 {
			serials[t.serial] = true
		}
		own[t.id] = true
	}
	return func(r hprof.Root) bool {
		return (r.Kind == hprof.RootJavaFrame || r.Kind == hprof.RootJNILocal) && serials[r.Thread] && !own[r.ID]
	}
}
