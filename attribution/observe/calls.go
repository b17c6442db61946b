// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"cmp"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/bazel/trace"
)

// What surrounds a call, and what it calls. A trace names no file, but it
// nests: the event of the package being created or of the repository being
// fetched lies around the calls made for it, the caller around the callee, and
// inside lie the functions and builtins that took long enough to be recorded.
// Two functions of one name differ in these, and attribution tells them apart
// by them. Here the calls of each name are counted by what is around and
// inside of them: few kinds, whatever the number of calls.

// maxKinds bounds the kinds of calls told apart of one function, maxCallees
// what is remembered of the inside of one, maxSets how many insides there are.
const (
	maxKinds   = 8
	maxCallees = 6
	maxSets    = 1 << 12
)

// A Surrounding says what Bazel was at when it made a call.
type Surrounding uint8

// The surroundings that a trace tells. Analysis has no event of its own.
const (
	NothingAround   Surrounding = iota
	LoadingPackage              // inside "package creation"
	FetchRepository             // inside a repository rule's event
)

// A CallKind are calls of one function with the same facts.
type CallKind struct {
	// Caller is the function, or the builtin (a rule that is instantiated,
	// "sorted"), that made the call; "" for the outermost of its thread.
	Caller string
	Around Surrounding
	// Callees are the functions and builtins that it called itself and that
	// were recorded, sorted.
	Callees    []string
	Calls      int
	SelfMicros int64
}

// surround notes what lies around the calls of a thread that wait for a
// caller: they were made for it.
func (n *threadCalls) surround(around trace.Span, what Surrounding) {
	waiting := n.Waiting()
	for i := len(waiting) - 1; i >= 0 && waiting[i].Start >= around.Start; i-- {
		if waiting[i].End <= around.End {
			waiting[i].About.around = what
		}
	}
	for i := range n.last {
		if around.Contains(n.last[i].Span) {
			n.last[i].About.around = what
		}
	}
}

// A calledName is a name that is called: a function's index doubled, or a
// builtin's and 1. A million calls are compared by them, not by text.
type calledName int32

const (
	noCaller calledName = -1 // that of an outermost call
	unnamed  calledName = 1  // a builtin of more than can be told apart
)

func ofFunction(f int32) calledName { return calledName(2 * f) }

func (c *traceCollector) nameOf(n calledName) string {
	switch {
	case n == noCaller:
		return ""
	case n%2 == 0:
		return c.functions[n/2].Name
	}
	return c.builtins[n/2]
}

// builtinOf is the name of a builtin that an event is a call of.
func (c *traceCollector) builtinOf(e *trace.Event) calledName {
	if n, known := c.builtinByID.number(e); known {
		return calledName(n)
	}
	n, known := c.builtinIndex[e.Name]
	switch {
	case known:
	case len(c.builtins) > maxFunctions:
		n = unnamed
	default:
		n = calledName(2*len(c.builtins) + 1)
		c.builtinIndex[e.Name] = n
		c.builtins = append(c.builtins, e.Name)
	}
	c.builtinByID.keep(e, int32(n))
	return n
}

// directCalls settles what the latest call of a thread called, which now has
// its caller, and returns the number of the set of it. A callee inside a
// builtin was called by that: a rule runs its computed defaults.
func (c *traceCollector) directCalls(n *threadCalls, caller int32, builtins []builtinSpan) uint16 {
	set := c.callees[:0]
	outer := trace.Span{}
	for i := len(builtins) - 1; i >= 0; i-- { // by end, so that an outer one comes first
		if b := &builtins[i]; i == len(builtins)-1 || b.Start < outer.Start {
			outer = b.Span
			set = withCallee(set, b.name)
		}
	}
	callees := n.Callees()
	for i := range callees {
		callee := &callees[i]
		if within := builtinAround(builtins, callee.Span); within != noCaller {
			c.settle(callee, within)
			continue
		}
		c.settle(callee, ofFunction(caller))
		set = withCallee(set, ofFunction(callee.About.function))
	}
	c.callees = set
	return c.setOf(set)
}

func withCallee(set []calledName, name calledName) []calledName {
	if len(set) < maxCallees && !slices.Contains(set, name) {
		return append(set, name)
	}
	return set
}

