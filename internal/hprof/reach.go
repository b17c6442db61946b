package hprof

import "context"

// Reach finds what is reachable from the roots and how firmly: first over
// strong references alone; then, strength by strength, over the referents of
// the soft, finalizer, weak and phantom references met so far and what hangs
// on them. A class is held as long as an instance is, though no reference in
// the dump says so.
//
// It must be called before anything that needs reachability; calling it again
// costs nothing.
func (g *Graph) Reach(ctx context.Context) error {
	if g.strength != nil {
		return nil
	}
	r := reaching{g: g, strength: make([]Strength, g.nodes), stack: g.stack[:0]}
	for root := range g.d.Roots() {
		r.push(g.Number(root.ID), Strong)
	}
	for s := Strong; s <= Phantom; s++ {
		// Referents of this strength, of every reference reached so far.
		waiting := r.pending[s]
		r.pending[s] = nil
		for _, node := range waiting {
			r.push(g.targets[g.start[node]], s)
		}
		if err := r.drain(ctx, s); err != nil {
			return err
		}
		// What this strength brought up may hold references of a stronger
		// kind; their referents have this strength too.
		for stronger := Soft; stronger < s; stronger++ {
			for len(r.pending[stronger]) > 0 {
				more := r.pending[stronger]
				r.pending[stronger] = nil
				for _, node := range more {
					r.push(g.targets[g.start[node]], s)
				}
				if err := r.drain(ctx, s); err != nil {
					return err
				}
			}
		}
		if len(r.pending[s]) > 0 {
			s-- // references of the same strength, found on the way
		}
	}
	g.strength, g.extra, g.stack = r.strength, r.classes, r.stack
	return nil
}

type reaching struct {
	g        *Graph
	strength []Strength
	stack    []uint32
	pending  [Phantom + 1][]uint32
	classes  []uint32
}

func (r *reaching) push(node uint32, s Strength) {
	if node != None && r.strength[node] == Unreachable {
		r.strength[node] = s
		r.stack = append(r.stack, node)
	}
}

func (r *reaching) drain(ctx context.Context, s Strength) error {
	g := r.g
	for n := 0; len(r.stack) > 0; n++ {
		if n&(1<<18-1) == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		node := r.stack[len(r.stack)-1]
		r.stack = r.stack[:len(r.stack)-1]
		refs := g.targets[g.start[node]:g.start[node+1]]
		if node < g.objects {
			i := g.class.at(node)
			if int(i) < len(g.d.classes) {
				if c := g.objects + i; r.strength[c] == Unreachable {
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
	return nil
}

// Strength is how firmly a node is held; Reach must have been called.
func (g *Graph) Strength(node uint32) Strength { return g.strength[node] }

// live are the references of a node that keep their targets in the heap: all
// but the referents of weak and phantom references.
func (g *Graph) live(node uint32) []uint32 {
	refs := g.targets[g.start[node]:g.start[node+1]]
	if node < g.objects && len(refs) > 0 {
		if i := g.class.at(node); int(i) < len(g.d.classes) {
			if k := g.d.classes[i].special; k == weakReference || k == phantomReference {
				return refs[1:]
			}
		}
	}
	return refs
}

// Keeps are the references of a node by which it keeps others alive: all but
// those of weak and phantom references.
func (g *Graph) Keeps(node uint32) []uint32 {
	if g.start == nil {
		return nil
	}
	return g.live(node)
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
