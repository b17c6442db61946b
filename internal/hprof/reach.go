// SPDX-License-Identifier: Apache-2.0

package hprof

import "context"

// Reach finds what is reachable from the roots and how firmly: first over
// strong references alone; then, strength by strength, over the referents of
// the soft, finalizer, weak and phantom references met so far and what hangs
// on them. A class is held as long as an instance is, though no reference in
// the dump says so.
//
// It must be called before anything that needs reachability; calling it again
// costs nothing. It costs half a byte an object.
func (g *Graph) Reach(ctx context.Context) error {
	if g.strength != nil {
		return nil
	}
	r := reaching{g: g, strength: make(strengths, g.nodes/2+1), work: g.Worklist()}
	r.work.stage = "finding what is alive"
	for root := range g.d.Roots() {
		r.push(g.Number(root.ID), Strong)
	}
	for s := Strong; s <= Phantom; s++ {
		// Referents of this strength, of every reference reached so far.
		if err := r.bringUp(ctx, s, s); err != nil {
			return err
		}
		// What this strength brought up may hold references of a stronger
		// kind; their referents have this strength too.
		for stronger := Soft; stronger < s; stronger++ {
			for len(r.pending[stronger]) > 0 {
				if err := r.bringUp(ctx, stronger, s); err != nil {
					return err
				}
			}
		}
		if len(r.pending[s]) > 0 {
			s-- // references of the same strength, found on the way
		}
	}
	g.strength, g.extra = r.strength, r.classes
	return nil
}

type reaching struct {
	g        *Graph
	strength strengths
	work     *Worklist
	pending  [Phantom + 1][]uint32 // references of a kind, with referents to come
	classes  []uint32
	room     []uint32
}

// strengths have four bits a node.
type strengths []uint8

func (s strengths) at(node uint32) Strength { return Strength(s[node/2] >> (node % 2 * 4) & 15) }

func (s strengths) set(node uint32, to Strength) { s[node/2] |= uint8(to) << (node % 2 * 4) } // from 0

func (r *reaching) push(node uint32, s Strength) {
	if node != None && r.strength.at(node) == Unreachable {
		r.strength.set(node, s)
		r.work.Push(node)
	}
}

// bringUp gives a strength to the referents of the references of a kind that were
// met, and to what hangs on them.
func (r *reaching) bringUp(ctx context.Context, kind, s Strength) error {
	waiting := r.pending[kind]
	r.pending[kind] = nil
	for _, node := range waiting {
		r.room = r.g.References(node, r.room)
		r.push(r.room[0], s)
	}
	return r.drain(ctx, s)
}

func (r *reaching) drain(ctx context.Context, s Strength) error {
	g := r.g
	for {
		node, refs, ok, err := r.work.Next(ctx)
		if err != nil || !ok {
			return err
		}
		if node < g.objects {
			if i := g.kinds.at(node).class; int(i) < len(g.d.classes) {
				if c := g.objects + i; r.strength.at(c) == Unreachable {
					r.push(c, s)
					if s.Live() {
						r.classes = append(r.classes, c)
					}
				}
				if k := g.d.classes[i].special; k != notReference && len(refs) > 0 {
					r.pending[k.strength()] = append(r.pending[k.strength()], node)
					refs = refs[1:]
				}
			}
		}
		for _, to := range refs {
			r.push(to, s)
		}
	}
}

// Strength is how firmly a node is held; Reach must have been called.
func (g *Graph) Strength(node uint32) Strength { return g.strength.at(node) }

// Keeps are, of a node's references, those that keep their targets in the heap:
// all but the referents of weak and phantom references.
func (g *Graph) Keeps(node uint32, refs []uint32) []uint32 {
	if node < g.objects && len(refs) > 0 {
		if i := g.kinds.at(node).class; int(i) < len(g.d.classes) {
			if k := g.d.classes[i].special; k == weakReference || k == phantomReference {
				return refs[1:]
			}
		}
	}
	return refs
}

// roots yields the nodes that hang on the roots directly, some twice.
func (g *Graph) roots(f func(node uint32)) {
	for r := range g.d.Roots() {
		if n := g.Number(r.ID); n != None {
			f(n)
		}
	}
	for _, n := range g.extra {
		f(n)
	}
}