// builtinAround is the innermost of the builtins, which are sorted by end, that
// a call lies in, or noCaller.
func builtinAround(builtins []builtinSpan, call trace.Span) calledName {
	if len(builtins) == 0 {
		return noCaller
	}
	i, _ := slices.BinarySearchFunc(builtins, call.End, func(b builtinSpan, end int64) int {
		if b.End < end {
			return -1
		}
		return 1
	})
	if i < len(builtins) && builtins[i].Start <= call.Start {
		return builtins[i].name
	}
	return noCaller
}

// setOf numbers a set of names; 0 is that of none.
func (c *traceCollector) setOf(set []calledName) uint16 {
	if len(set) == 0 {
		return 0
	}
	var key uint64 // the same in any order
	for _, name := range set {
		key += scattered(uint64(name))
	}
	number, known := c.setIndex[key]
	if !known && len(c.sets) < maxSets {
		number = uint16(len(c.sets))
		c.sets = append(c.sets, c.texts(set))
		c.setIndex[key] = number
	}
	return number
}

func (c *traceCollector) texts(set []calledName) []string {
	var texts []string
	for _, name := range set {
		texts = append(texts, c.nameOf(name))
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

// scattered spreads numbers over 64 bits, so that sums of a few of them do not
// meet (the finalizer of SplitMix64, Steele et al., OOPSLA 2014).
func scattered(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// A kindCount is a CallKind while it is being counted.
type kindCount struct {
	caller  calledName
	callees uint16
	around  Surrounding
	calls   int
	micros  int64
}

// settle counts a call of which all is known.
func (c *traceCollector) settle(call *call, caller calledName) {
	about := &call.About
	kinds := c.kinds[about.function]
	for i := range kinds {
		if k := &kinds[i]; k.caller == caller && k.callees == about.callees && k.around == about.around {
			k.calls++
			k.micros += call.SelfMicros
			return
		}
	}
	if len(kinds) < maxKinds {
		c.kinds[about.function] = append(kinds, kindCount{caller, about.callees, about.around, 1, call.SelfMicros})
	}
}

func (c *traceCollector) settleOutermost(calls []call) {
	for i := range calls {
		c.settle(&calls[i], noCaller)
	}
}

// settleWaiting counts the calls for which no caller has come.
func (c *traceCollector) settleWaiting() {
	for _, n := range c.threads.All() {
		c.settleOutermost(n.Waiting())
	}
}

// kindsOf are the kinds of a function's calls, those of most time first.
func (c *traceCollector) kindsOf(f int32) []CallKind {
	var kinds []CallKind
	for _, k := range c.kinds[f] {
		kinds = append(kinds, CallKind{c.nameOf(k.caller), k.around, c.sets[k.callees], k.calls, k.micros})
	}
	slices.SortFunc(kinds, compareKinds)
	return kinds
}

func compareKinds(a, b CallKind) int {
	return cmp.Or(cmp.Compare(b.SelfMicros, a.SelfMicros), cmp.Compare(b.Calls, a.Calls),
		strings.Compare(a.Caller, b.Caller), cmp.Compare(a.Around, b.Around), slices.Compare(a.Callees, b.Callees))
}

// endedCall tells a call of a thread's last chain.
func (c *traceCollector) endedCall(n *threadCalls, call call) EndedCall {
	made := EndedCall{
		Name: c.functions[call.About.function].Name, EndMicros: call.End,
		Around: call.About.around, Callees: c.sets[call.About.callees],
	}
	if name, build := n.around(call.Span); build {
		made.Package, made.InBuild, made.Around = name, true, LoadingPackage
	} else if made.Name == Toplevel {
		made.Package = name
	}
	for _, context := range n.contexts {
		if context.Contains(call.Span) {
			made.Target = context.name
		}
	}
	return made
}

// lastBuiltin is the builtin that ended together with the innermost call of a
// chain, and how much of the call's own time it took.
func (c *traceCollector) lastBuiltin(b builtinSpan, call call, own int64, blamed []trace.Pause) (name string, micros int64) {
	if b == (builtinSpan{}) || b.Start < call.Start || b.End > call.End || programTime(trace.Span{Start: b.End, End: call.End}, blamed) > unwindMicros {
		return "", 0
	}
	return c.nameOf(b.name), min(own, programTime(b.Span, blamed))
}
