// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"context"
	"fmt"
	"runtime"
)

// Dominators: the algorithm is SEMI-NCA (L. Georgiadis, "Linear-Time Algorithms
// for Dominators and Related Problems", Princeton 2005, §2.3; LLVM's and Go's
// choice too): semidominators by path compression as Lengauer and Tarjan do,
// then each immediate dominator as the nearest common ancestor of parent and
// semidominator in the tree built so far. It wants neither Lengauer and
// Tarjan's buckets nor their second pass, is near-linear on every heap seen,
// and everything is a column of numbers by preorder: no recursion, no object a
// node.
//
// Memory is the design. With n live nodes and e references between them:
//
//	graph                          3n + 2e         see Graph and Reach
//	references unpacked     +  4n + 4e             the algorithm wants each by its place
//	depth-first numbering   + 12n                  order, number, parent (a cursor comes and goes)
//	predecessors            +  4n + 4(e-n)         tree edges left out: SEMI-NCA starts from the parent
//	references              -  4n - 4e             dropped here
//	label, idom             +  8n                  semi takes the place of the predecessors' start
//	retained sizes          +  8n - 16n            parent, label, predecessors go
//
// The most is reached in the middle, before the references go: 19n + 10e, 34 to
// 49 bytes an object for heaps of one and a half to three references an object.
// Who holds what, and what some objects retain, is had for a third of that
// (ownership.go, retained.go).
//
// Go's collector would let what is dropped lie until the heap has doubled; so it
// is asked to run where much is dropped, which is quick: columns of numbers hold
// no pointers to follow.

// Roots that do not count. A thread that works on an object holds the object's
// parts in its own Java frames as well: the array of a list that is being grown
// hangs on the list and on the frame that grows it, so that by the book neither
// retains it, and the list that fills the heap weighs 24 bytes. What is asked is
// who holds the memory once the hand that happens to be in it is gone. Late roots
// are such hands: they are searched after all others, and neither they nor what
// they alone hold count as holders of what was reached before. What only they hold
// has its dominators among them. Nothing becomes unreachable by it, and retained
// sizes still add up to the live heap.

// A DominatorTree answers what an object keeps alive. Its nodes are those of
// the graph that are Live; the tree's root, above the GC roots, is no node.
type DominatorTree struct {
	g        *Graph
	late     func(Root) bool
	early    uint32   // the first number that only late roots hold
	number   []uint32 // node → preorder number, 0 where not live
	order    []uint32 // preorder number → node
	idom     []uint32 // by preorder number
	retained []uint64 // by preorder number, in sizeUnits

	start, targets []uint32 // the references, while they are wanted
}

// Dominators computes immediate dominators and retained sizes. late, which may be
// nil, tells the roots that do not count as holders of what others hold too.
func (g *Graph) Dominators(ctx context.Context, late func(Root) bool) (*DominatorTree, error) {
	if err := g.Reach(ctx); err != nil {
		return nil, err
	}
	t := &DominatorTree{g: g, late: late}
	if late == nil {
		t.late = func(Root) bool { return false }
	}
	if err := t.unpack(ctx); err != nil {
		return nil, err
	}
	runtime.GC() // see above
	parent, err := t.search(ctx)
	if err != nil {
		return nil, err
	}
	runtime.GC()
	p, err := t.predecessors(ctx, parent)
	if err != nil {
		return nil, err
	}
	t.start, t.targets = nil, nil
	runtime.GC()
	semi, err := t.semidominators(ctx, parent, p)
	if err != nil {
		return nil, err
	}
	parent, p = nil, predecessors{}
	t.nearestCommonAncestors(semi)
	semi = nil
	runtime.GC()
	t.sum()
	return t, nil
}

// unpack writes the live nodes' references out, one behind the other.
func (t *DominatorTree) unpack(ctx context.Context) error {
	g := t.g
	t.start = make([]uint32, uint64(g.nodes)+1)
	var refs []uint32
	each := func(f func(node uint32, live []uint32)) error {
		for node := range g.nodes {
			if node&(1<<16-1) == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if g.strength.at(node).Live() {
				refs = g.References(node, refs)
				f(node, g.Keeps(node, refs))
			}
		}
		return nil
	}
	if err := each(func(node uint32, live []uint32) { t.start[node+1] = uint32(len(live)) }); err != nil {
		return err
	}
	total := uint64(0)
	for i, n := range t.start {
		if total += uint64(n); total >= uint64(None) {
			return fmt.Errorf("%s has more than %d references: %w", g.d.path, uint64(None), ErrTooLarge)
		}
		t.start[i] = uint32(total)
	}
	t.targets = make([]uint32, total)
	return each(func(node uint32, live []uint32) { copy(t.targets[t.start[node]:t.start[node+1]], live) })
}

