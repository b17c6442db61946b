package attribution

// Exclusive time. A trace holds complete events only, each written when it
// ends, so on one thread a callee comes before its caller. The calls of a
// thread that have no caller yet therefore wait on a stack; when a call
// arrives, those on top that lie inside it are its callees: they are taken
// off, and what they leave uncovered is the call's own time. Every call is
// pushed and taken once, so nesting is linear in the calls, whatever their
// number on a thread.
//
// Damaged and merged profiles keep this order. An event out of order (a
// caller before its callee) cannot be recognised after the fact without
// keeping every event; it costs an overlap of own times, never a crash.

// maxWaiting bounds the calls that wait on one thread for a caller. A call
// that directly made more recorded calls than this has its own time
// overstated by the oldest of them.
const maxWaiting = 1 << 14

// unwindMicros is how long after its callee a caller may end and still count
// as unwound by the same exception, garbage collections not counted. Unwinding
// takes microseconds, but in a heap that is full nearly each step of it begins
// with a collection of 50 ms and more: so a chain is first kept as far as
// maxUnwindMicros goes, and cut when the collections are known (see unwound).
const (
	unwindMicros    = 10_000
	maxUnwindMicros = 2_000_000
)

// maxChain bounds the depth of an Ending.
const maxChain = 64

// A callSpan is a call on a thread's stack.
type callSpan struct {
	span
	own      int64  // its length without recorded calls that it made
	function int32  // index into the collector's functions
	callees  uint16 // index into the collector's sets
	around   Surrounding
}

// A nest is the Starlark of one thread, as far as it has been read.
type nest struct {
	waiting []callSpan
	// last is the call that ended last, with the calls inside it that ended
	// together with it before it: innermost first.
	last []callSpan
	// within is the latest builtin that a call of last, withinOf, called.
	within   builtinSpan
	withinOf span
	free     []span // reused by end
	// callees are the calls that the latest call made, valid until the next.
	callees []callSpan
	// dropped are those that waited too long, valid until the next call.
	dropped []callSpan
	// packages are the latest evaluations of packages, contexts the latest
	// labels under which the outermost calls were made (8.5 on).
	packages, contexts []packageSpan
	// builtins are the recorded builtin calls for which no caller has come.
	builtins []builtinSpan
}

// A builtinSpan is a call of a builtin function.
type builtinSpan struct {
	name calledName
	span
}

// end takes the next call of the thread and returns the stretches of its own
// time, which are valid until the next call.
func (n *nest) end(c callSpan) []span {
	first := len(n.waiting)
	for first > 0 && n.waiting[first-1].start >= c.start && n.waiting[first-1].end <= c.end {
		first--
	}
	own := n.free[:0]
	from := c.start
	for _, callee := range n.waiting[first:] {
		if callee.start > from {
			own = append(own, span{from, callee.start})
		}
		from = max(from, callee.end)
	}
	if c.end > from {
		own = append(own, span{from, c.end})
	}
	for _, o := range own {
		c.own += o.end - o.start
	}
	n.callees = append(n.callees[:0], n.waiting[first:]...)
	n.free = own
	n.waiting = append(n.waiting[:first], c)
	n.dropped = n.dropped[:0]
	if len(n.waiting) > maxWaiting {
		n.dropped = append(n.dropped, n.waiting[:maxWaiting/2]...)
		n.waiting = append(n.waiting[:0], n.waiting[maxWaiting/2:]...)
	}
	n.extend(c)
	return own
}

// builtin takes a builtin call that has ended.
func (n *nest) builtin(b builtinSpan) {
	n.builtins = append(n.builtins, b)
	if len(n.builtins) > maxWaiting {
		n.builtins = append(n.builtins[:0], n.builtins[maxWaiting/2:]...)
	}
}

// takeBuiltins removes and returns the builtin calls made by the call itself,
// those of its callees having been taken before. They are valid until the
// next builtin call of the thread.
func (n *nest) takeBuiltins(c span) []builtinSpan {
	first := len(n.builtins)
	for first > 0 && n.builtins[first-1].start >= c.start && n.builtins[first-1].end <= c.end {
		first--
	}
	taken := n.builtins[first:]
	n.builtins = n.builtins[:first]
	return taken
}

// extend keeps last: the call joins the chain of its callee if it ended
// together with it, and else begins a chain of its own.
func (n *nest) extend(c callSpan) {
	if len(n.last) > 0 {
		callee := n.last[len(n.last)-1]
		switch {
		case callee.start >= c.start && callee.end <= c.end && c.end-callee.end <= maxUnwindMicros:
			if len(n.last) < maxChain {
				n.last = append(n.last, c)
				return
			}
			n.last[maxChain-1] = c
			return
		case c.end < callee.end: // out of order: the later end stays
			return
		}
	}
	n.last, n.within = append(n.last[:0], c), builtinSpan{}
}

// unwound is the part of a chain that one exception can have unwound: from the
// outermost call inwards, as long as no more than unwindMicros lie between two
// ends beside collections, which are sorted by start.
func unwound(chain []callSpan, collections []collection) []callSpan {
	for i := len(chain) - 2; i >= 0; i-- {
		gap := span{chain[i].end, chain[i+1].end}
		between := gap.end - gap.start
		for k := len(collections) - 1; k >= 0 && collections[k].start >= gap.start-maxUnwindMicros; k-- {
			between -= common(gap, collections[k].span)
		}
		if between > unwindMicros {
			return chain[i+1:]
		}
	}
	return chain
}

// programShare is the own time of the outermost call of a chain without
// collections, which are sorted: these are taken to be spread evenly over what
// it did outside of the next call of the chain.
func programShare(chain []callSpan, collections []collection) int64 {
	call := chain[len(chain)-1]
	length, program := call.end-call.start, programTime(call.span, collections)
	if len(chain) > 1 {
		callee := chain[len(chain)-2]
		length -= callee.end - callee.start
		program -= programTime(callee.span, collections)
	}
	if length <= 0 {
		return 0
	}
	return int64(float64(call.own) * min(1, float64(program)/float64(length)))
}
