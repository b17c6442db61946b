// SPDX-License-Identifier: Apache-2.0

package observe

import "example.invalid/starlark-memls/internal/bazel/trace"

// maxWaiting bounds the builtin calls that wait on one thread for a caller.
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

// A call is a call that has ended.
type call = trace.Call[about]

// about is what is kept of a call.
type about struct {
	function int32  // index into the collector's functions
	callees  uint16 // index into the collector's sets
	around   Surrounding
}

// A threadCalls is the Starlark of one thread, as far as it has been read.
type threadCalls struct {
	trace.Nesting[about]
	// last is the call that ended last, with the calls inside it that ended
	// together with it before it: innermost first.
	last []call
	// within is the latest builtin that a call of last, withinOf, called.
	within   builtinSpan
	withinOf trace.Span
	// packages are the latest evaluations of packages, contexts the latest
	// labels under which the outermost calls were made (8.5 on).
	packages, contexts []packageSpan
	// builtins are the recorded builtin calls for which no caller has come.
	builtins []builtinSpan
}

// A builtinSpan is a call of a builtin function.
type builtinSpan struct {
	name calledName
	trace.Span
}

// builtin takes a builtin call that has ended.
func (n *threadCalls) builtin(b builtinSpan) {
	n.builtins = append(n.builtins, b)
	if len(n.builtins) > maxWaiting {
		n.builtins = append(n.builtins[:0], n.builtins[maxWaiting/2:]...)
	}
}

// takeBuiltins removes and returns the builtin calls made by the call itself,
// those of its callees having been taken before. They are valid until the
// next builtin call of the thread.
func (n *threadCalls) takeBuiltins(c trace.Span) []builtinSpan {
	first := len(n.builtins)
	for first > 0 && n.builtins[first-1].Start >= c.Start && n.builtins[first-1].End <= c.End {
		first--
	}
	taken := n.builtins[first:]
	n.builtins = n.builtins[:first]
	return taken
}

// extend keeps last: the call joins the chain of its callee if it ended
// together with it, and else begins a chain of its own.
func (n *threadCalls) extend(c call) {
	if len(n.last) > 0 {
		callee := n.last[len(n.last)-1]
		switch {
		case callee.Start >= c.Start && callee.End <= c.End && c.End-callee.End <= maxUnwindMicros:
			if len(n.last) < maxChain {
				n.last = append(n.last, c)
				return
			}
			n.last[maxChain-1] = c
			return
		case c.End < callee.End: // out of order: the later end stays
			return
		}
	}
	n.last, n.within = append(n.last[:0], c), builtinSpan{}
}

// unwound is the part of a chain that one exception can have unwound: from the
// outermost call inwards, as long as no more than unwindMicros lie between two
// ends beside collections, which are sorted by start.
func unwound(chain []call, collections []trace.Pause) []call {
	for i := len(chain) - 2; i >= 0; i-- {
		gap := trace.Span{Start: chain[i].End, End: chain[i+1].End}
		between := gap.End - gap.Start
		for k := len(collections) - 1; k >= 0 && collections[k].Start >= gap.Start-maxUnwindMicros; k-- {
			between -= gap.Common(collections[k].Span)
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
func programShare(chain []call, collections []trace.Pause) int64 {
	call := chain[len(chain)-1]
	length, program := call.End-call.Start, programTime(call.Span, collections)
	if len(chain) > 1 {
		callee := chain[len(chain)-2]
		length -= callee.End - callee.Start
		program -= programTime(callee.Span, collections)
	}
	if length <= 0 {
		return 0
	}
	return int64(float64(call.SelfMicros) * min(1, float64(program)/float64(length)))
}
