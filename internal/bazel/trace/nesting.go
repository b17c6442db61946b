// SPDX-License-Identifier: Apache-2.0

package trace

// A trace holds complete events only, each written when it ends, so on one
// thread a callee comes before its caller. The calls of a thread that have no
// caller yet therefore wait on a stack; when a call arrives, those on top that
// lie inside it are its callees: they are taken off, and what they leave
// uncovered is the call's own time. Every call is pushed and taken once, so
// nesting is linear in the calls, whatever their number on a thread.
//
// Damaged and merged profiles keep this order. An event out of order (a
// caller before its callee) cannot be recognised after the fact without
// keeping every event; it costs an overlap of own times, never a crash.

// maxWaiting bounds the calls that wait on one thread for a caller. A call
// that directly made more recorded calls than this has its own time
// overstated by the oldest of them.
const maxWaiting = 1 << 14

// A Call is a call that has ended. About is what its reader keeps of it.
type Call[T any] struct {
	Span
	// SelfMicros is its length without the recorded calls that it made.
	SelfMicros int64
	About      T
}

// A Nesting finds out who called whom among the calls of one thread. Its zero
// value is ready for use.
type Nesting[T any] struct {
	waiting, callees, dropped []Call[T]
	own                       []Span
}

// End takes the next call of the thread and returns the stretches of its own
// time, which are valid until the next call.
func (n *Nesting[T]) End(at Span, about T) (*Call[T], []Span) {
	first := len(n.waiting)
	for first > 0 && at.Contains(n.waiting[first-1].Span) {
		first--
	}
	own := n.own[:0]
	from := at.Start
	for i := range n.waiting[first:] {
		callee := &n.waiting[first+i]
		if callee.Start > from {
			own = append(own, Span{from, callee.Start})
		}
		from = max(from, callee.End)
	}
	if at.End > from {
		own = append(own, Span{from, at.End})
	}
	c := Call[T]{Span: at, About: about}
	for _, o := range own {
		c.SelfMicros += o.Micros()
	}
	n.own = own
	n.callees = append(n.callees[:0], n.waiting[first:]...)
	n.waiting = append(n.waiting[:first], c)
	n.dropped = n.dropped[:0]
	if len(n.waiting) > maxWaiting {
		n.dropped = append(n.dropped, n.waiting[:maxWaiting/2]...)
		n.waiting = append(n.waiting[:0], n.waiting[maxWaiting/2:]...)
	}
	return &n.waiting[len(n.waiting)-1], own
}

// Callees are the calls that the latest call made, valid until the next.
func (n *Nesting[T]) Callees() []Call[T] { return n.callees }

// Dropped are calls that waited too long for a caller, valid until the next
// call.
func (n *Nesting[T]) Dropped() []Call[T] { return n.dropped }

// Waiting are the calls without a caller so far, by end. After the last call
// of the thread they are, with those dropped, the outermost.
func (n *Nesting[T]) Waiting() []Call[T] { return n.waiting }
