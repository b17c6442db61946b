// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"context"
	"encoding/binary"
	"slices"
)

// What a few single objects retain needs no dominator tree of the whole heap. Each
// of them, a holder, gives its own colour to what hangs on it: so that every object
// ends with the set of holders that its paths from the roots pass last, or with none,
// where a path passes no holder at all. That is all there is to know: a path is a
// sequence of holders, and the sets of the holders themselves are the edges of a
// graph of holders whose dominators are those of the heap. It is as small as there
// are holders; an object is retained by the nearest holder that dominates all in its
// set, and by that one's dominators.
//
// Roots that do not count (dominators.go) come after all others: what was not reached
// from the others is walked once more, from them, among itself.
//
// A holder may be garbage: a dump is written without a collection before, and the
// variables of a function that an error has just left lie about in it with all that
// they held. Garbage has no roots; the holders in it stand for them, and the walk
// stays in it.

// Single asks what each of some nodes retains, like DominatorTree.RetainedBytes.
type Single struct {
	Nodes []uint32
	// Late, which may be nil, tells the roots that do not count as holders of
	// what others hold too.
	Late func(Root) bool
}

func (s Single) early(r Root) bool { return s.Late == nil || !s.Late(r) }

// The sets of holders with numbers of their own.
const (
	unreached uint32 = iota // so far, or but from late roots
	noHolder                // some path passes none
	firstSet
)

// Bounds of what is kept of sets: where holders share very much with each other in
// very many ways, the dominator tree is the better answer.
const (
	maxSetHolders = 64
	maxSets       = 1 << 20
)

// holderSets numbers sets of holders.
type holderSets struct {
	nodes    []uint32 // of the holders
	index    map[uint32]uint32
	sets     [][]uint32 // sorted numbers of holders
	known    map[string]uint32
	tooMany  bool
	room     []uint32
	roomText []byte
}

func (h *holderSets) init() {
	h.index, h.known = map[uint32]uint32{}, map[string]uint32{}
	h.sets = make([][]uint32, firstSet)
}

// one is the set of a single holder.
func (h *holderSets) one(node uint32) uint32 {
	i, ok := h.index[node]
	if !ok {
		i = uint32(len(h.nodes))
		h.index[node] = i
		h.nodes = append(h.nodes, node)
	}
	return h.number([]uint32{i})
}

func (h *holderSets) number(set []uint32) uint32 {
	b := h.roomText[:0]
	for _, i := range set {
		b = binary.LittleEndian.AppendUint32(b, i)
	}
	h.roomText = b
	if n, ok := h.known[string(b)]; ok {
		return n
	}
	if len(set) > maxSetHolders && len(set) > 1 || len(h.sets) > maxSets {
		h.tooMany = true
		return noHolder
	}
	n := uint32(len(h.sets))
	h.sets = append(h.sets, slices.Clone(set))
	h.known[string(b)] = n
	return n
}

func (h *holderSets) union(a, b uint32) uint32 {
	switch {
	case a == b || b == unreached:
		return a
	case a == unreached:
		return b
	case a == noHolder || b == noHolder:
		return noHolder
	}
	h.room = append(append(h.room[:0], h.sets[a]...), h.sets[b]...)
	slices.Sort(h.room)
	return h.number(slices.Compact(h.room))
}

// lateRoots walks what only late roots hold.
func (w *ownerWalk) lateRoots(ctx context.Context, single Single) error {
	if single.Late == nil {
		return nil
	}
	t := &w.answer.table
	var only bitmap
	for node := range w.g.nodes {
		if s := w.answer.states.at(node); s != 0 && t.state(s)[singleQuestion] == unreached {
			if only == nil {
				only = newBitmap(w.g.nodes)
			}
			only.set(node)
		}
	}
	if only == nil {
		return nil
	}
	w.only = only
	held := t.number(&ownershipState{singleQuestion: noHolder})
	for r := range w.g.d.Roots() {
		if n := w.g.Number(r.ID); n != None && !single.early(r) && only.has(n) {
			w.give(n, held)
		}
	}
	return w.drain(ctx)
}

