package attribution

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
)

// What surrounds a call, and what it calls. A trace names no file, but it
// nests: the event of the package being created or of the repository being
// fetched lies around the calls made for it, the caller around the callee, and
// inside lie the functions and builtins that took long enough to be recorded.
// Two functions of one name differ in these, and posterior.go tells them apart
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
func (n *nest) surround(around span, what Surrounding) {
	for i := len(n.waiting) - 1; i >= 0 && n.waiting[i].start >= around.start; i-- {
		if n.waiting[i].end <= around.end {
			n.waiting[i].around = what
		}
	}
	for i := range n.last {
		if n.last[i].start >= around.start && n.last[i].end <= around.end {
			n.last[i].around = what
		}
	}
}

// mark notes what the call that ended last called.
func (n *nest) mark(callees int32) {
	made := &n.waiting[len(n.waiting)-1]
	made.callees = callees
	if last := &n.last[len(n.last)-1]; last.span == made.span && last.function == made.function {
		last.callees = callees
	}
}

// A calleeSet is what some calls called, by names.
type calleeSet []string

// directCalls settles what the latest call of a thread called, which now has
// its caller, and returns the number of the set of it. A callee inside a
// builtin was called by that: a rule runs its computed defaults.
func (c *traceCollector) directCalls(n *nest, caller int32, builtins []builtinSpan) int32 {
	set := c.callees[:0]
	add := func(name string) {
		if len(set) < maxCallees && !slices.Contains(set, name) {
			set = append(set, name)
		}
	}
	outer := span{}
	for i := len(builtins) - 1; i >= 0; i-- { // by end, so that an outer one comes first
		if b := &builtins[i]; i == len(builtins)-1 || b.start < outer.start {
			outer = b.span
			add(b.name)
		}
	}
	for _, callee := range n.callees {
		i, _ := slices.BinarySearchFunc(builtins, callee.end, func(b builtinSpan, end int64) int {
			if b.end < end {
				return -1
			}
			return 1
		})
		if i < len(builtins) && builtins[i].start <= callee.start {
			c.settle(callee, builtins[i].name)
			continue
		}
		c.settle(callee, c.functions[caller].Name)
		add(c.functions[callee.function].Name)
	}
	c.callees = set
	return c.setOf(set)
}

// setOf numbers a set of names; 0 is that of none.
func (c *traceCollector) setOf(set calleeSet) int32 {
	if len(set) == 0 {
		return 0
	}
	var key uint64 // the same in any order
	for _, name := range set {
		key += maphash.String(c.seed, name)
	}
	number, known := c.setIndex[key]
	if !known && len(c.sets) < maxSets {
		number = int32(len(c.sets))
		set = slices.Clone(set)
		slices.Sort(set)
		c.sets = append(c.sets, set)
		c.setIndex[key] = number
	}
	return number
}

// A kindCount is a CallKind while it is being counted.
type kindCount struct {
	caller  string
	around  Surrounding
	callees int32
	calls   int
	micros  int64
}

// settle counts a call of which all is known.
func (c *traceCollector) settle(call callSpan, caller string) {
	kinds := c.kinds[call.function]
	for i := range kinds {
		if k := &kinds[i]; k.callees == call.callees && k.around == call.around && k.caller == caller {
			k.calls++
			k.micros += call.own
			return
		}
	}
	if len(kinds) < maxKinds {
		c.kinds[call.function] = append(kinds, kindCount{caller, call.around, call.callees, 1, call.own})
	}
}

// settleWaiting counts the calls for which no caller has come.
func (c *traceCollector) settleWaiting() {
	for _, n := range c.threads {
		for _, call := range n.waiting {
			c.settle(call, "")
		}
	}
}

// kindsOf are the kinds of a function's calls, those of most time first.
func (c *traceCollector) kindsOf(f int32) []CallKind {
	var kinds []CallKind
	for _, k := range c.kinds[f] {
		kinds = append(kinds, CallKind{k.caller, k.around, c.sets[k.callees], k.calls, k.micros})
	}
	slices.SortFunc(kinds, compareKinds)
	return kinds
}

func compareKinds(a, b CallKind) int {
	return cmp.Or(cmp.Compare(b.SelfMicros, a.SelfMicros), cmp.Compare(b.Calls, a.Calls),
		strings.Compare(a.Caller, b.Caller), cmp.Compare(a.Around, b.Around), slices.Compare(a.Callees, b.Callees))
}

// endedCall tells a call of a thread's last chain.
func (c *traceCollector) endedCall(n *nest, call callSpan) EndedCall {
	made := EndedCall{
		Name: c.functions[call.function].Name, StartMicros: call.start, EndMicros: call.end,
		Around: call.around, Callees: c.sets[call.callees],
	}
	if name, build := n.around(call.span); build {
		made.Package, made.InBuild, made.Around = name, true, LoadingPackage
	} else if made.Name == toplevelName {
		made.Package = name
	}
	for _, context := range n.contexts {
		if context.start <= call.start && context.end >= call.end {
			made.Target = context.name
		}
	}
	return made
}

// lastBuiltin is the builtin that ended together with the innermost call of a
// chain, and how much of the call's own time it took.
func lastBuiltin(b builtinSpan, call callSpan, own int64, blamed []collection) (name string, micros int64) {
	if b.name == "" || b.start < call.start || b.end > call.end || programTime(span{b.end, call.end}, blamed) > unwindMicros {
		return "", 0
	}
	return b.name, min(own, programTime(b.span, blamed))
}