// live are a node's references.
func (t *DominatorTree) live(node uint32) []uint32 { return t.targets[t.start[node]:t.start[node+1]] }

// search numbers the live nodes in the order of a depth-first search from the
// roots and returns each number's parent. Number 0 is the root above them; the
// search keeps its place in a cursor a node instead of a stack.
func (t *DominatorTree) search(ctx context.Context) (parent []uint32, err error) {
	g := t.g
	live := uint32(0)
	for node := range g.nodes {
		if g.strength.at(node).Live() {
			live++
		}
	}
	t.number = make([]uint32, g.nodes)
	t.order = make([]uint32, 1, uint64(live)+1)
	parent = make([]uint32, 1, uint64(live)+1)
	cursor := make([]uint32, 1, uint64(live)+1)
	t.order[0] = None
	enter := func(node, from uint32) uint32 {
		n := uint32(len(t.order))
		t.number[node] = n
		t.order = append(t.order, node)
		parent = append(parent, from)
		cursor = append(cursor, 0)
		return n
	}
	visit := func(root uint32) {
		if err != nil || t.number[root] != 0 {
			return
		}
		steps := 0
		for at := enter(root, 0); at != 0; steps++ {
			if steps&(1<<20-1) == 0 {
				if err = ctx.Err(); err != nil {
					return
				}
				t.report("depth-first search", len(t.order), int(live))
			}
			refs := t.live(t.order[at])
			i := int(cursor[at])
			for i < len(refs) && (refs[i] == None || t.number[refs[i]] != 0) {
				i++
			}
			if i == len(refs) {
				at = parent[at]
				continue
			}
			cursor[at] = uint32(i + 1)
			at = enter(refs[i], at)
		}
	}
	t.roots(false, visit)
	t.early = uint32(len(t.order))
	t.roots(true, visit)
	return parent, err
}

// roots yields the nodes that hang on the roots directly, some twice: those of
// the late roots or those of all others.
func (t *DominatorTree) roots(late bool, f func(node uint32)) {
	for r := range t.g.d.Roots() {
		if n := t.g.Number(r.ID); n != None && t.late(r) == late {
			f(n)
		}
	}
	if !late {
		for _, n := range t.g.extra {
			f(n)
		}
	}
}

// rootsAsHolders yields the numbers that the root above all is a predecessor of
// beside the parent they have.
func (t *DominatorTree) rootsAsHolders(parent []uint32, f func(to uint32)) {
	for _, late := range []bool{false, true} {
		t.roots(late, func(root uint32) {
			if to := t.number[root]; parent[to] != 0 && late == (to >= t.early) {
				f(to)
			}
		})
	}
}

func (t *DominatorTree) report(stage string, done, total int) {
	if p := t.g.d.opts.Progress; p != nil {
		p(Progress{Stage: stage, Done: int64(done), Total: int64(total)})
	}
}

// predecessors are the sources of references by target, in preorder numbers.
type predecessors struct{ start, from []uint32 }

// predecessors turns the references round. The tree edge into a node, further
// references from its parent, and those from a node to itself change nothing.
func (t *DominatorTree) predecessors(ctx context.Context, parent []uint32) (predecessors, error) {
	n := len(t.order)
	p := predecessors{start: make([]uint32, n+1)}
	edges := func(f func(from, to uint32)) error {
		for from := 1; from < n; from++ {
			if from&(1<<20-1) == 0 {
				if err := ctx.Err(); err != nil {
					return err
				}
				t.report("turning references round", from, n)
			}
			for _, ref := range t.live(t.order[from]) {
				if ref == None {
					continue
				}
				to := t.number[ref]
				if to == 0 || parent[to] == uint32(from) || to == uint32(from) || to < t.early && uint32(from) >= t.early {
					continue
				}
				f(uint32(from), to)
			}
		}
		return nil
	}
	if err := edges(func(_, to uint32) { p.start[to]++ }); err != nil {
		return p, err
	}
	// A node that is a root itself has the root above as a predecessor.
	t.rootsAsHolders(parent, func(to uint32) { p.start[to]++ })
	total := uint32(0)
	for i, k := range p.start {
		total += k
		p.start[i] = total // where the node's part ends; filling moves it down
	}
	p.from = make([]uint32, total)
	fill := func(from, to uint32) {
		p.start[to]--
		p.from[p.start[to]] = from
	}
	t.rootsAsHolders(parent, func(to uint32) { fill(0, to) })
	return p, edges(fill)
}