// garbage walks what only holders that are garbage still refer to.
func (w *ownerWalk) garbage(ctx context.Context, single Single) error {
	var holders []uint32
	for _, node := range single.Nodes {
		if node < w.g.nodes && !w.g.Strength(node).Live() {
			holders = append(holders, node)
		}
	}
	if len(holders) == 0 {
		return nil
	}
	w.only = newBitmap(w.g.nodes)
	for node := range w.g.nodes {
		if !w.g.Strength(node).Live() {
			w.only.set(node)
		}
	}
	t := &w.answer.table
	for _, node := range holders {
		w.put(node, singleQuestion, t.holder(node))
	}
	held := t.number(&ownershipState{singleQuestion: noHolder})
	for _, node := range holders {
		w.give(node, held)
	}
	return w.drain(ctx)
}

// retained adds up what the holders dominate.
func (w *ownerWalk) retained(single Single) map[uint32]int64 {
	h := &w.answer.table.holders
	if h.tooMany {
		return nil
	}
	g := newHolderGraph(h, w.heldBy)
	units := make([]uint64, len(h.nodes)+1) // by holder + 1; the first is the roots'
	for s, total := range w.answer.totals {
		switch set := w.answer.table.state(uint32(s))[singleQuestion]; set {
		case unreached, noHolder:
		default:
			units[g.nearest(h.sets[set])] += total.units
		}
	}
	for i := len(g.order) - 1; i > 0; i-- {
		at := g.order[i]
		units[g.dominator[at]] += units[at]
	}
	out := make(map[uint32]int64, len(single.Nodes))
	for _, node := range single.Nodes {
		out[node] = 0
		if i, ok := h.index[node]; ok {
			out[node] = int64(units[i+1]) * sizeUnit
		}
	}
	return out
}

// A holderGraph has the holders' numbers + 1 as nodes, and 0 for the roots. Its
// dominators: K. Cooper, T. Harvey, K. Kennedy, "A Simple, Fast Dominance Algorithm"
// (Rice University 2001).
type holderGraph struct {
	order     []uint32 // in reverse postorder, the roots first
	position  []int    // in order; -1 where no root reaches it
	dominator []uint32
}

func newHolderGraph(h *holderSets, heldBy map[uint32]uint32) *holderGraph {
	n := len(h.nodes) + 1
	before, behind := make([][]uint32, n), make([][]uint32, n)
	for i, node := range h.nodes {
		to := uint32(i + 1)
		switch set := heldBy[node]; set {
		case unreached:
		case noHolder:
			before[to], behind[0] = append(before[to], 0), append(behind[0], to)
		default:
			for _, k := range h.sets[set] {
				if from := k + 1; from != to {
					before[to], behind[from] = append(before[to], from), append(behind[from], to)
				}
			}
		}
	}
	g := &holderGraph{position: make([]int, n), dominator: make([]uint32, n)}
	g.search(behind)
	g.settle(before)
	return g
}

// search puts the holders in order.
func (g *holderGraph) search(behind [][]uint32) {
	seen, cursor := make([]bool, len(behind)), make([]int, len(behind))
	stack := []uint32{0}
	seen[0] = true
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		if cursor[at] == len(behind[at]) {
			g.order = append(g.order, at)
			stack = stack[:len(stack)-1]
			continue
		}
		to := behind[at][cursor[at]]
		cursor[at]++
		if !seen[to] {
			seen[to] = true
			stack = append(stack, to)
		}
	}
	slices.Reverse(g.order)
	for i := range g.position {
		g.position[i] = -1
	}
	for i, at := range g.order {
		g.position[at] = i
	}
}

const undetermined = ^uint32(0)

func (g *holderGraph) settle(before [][]uint32) {
	for i := range g.dominator {
		g.dominator[i] = undetermined
	}
	g.dominator[0] = 0
	for changed := true; changed; {
		changed = false
		for _, at := range g.order[1:] {
			to := undetermined
			for _, from := range before[at] {
				if g.position[from] >= 0 && g.dominator[from] != undetermined {
					to = g.common(to, from)
				}
			}
			if g.dominator[at] != to {
				g.dominator[at], changed = to, true
			}
		}
	}
}

// common is the nearest dominator of both.
func (g *holderGraph) common(a, b uint32) uint32 {
	if a == undetermined {
		return b
	}
	for a != b {
		for g.position[a] > g.position[b] {
			a = g.dominator[a]
		}
		for g.position[b] > g.position[a] {
			b = g.dominator[b]
		}
	}
	return a
}

// nearest is the nearest holder that dominates all in a set.
func (g *holderGraph) nearest(set []uint32) uint32 {
	to := undetermined
	for _, i := range set {
		to = g.common(to, i+1)
	}
	return to
}
