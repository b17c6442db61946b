package hprof

import "context"

// Retained sizes answer for one object. A question about a group — all that a
// rule's ten thousand targets hold — has no single object to ask: what two of
// them share is retained by neither. Own answers for groups, all at once: the
// caller plants owners on nodes, and each live object goes to the owner that
// every path to it passes last. It is a data-flow problem over the lattice
//
//	nobody  >  Passing  >  one owner  >  Shared  >  Elsewhere
//
// in which an object takes the meet of what refers to it, and each object can
// only fall, four times at most: linear in the references. The bytes by owner
// add up to the live heap exactly, since each object is somewhere once.
//
// What an owner gets would be freed if the whole group went (and the threads
// that are passing through ended); Shared, if all the groups went.

// An Owner is who holds an object. The caller's own numbers run from
// FirstOwner to LastOwner.
type Owner uint32

// The owners with a meaning of their own.
const (
	// Nobody: the object is not live.
	Nobody Owner = 0
	// Passing: only threads' stacks hold it. Whoever else does, owns it.
	Passing    Owner = 1
	FirstOwner Owner = 2
	LastOwner  Owner = 1<<32 - 3
	// Shared: several owners hold it, and nobody else.
	Shared Owner = 1<<32 - 2
	// Elsewhere: roots hold it without any owner on the way.
	Elsewhere Owner = 1<<32 - 1
)

func (o Owner) rank() int {
	switch o {
	case Nobody:
		return 0
	case Passing:
		return 1
	case Shared:
		return 3
	case Elsewhere:
		return 4
	}
	return 2
}

func meet(a, b Owner) Owner {
	if a == b {
		return a
	}
	switch ra, rb := a.rank(), b.rank(); {
	case ra > rb:
		return a
	case ra < rb:
		return b
	}
	return Shared
}

// Own finds each node's owner. planted are the owners' own nodes, which keep
// their owner whoever refers to them; root says who a root speaks for. room, an
// answer that is needed no more or nil, is used again.
func (g *Graph) Own(ctx context.Context, planted map[uint32]Owner, root func(Root) Owner, room []Owner) ([]Owner, error) {
	if err := g.Reach(ctx); err != nil {
		return nil, err
	}
	owners := room
	if len(owners) != int(g.nodes) {
		owners = make([]Owner, g.nodes)
	}
	clear(owners)
	fixed := make([]uint64, g.nodes/64+1)
	stack := g.stack[:0]
	defer func() { g.stack = stack[:0] }()
	for node, o := range planted {
		if node < g.nodes && g.strength[node].Live() {
			owners[node] = o
			fixed[node/64] |= 1 << (node % 64)
			stack = append(stack, node)
		}
	}
	give := func(node uint32, o Owner) {
		if node == None || fixed[node/64]>>(node%64)&1 != 0 {
			return
		}
		if next := meet(owners[node], o); next != owners[node] {
			owners[node] = next
			stack = append(stack, node)
		}
	}
	for r := range g.d.Roots() {
		give(g.Number(r.ID), root(r))
	}
	for _, node := range g.extra {
		give(node, Elsewhere)
	}
	for n := 0; len(stack) > 0; n++ {
		if n&(1<<18-1) == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		node := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		o := owners[node]
		for _, to := range g.live(node) {
			give(to, o)
		}
	}
	return owners, nil
}
