// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
)

// owners is the answer to one question, found the plain way: one question a walk,
// over references that are written out.
func owners(t *testing.T, g *Graph, q Owners) []Owner {
	t.Helper()
	if err := g.Reach(context.Background()); err != nil {
		t.Fatal(err)
	}
	out := make([]Owner, g.Nodes())
	var list []uint32
	give := func(node uint32, o Owner) {
		if node == None {
			return
		}
		if _, fixed := q.Planted[node]; fixed {
			return
		}
		if next := meet(out[node], o); next != out[node] {
			out[node] = next
			list = append(list, node)
		}
	}
	for node, o := range q.Planted {
		if g.Strength(node).Live() {
			out[node] = o
			list = append(list, node)
		}
	}
	for r := range g.d.Roots() {
		give(g.Number(r.ID), q.Root(r))
	}
	for _, node := range g.extra {
		give(node, Elsewhere)
	}
	for len(list) > 0 {
		node := list[len(list)-1]
		list = list[:len(list)-1]
		for _, to := range slices.Clone(g.Keeps(node, g.References(node, nil))) {
			give(to, out[node])
		}
	}
	return out
}

// TestOwnersTogether asks several questions in one walk, and what some objects
// retain, of random heaps; each answer must be that of the question alone, and of
// the dominator tree.
func TestOwnersTogether(t *testing.T) {
	t.Parallel()
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 7))
		h := randomToy(r)
		n := len(h.refs)
		if seed%4 == 0 { // a few large arrays, which are read again
			for range 3 {
				refs := make([]int, largeArray+r.IntN(100))
				for k := range refs {
					refs[k] = r.IntN(n)
				}
				h.refs[r.IntN(n)] = refs
			}
		}
		ids, at := make([]int, n), 4096
		for i := range ids {
			ids[i] = at
			at += 16 + 8*(1+len(h.refs[i]))
		}
		for range 1 + r.IntN(4) {
			h.roots = append(h.roots, r.IntN(n))
		}
		g := graph(t, h.dump(t, []int{4, 8}[seed%2], ids, r.Perm(n)))
		node := func() uint32 { return g.Number(uint64(ids[r.IntN(n)])) }

		var questions []Owners
		for range 1 + r.IntN(MaxOwners) {
			q := Owners{Planted: map[uint32]Owner{}}
			for range r.IntN(8) {
				q.Planted[node()] = FirstOwner + Owner(r.IntN(3))
			}
			salt := r.Uint64()
			q.Root = func(r Root) Owner {
				return []Owner{Passing, Elsewhere, FirstOwner, Shared}[(r.ID*0x9e3779b97f4a7c15^salt)>>62]
			}
			questions = append(questions, q)
		}
		late := map[int]bool{h.roots[r.IntN(len(h.roots))]: true, h.roots[0]: r.IntN(2) == 0}
		single := Single{Late: func(r Root) bool { return late[slices.Index(ids, int(r.ID))] }}
		for range r.IntN(10) {
			single.Nodes = append(single.Nodes, node())
		}
		if seed%3 == 0 {
			single.Late = nil
		}
		checkTogether(t, seed, g, questions, single)
	}
}

func checkTogether(t *testing.T, seed uint64, g *Graph, questions []Owners, single Single) {
	t.Helper()
	together, err := g.Own(context.Background(), questions, single)
	if err != nil {
		t.Fatal(err)
	}
	for i, q := range questions {
		sums := map[Owner][2]int64{}
		for node, want := range owners(t, g, q) {
			if got := together.Owner(i, uint32(node)); got != want {
				t.Fatalf("seed %d, question %d, node %d: owner %d, want %d", seed, i, node, got, want)
			}
			if want != Nobody {
				s := sums[want]
				sums[want] = [2]int64{s[0] + 1, s[1] + g.ShallowBytes(uint32(node))}
			}
		}
		together.Each(i, func(o Owner, objects, bytes int64) {
			s := sums[o]
			sums[o] = [2]int64{s[0] - objects, s[1] - bytes}
		})
		for o, s := range sums {
			if s != [2]int64{} {
				t.Fatalf("seed %d, question %d, owner %d: off by %d", seed, i, o, s)
			}
		}
	}
	tree, err := g.Dominators(context.Background(), single.Late)
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range single.Nodes {
		got, ok := together.RetainedBytes(node)
		if !g.Strength(node).Live() {
			if want := keptInGarbage(g, single.Nodes, None) - keptInGarbage(g, single.Nodes, node); !ok || got != want {
				t.Fatalf("seed %d, node %d kept %d bytes as garbage (known: %v), want %d", seed, node, got, ok, want)
			}
			continue
		}
		if want := tree.RetainedBytes(node); !ok || got != want {
			t.Fatalf("seed %d, node %d retains %d bytes (known: %v), by the dominator tree %d", seed, node, got, ok, want)
		}
	}
}

// keptInGarbage is the size of the garbage that hangs on those of some nodes that
// are garbage, without one of them.
func keptInGarbage(g *Graph, nodes []uint32, without uint32) (bytes int64) {
	seen := map[uint32]bool{without: true}
	var list []uint32
	push := func(node uint32) {
		if node != None && !seen[node] && !g.Strength(node).Live() {
			seen[node] = true
			list = append(list, node)
		}
	}
	for _, node := range nodes {
		push(node)
	}
	for len(list) > 0 {
		node := list[len(list)-1]
		list = list[:len(list)-1]
		bytes += g.ShallowBytes(node)
		for _, to := range slices.Clone(g.Keeps(node, g.References(node, nil))) {
			push(to)
		}
	}
	return bytes
}

// TestPackedReferences packs references of every distance and reads them back.
func TestPackedReferences(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	const nodes = 5000
	want := make([][]uint32, nodes)
	p := packedReferences{groups: make([]group, (nodes+groupNodes-1)/groupNodes)}
	var packer referencePacker
	first := uint32(0)
	for node := range uint32(nodes) {
		for range []int{0, 1, 2, 3, 60, 1000}[r.IntN(6)] * r.IntN(2) {
			to := uint32(r.Uint64() >> (32 + r.IntN(32)))
			switch r.IntN(8) {
			case 0:
				to = None
			case 1:
				to = node
			case 2, 3:
				to = node + uint32(r.IntN(100)) - 50
			}
			want[node] = append(want[node], to)
		}
		packer.add(node, want[node])
		if r.IntN(100) == 0 || node == nodes-1 {
			p.take(first, &packer)
			packer.reset()
			first = node + 1
		}
	}
	g := &Graph{d: &Dump{}, objects: nodes, packed: p}
	for node := range uint32(nodes) {
		got, _ := g.decode(node, nil)
		if !slices.Equal(got, want[node]) {
			t.Fatalf("node %d: %v, want %v", node, got, want[node])
		}
	}
}
