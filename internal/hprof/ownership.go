// SPDX-License-Identifier: Apache-2.0

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
//
// Reading the references is what costs. So all questions are answered in one walk:
// an object's state is the owner in each, and what holders some single objects have
// (retained.go); states are few, and have numbers (state.go). A byte an object, and
// the list of the states that its neighbours are in (states.go).

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

// Owners are the owners in one question: whose nodes are whose.
type Owners struct {
	// Planted are the owners' own nodes, which keep their owner whoever
	// refers to them.
	Planted map[uint32]Owner
	// Root says who a root speaks for.
	Root func(Root) Owner
}

// MaxOwners is how many questions one walk answers.
const MaxOwners = stateWidth - 1

// An Ownership is the answer to several questions of ownership at once.
type Ownership struct {
	g      *Graph
	states states
	table  stateTable
	totals []total // by state; nil until they are wanted

	retained map[uint32]int64
}

type total struct{ objects, units uint64 }

// Owner is who holds a node in one of the questions.
func (o *Ownership) Owner(question int, node uint32) Owner {
	return Owner(o.table.state(o.states.at(node))[question])
}

// Set gives a node to another owner in one of the questions.
func (o *Ownership) Set(question int, node uint32, owner Owner) {
	o.states.set(node, o.table.with(o.states.at(node), question, uint32(owner)))
	o.totals = nil
}

// Rename gives all that an owner has in one of the questions to the one that to
// returns for it.
func (o *Ownership) Rename(question int, to func(Owner) Owner) {
	renamed := make([]uint32, o.table.count())
	for id := range renamed {
		s := *o.table.state(uint32(id))
		s[question] = uint32(to(Owner(s[question])))
		renamed[id] = o.table.number(&s)
	}
	o.states.rename(renamed)
	o.totals = nil
}

// Each calls f for each owner that holds anything in one of the questions, several
// times for some, with how many objects that are, and bytes.
func (o *Ownership) Each(question int, f func(owner Owner, objects, bytes int64)) {
	o.sum()
	for id, t := range o.totals {
		if owner := Owner(o.table.state(uint32(id))[question]); t.objects > 0 && owner != Nobody {
			f(owner, int64(t.objects), int64(t.units)*sizeUnit)
		}
	}
}

// Cross calls f for each combination of owners that holds anything, several times
// for some: owners has the answer to each of the first questions, in their order,
// and is the caller's until f returns.
func (o *Ownership) Cross(questions int, f func(owners []Owner, objects, bytes int64)) {
	o.sum()
	owners := make([]Owner, questions)
	for id, t := range o.totals {
		if t.objects == 0 {
			continue
		}
		for q := range owners {
			owners[q] = Owner(o.table.state(uint32(id))[q])
		}
		f(owners, int64(t.objects), int64(t.units)*sizeUnit)
	}
}

// RetainedBytes is what would be freed with one of the nodes that were asked for;
// of one that nothing holds any more, what it alone of them kept before. ok is false
// where the walk could not tell.
func (o *Ownership) RetainedBytes(node uint32) (bytes int64, ok bool) {
	bytes, ok = o.retained[node]
	return bytes, ok
}

// Own finds each node's owner in every question, and what single nodes retain.
func (g *Graph) Own(ctx context.Context, questions []Owners, single Single) (*Ownership, error) {
	if err := g.Reach(ctx); err != nil {
		return nil, err
	}
	w := &ownerWalk{g: g, answer: &Ownership{g: g}, planted: map[uint32]plant{}, heldBy: map[uint32]uint32{}, fixed: newBitmap(g.nodes)}
	w.answer.table.init()
	w.plant(questions, single)
	w.answer.states = newStates(g.nodes)
	if err := w.run(ctx, questions, single); err != nil {
		return nil, err
	}
	if err := w.lateRoots(ctx, single); err != nil {
		return nil, err
	}
	if err := w.garbage(ctx, single); err != nil {
		return nil, err
	}
	w.answer.sum()
	w.answer.retained = w.retained(single)
	return w.answer, nil
}

// An ownerWalk spreads states over the live heap.
type ownerWalk struct {
	g       *Graph
	answer  *Ownership
	work    *Worklist
	planted map[uint32]plant
	fixed   bitmap // the nodes in planted
	// heldBy has, for each holder, the holders that its paths from the roots
	// pass last; only, where not nil, are the nodes that may still fall.
	heldBy map[uint32]uint32
	only   bitmap
}