// semidominators leaves in t.idom each number's parent and returns the
// semidominators. parent and p are used up: parent becomes the compressed
// forest; where a number's predecessors start is needed no more once it was
// dealt with, and its semidominator takes the place of the next one's start.
func (t *DominatorTree) semidominators(ctx context.Context, parent []uint32, p predecessors) ([]uint32, error) {
	n := len(parent)
	t.idom = append(make([]uint32, 0, n), parent...)
	semi := p.start[1:]
	label := make([]uint32, n) // the least semidominator on the compressed path
	for i := range label {
		label[i] = uint32(i)
	}
	forest := forest{ancestor: parent, label: label}
	for w := n - 1; w > 0; w-- {
		if w&(1<<20-1) == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			t.report("dominators", n-w, n)
		}
		least := t.idom[w]
		for _, from := range p.from[p.start[w]:p.start[w+1]] {
			least = min(least, forest.eval(from, uint32(w)))
		}
		semi[w], label[w] = least, least
	}
	return semi, nil
}

// A forest is the linked part of the depth-first tree: numbers greater than
// the one at work.
type forest struct {
	ancestor, label []uint32
	path            []uint32
}

// eval is the least label on the path from v up to, not including, the root of
// v's tree in the forest; it hangs the path's numbers directly below that root.
func (f *forest) eval(v, linked uint32) uint32 {
	if f.ancestor[v] <= linked {
		return f.label[v]
	}
	f.path = f.path[:0]
	for f.ancestor[v] > linked {
		f.path = append(f.path, v)
		v = f.ancestor[v]
	}
	top, least := f.ancestor[v], f.label[v]
	for i := len(f.path) - 1; i >= 0; i-- {
		u := f.path[i]
		f.ancestor[u] = top
		least = min(least, f.label[u])
		f.label[u] = least
	}
	return least
}

func (t *DominatorTree) nearestCommonAncestors(semi []uint32) {
	for w := 1; w < len(t.idom); w++ {
		d := t.idom[w]
		for d > semi[w] {
			d = t.idom[d]
		}
		t.idom[w] = d
	}
}

// sum adds each node's size to those that dominate it.
func (t *DominatorTree) sum() {
	t.retained = make([]uint64, len(t.order))
	for w := len(t.order) - 1; w > 0; w-- {
		t.retained[w] += uint64(t.g.kinds.at(t.order[w]).size)
		t.retained[t.idom[w]] += t.retained[w]
	}
}

// LiveBytes is the shallow size of all live objects together.
func (t *DominatorTree) LiveBytes() int64 { return int64(t.retained[0]) * sizeUnit }

// RetainedBytes is what would be freed with a node: its own size and that of
// everything it dominates. 0 for a node that is not live.
func (t *DominatorTree) RetainedBytes(node uint32) int64 {
	if node >= uint32(len(t.number)) || t.number[node] == 0 {
		return 0
	}
	return int64(t.retained[t.number[node]]) * sizeUnit
}

// Dominator is the node that dominates a node immediately. ok is false for a
// node that hangs on no single other one, or is not live.
func (t *DominatorTree) Dominator(node uint32) (dominator uint32, ok bool) {
	if node >= uint32(len(t.number)) || t.number[node] == 0 {
		return None, false
	}
	d := t.idom[t.number[node]]
	return t.order[d], d != 0
}

// Dominates reports whether every path from a root to b passes a.
func (t *DominatorTree) Dominates(a, b uint32) bool {
	if t.number[a] == 0 || t.number[b] == 0 {
		return false
	}
	// A dominator's preorder number is the smaller one.
	at := t.number[b]
	for at > t.number[a] {
		at = t.idom[at]
	}
	return at == t.number[a]
}
