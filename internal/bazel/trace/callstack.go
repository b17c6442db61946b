package trace

import "iter"

// Nesting, defined: a call's caller is, of the calls before it on its thread
// (by start, the longer first, the later written first), the last one that
// contains it. Containing allows for rounding: Bazel rounds start and duration
// down to microseconds one by one, so that a callee may seem to end up to two
// microseconds after its caller.
//
// A stack finds that in one walk over the sorted calls. It holds the calls
// that are under way; what does not contain the next call is taken off, and
// cannot contain a later one either, unless the next call does so too and is
// the later of the two. Slices that cross (no call stack makes those, but
// virtual threads sharing a lane or another producer may) become neighbours,
// each with its whole time.
//
// A call's own time is what none of its callees covers, be they written in
// Starlark or built in. The time that a user function spends in builtins is
// kept apart, as its BuiltinMicros: for the question who allocates it belongs
// to the function, whose line it is on; for the question who computes it does
// not.

// roundingMicros is how much a callee may seem to outlive its caller.
const roundingMicros = 2

// maxStack bounds the stack. Java's stack ends Starlark recursion long before;
// calls deeper than that count as if they made no calls.
const maxStack = 10_000

// A Call is one call of a Starlark function.
type Call struct {
	Function               int // index into Functions
	Thread                 int64
	StartMicros, EndMicros int64
	// SelfMicros is the call's own time: without the calls it made.
	SelfMicros int64
	// Index numbers the thread's calls by start; Parent is the caller's
	// Index, -1 for an outermost call; Depth is the number of callers.
	Index, Parent, Depth int
	// Recursive says that the function was on the stack already.
	Recursive bool
}

// A Stretch is a time in which one call was the innermost on its thread.
type Stretch struct {
	Function int // index into Functions
	// User is the function that spent the time: Function itself, or, where
	// that is built in, the user function around it; -1 if there is none.
	User                   int
	StartMicros, EndMicros int64
}

// On yields the calls of a thread as they return: callees before their
// callers.
func (c *Calls) On(thread int64) iter.Seq[Call] {
	return func(yield func(Call) bool) {
		w := walk{calls: c, thread: thread, call: yield}
		w.run()
	}
}

// Stretches yields what was the innermost call on a thread, over time. For
// calls that nest, the stretches follow each other and do not overlap; the
// times between outermost calls are left out.
func (c *Calls) Stretches(thread int64) iter.Seq[Stretch] {
	return func(yield func(Stretch) bool) {
		w := walk{calls: c, thread: thread, stretch: yield}
		w.run()
	}
}

// A frame is a call under way.
type frame struct {
	function, user, parent, index int
	start, end                    int64
	covered                       int64 // up to here its time is given out
	self                          int64
	recursive                     bool
}

// A walk goes over a thread's calls in their order. It stops when call or
// stretch, of which one may be nil, says so.
type walk struct {
	calls   *Calls
	thread  int64
	call    func(Call) bool
	stretch func(Stretch) bool
	stack   []frame
	running []int32 // how often each function is on the stack
	stopped bool
}

func (w *walk) run() {
	t := w.calls.threads[w.thread]
	if t == nil {
		return
	}
	w.running = make([]int32, len(w.calls.functions))
	for i := 0; i < t.n && !w.stopped; i++ {
		s := t.at(i)
		start, end := s.start(), s.end()
		for len(w.stack) > 0 && !w.top().contains(start, end) {
			w.pop()
		}
		w.push(start, end, int(s.function), i)
	}
	for len(w.stack) > 0 && !w.stopped {
		w.pop()
	}
}

func (w *walk) top() *frame { return &w.stack[len(w.stack)-1] }

func (f *frame) contains(start, end int64) bool {
	return start < f.end && end <= f.end+roundingMicros
}

func (w *walk) push(start, end int64, function, index int) {
	f := frame{function: function, user: function, parent: -1, index: index, start: start, end: end, covered: start}
	builtin := w.calls.functions[function].Builtin
	if builtin {
		f.user = -1
	}
	if len(w.stack) > 0 {
		caller := w.top()
		f.parent = caller.index
		if builtin {
			f.user = caller.user
		}
		w.own(caller, min(start, caller.end))
		caller.covered = max(caller.covered, min(end, caller.end))
	}
	f.recursive = w.running[function] > 0
	w.running[function]++
	w.stack = append(w.stack, f)
	if len(w.stack) > maxStack {
		w.pop()
	}
}

// own gives out a frame's own time up to a moment.
func (w *walk) own(f *frame, until int64) {
	if until <= f.covered {
		return
	}
	f.self += until - f.covered
	if w.stretch != nil && !w.stopped {
		w.stopped = !w.stretch(Stretch{Function: f.function, User: f.user, StartMicros: f.covered, EndMicros: until})
	}
	f.covered = until
}

func (w *walk) pop() {
	f := w.top()
	w.own(f, f.end)
	if w.call != nil && !w.stopped {
		w.stopped = !w.call(Call{
			Function: f.function, Thread: w.thread,
			StartMicros: f.start, EndMicros: f.end, SelfMicros: f.self,
			Index: f.index, Parent: f.parent, Depth: len(w.stack) - 1,
			Recursive: f.recursive,
		})
	}
	w.running[f.function]--
	w.stack = w.stack[:len(w.stack)-1]
}