// A plant is what stays as it is, whoever refers to a node: the questions whose bit
// is set.
type plant struct {
	questions uint32
	state     uint32
}

func (w *ownerWalk) plant(questions []Owners, single Single) {
	for q, owners := range questions {
		for node, owner := range owners.Planted {
			if node < w.g.nodes && w.g.Strength(node).Live() {
				w.put(node, q, uint32(owner))
			}
		}
	}
	for _, node := range single.Nodes {
		if node < w.g.nodes && w.g.Strength(node).Live() {
			w.put(node, singleQuestion, w.answer.table.holder(node))
		}
	}
}

func (w *ownerWalk) put(node uint32, question int, value uint32) {
	p := w.planted[node]
	s := *w.answer.table.state(p.state)
	s[question] = value
	w.planted[node] = plant{p.questions | 1<<question, w.answer.table.number(&s)}
	w.fixed.set(node)
}

func (w *ownerWalk) run(ctx context.Context, questions []Owners, single Single) error {
	g, t := w.g, &w.answer.table
	w.work = g.Worklist()
	w.work.stage = "finding who holds it"
	for node, p := range w.planted {
		s := *t.state(p.state)
		s[singleQuestion] = unreached // a holder's colour shows once something holds it
		w.answer.states.set(node, t.number(&s))
		w.work.Push(node)
	}
	for r := range g.d.Roots() {
		var s ownershipState
		for q, owners := range questions {
			s[q] = uint32(owners.Root(r))
		}
		if single.early(r) {
			s[singleQuestion] = noHolder
		}
		w.give(g.Number(r.ID), t.number(&s))
	}
	var s ownershipState
	for q := range questions {
		s[q] = uint32(Elsewhere)
	}
	s[singleQuestion] = noHolder
	elsewhere := t.number(&s)
	for _, node := range g.extra {
		w.give(node, elsewhere)
	}
	return w.drain(ctx)
}

// give lets a node fall to the meet of its state and another.
func (w *ownerWalk) give(node, s uint32) {
	if node == None {
		return
	}
	if was := w.answer.states.at(node); was != s {
		w.fall(node, was, w.answer.table.meet(was, s))
	}
}

// fall lets a node fall from its state to another.
func (w *ownerWalk) fall(node, from, to uint32) {
	if w.only != nil && !w.only.has(node) {
		return
	}
	if w.fixed.has(node) {
		to = w.keep(node, to)
	}
	if to != from {
		w.answer.states.set(node, to)
		w.work.Push(node)
	}
}

// keep is a state in which a planted node's own answers stand.
func (w *ownerWalk) keep(node, to uint32) uint32 {
	t, p := &w.answer.table, w.planted[node]
	s, planted := t.states[to], t.state(p.state)
	for q := range singleQuestion {
		if p.questions>>q&1 != 0 {
			s[q] = planted[q]
		}
	}
	if p.questions>>singleQuestion&1 != 0 && s[singleQuestion] != unreached {
		w.heldBy[node] = t.holders.union(w.heldBy[node], s[singleQuestion])
		s[singleQuestion] = planted[singleQuestion]
	}
	return t.number(&s)
}

// drain spreads what is on the list until nothing falls any more.
func (w *ownerWalk) drain(ctx context.Context) error {
	g, t, states := w.g, &w.answer.table, &w.answer.states
	for {
		node, refs, ok, err := w.work.Next(ctx)
		if err != nil || !ok {
			return err
		}
		s := states.at(node)
		// Most of what an array refers to is in the same state.
		before, then := s, s
		for _, to := range g.Keeps(node, refs) {
			if to == None {
				continue
			}
			was := states.at(to)
			if was != before {
				before, then = was, t.meet(was, s)
			}
			if was != then {
				w.fall(to, was, then)
			}
		}
	}
}

// sum adds the objects up by state.
func (o *Ownership) sum() {
	if o.totals != nil {
		return
	}
	o.totals = make([]total, o.table.count())
	for node := range o.g.nodes {
		if s := o.states.at(node); s != 0 {
			o.totals[s].objects++
			o.totals[s].units += uint64(o.g.kinds.at(node).size)
		}
	}
}
