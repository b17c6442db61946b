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

// Analyze builds the object graph, finds owners and findings on it, and then
// the dominator tree, which takes the graph's place. It works once; a second
// call gets the same answer. A cancelled one leaves nothing and can be repeated.
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
	defs, err := h.readDefinitions(ctx, g)
	if err != nil {
		return nil, err
	}
	nodes, err := h.readNodes(ctx, g, defs)
	if err != nil {
		return nil, err
	}
	threads := h.threadsWithOwner(defs)
	owners := &Owners{}
	var implementation *viewBuilder
	var room []hprof.Owner // of a view that is through, for the next
	for i := range nodeViews {
		v, err := h.nodeView(ctx, g, i, nodes, threads, defs, room)
		if err != nil {
			return nil, err
		}
		owners.Views = append(owners.Views, v.finish(g))
		if v.by == "implementation" {
			implementation, room = v, nil
			owners.BazelClasses = bazelClasses(g, v.owners)
		} else {
			room = v.owners
		}
	}
	fields, err := h.fieldView(ctx, g, room)
	if err != nil {
		return nil, err
	}
	owners.Views = append(owners.Views, fields.finish(g))
	h.total(g, owners)
	h.noteFreed(threads, owners.LiveBytes)
	findings, err := h.find(ctx, g, implementation, fields)
	if err != nil {
		return nil, err
	}
	implementation, fields, room, nodes = nil, nil, nil, nil // the dominators want the memory
	tree, err := g.Dominators(ctx, interpreter(threads))
	if err != nil {
		return nil, err
	}
	threads = h.withRetained(threads, g, tree)
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

// heaviest is the retained size of a thread's largest variable.
func (t Thread) heaviest() (most int64) {
	for _, f := range t.Frames {
		for _, l := range f.Locals {
			if l.Type != "ctx" { // it holds all of the target's
				most = max(most, l.RetainedBytes)
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
func bazelClasses(g *hprof.Graph, owners []hprof.Owner) []ClassShare {
	shares := map[*hprof.Class]*ClassShare{}
	for at, o := range owners {
		if o != hprof.Elsewhere || g.IsClass(uint32(at)) {
			continue
		}
		c := g.Class(uint32(at))
		s := shares[c]
		if s == nil {
			s = &ClassShare{Class: c.Name}
			shares[c] = s
		}
		s.Objects++
		s.Bytes += g.ShallowBytes(uint32(at))
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

func (h *Dump) withRetained(threads []Thread, g *hprof.Graph, tree *hprof.DominatorTree) []Thread {
	out := slices.Clone(threads)
	for i := range out {
		out[i].Frames = slices.Clone(out[i].Frames)
		for j := range out[i].Frames {
			f := &out[i].Frames[j]
			f.Locals = slices.Clone(f.Locals)
			for k := range f.Locals {
				h.setRetained(&f.Locals[k], g, tree)
			}
		}
	}
	return out
}

// setRetained sets a local's retained size.
func (h *Dump) setRetained(l *Local, g *hprof.Graph, tree *hprof.DominatorTree) {
	if at := g.Number(l.id); at != hprof.None {
		l.RetainedBytes = tree.RetainedBytes(at)
	}
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
