// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"cmp"
	"context"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/bazel/trace"
)

const (
	// maxSpans bounds the intervals that are kept of one function's own time
	// (16 bytes each), maxSpansInAll of all of them. Where a function has
	// more, gaps too short to matter are closed: see coarsen.
	maxSpans      = 1 << 14
	maxSpansInAll = 1 << 18
	// maxFunctions bounds the names; Bazel's own traces have some hundreds.
	maxFunctions = 1 << 16
	// maxCallers bounds the callers counted of one function, keptCallers
	// those remembered.
	maxCallers  = 32
	keptCallers = 3
	// maxTargets bounds the labels remembered of one function.
	maxTargets = 32
)

// selectedCategories are what is read. Packages and actions tell that the
// build was still at work after the last Starlark call (see isWork).
var selectedCategories = []string{
	trace.CategoryStarlarkCall, trace.CategoryStarlarkBuiltin, trace.CategoryStarlarkContext,
	trace.CategoryGC, trace.CategoryPhaseMarker, trace.CategoryPackage, trace.CategoryRepository, trace.CategoryAction,
}

// A traceCollector condenses a trace while it streams by. What it holds grows
// with the functions, the threads and the collections, not with the events.
type traceCollector struct {
	facts        TraceFacts
	index        map[string]int32
	byID         numbersByID // of functions
	functions    []Activity
	running      []spans
	held         int // spans in all
	room         int // a function's bound for now
	targets      []map[string]bool
	callers      [][]callerCount
	kinds        [][]kindCount
	sets         [][]string        // of callees, sorted; the first is empty
	setIndex     map[uint64]uint16 // by hash
	callees      []calledName      // reused by directCalls
	builtins     []string          // names
	builtinIndex map[string]calledName
	builtinByID  numbersByID
	threads      trace.PerThread[threadCalls]
	ended        *trace.EndWindow[int32] // calls, by function
	collections  trace.CollectionRecorder
	starts       trace.PhaseRecorder
	phases       []trace.Phase
	packages     evaluations
	fetched      evaluations // repository rules
	first        int64
	lastGC       int64
	dropped      int      // calls of names beyond maxFunctions
	joined       *joining // to a recording of allocations; nil for none
}

// A callerCount is how often a function was called by another.
type callerCount struct{ function, calls int32 }

func newTraceCollector() *traceCollector {
	return &traceCollector{index: map[string]int32{}, ended: trace.NewWindow[int32](farMicros, maxEnded), packages: evaluations{times: map[string]int{}}, fetched: evaluations{times: map[string]int{}}, room: maxSpans,
		sets: make([][]string, 1), setIndex: map[uint64]uint16{}, builtins: make([]string, 1), builtinIndex: map[string]calledName{}}
}

// observeTrace reads a profile. memoryProfiled says that --memory_profile was
// on, so that Bazel itself asked for collections at the phases' ends. The
// error is the reader's; the facts hold what came before it.
func observeTrace(ctx context.Context, r io.Reader, memoryProfiled bool, joined *joining) (*TraceFacts, trace.ProfileSummary, error) {
	c := newTraceCollector()
	c.joined = joined
	sum, err := c.read(ctx, r)
	return c.finish(sum, memoryProfiled), sum, err
}

func (c *traceCollector) read(ctx context.Context, r io.Reader) (trace.ProfileSummary, error) {
	relay := newRelay(c.visit)
	defer relay.close()
	return trace.Read(ctx, r, relay.send, trace.Select(selectedCategories...))
}

func (c *traceCollector) visit(e *trace.Event) {
	switch e.Category {
	case trace.CategoryStarlarkCall:
		c.call(e)
	case trace.CategoryStarlarkBuiltin:
		c.threads.Of(e.Thread).builtin(builtinSpan{c.builtinOf(e), e.Span()})
	case trace.CategoryStarlarkContext:
		c.context(e)
	case trace.CategoryGC:
		c.lastGC = max(c.lastGC, e.EndMicros())
		c.collections.Add(e)
	case trace.CategoryPhaseMarker:
		c.collections.Add(e)
		c.starts.Add(e)
	case trace.CategoryRepository:
		if !trace.IsFetch(e.Name) {
			break
		}
		around := e.Span()
		c.threads.Of(e.Thread).surround(around, FetchRepository)
		c.fetched.add(e.Name, around)
	case trace.CategoryPackage:
		n, around := c.threads.Of(e.Thread), e.Span()
		n.packages = remember(n.packages, packageSpan{e.Name, around})
		n.surround(around, LoadingPackage)
		c.packages.add(e.Name, around)
	}
	if isWork(e.Category) {
		c.facts.LastWorkMicros = max(c.facts.LastWorkMicros, e.EndMicros())
	}
}

func (c *traceCollector) call(e *trace.Event) {
	if e.Phase != 'X' && e.Phase != 'i' {
		return
	}
	f, ok := c.functionOf(e)
	if !ok {
		c.dropped++
		return
	}
	at := e.Span()
	a := &c.functions[f]
	if a.Calls == 0 || at.End > a.LastEndMicros {
		a.LastEndMicros = at.End
	}
	a.Calls++
	a.TotalMicros += e.DurationMicros
	if c.facts.StarlarkCalls == 0 || at.Start < c.first {
		c.first = at.Start
	}
	c.facts.StarlarkCalls++
	thread := c.threads.Of(e.Thread)
	builtins := thread.takeBuiltins(at)
	for _, b := range builtins {
		if c.nameOf(b.name) == "write" {
			a.WriteMicros += b.End - b.Start
		}
	}
	made, own := thread.End(at, about{function: f})
	for _, callee := range thread.Callees() {
		c.called(callee.About.function, f)
	}
	c.settleOutermost(thread.Dropped())
	made.About.callees = c.directCalls(thread, f, builtins)
	thread.extend(*made)
	if len(builtins) > 0 {
		thread.within, thread.withinOf = builtins[len(builtins)-1], at
	}
	for _, own := range own {
		a.SelfMicros += own.Micros()
		c.run(f, own)
		if c.joined != nil {
			c.joined.take(e.Thread, own, a.Recorded.Add)
		}
	}
	c.ended.Add(at.End, f)
}

// keepCallers keeps the most frequent callers: the others tell nothing, and
// their names would be most of an observation.
func (c *traceCollector) keepCallers(f *Activity, counts []callerCount) {
	slices.SortFunc(counts, func(a, b callerCount) int {
		return cmp.Or(cmp.Compare(b.calls, a.calls), strings.Compare(c.functions[a.function].Name, c.functions[b.function].Name))
	})
	for i, k := range counts {
		f.CalledByOthers += int(k.calls)
		if i < keptCallers {
			f.Callers = append(f.Callers, Caller{c.functions[k.function].Name, int(k.calls)})
		}
	}
	f.Callers = slices.Clip(f.Callers)
}

// called notes who called a function.
func (c *traceCollector) called(callee, caller int32) {
	callers := &c.callers[callee]
	for i := range *callers {
		if (*callers)[i].function == caller {
			(*callers)[i].calls++
			return
		}
	}
	if len(*callers) < maxCallers {
		*callers = append(*callers, callerCount{caller, 1})
	}
}

// functionOf is the function that an event is a call of.
func (c *traceCollector) functionOf(e *trace.Event) (int32, bool) {
	if f, known := c.byID.number(e); known {
		return f, true
	}
	f, ok := c.function(e.Name)
	if ok {
		c.byID.keep(e, f)
	}
	return f, ok
}

// numbersByID are numbers given to names, by trace.Event.NameID, 1 more; 0 is
// none yet. They spare each event a look-up by its text.
type numbersByID []int32

func (n numbersByID) number(e *trace.Event) (number int32, known bool) {
	if e.NameID < len(n) && n[e.NameID] > 0 {
		return n[e.NameID] - 1, true
	}
	return 0, false
}

func (n *numbersByID) keep(e *trace.Event, number int32) {
	if e.NameID == 0 { // one that does not repeat
		return
	}
	if e.NameID >= len(*n) {
		*n = append(*n, make([]int32, e.NameID+1-len(*n))...)
	}
	(*n)[e.NameID] = number + 1
}

func (c *traceCollector) function(name string) (int32, bool) {
	if f, ok := c.index[name]; ok {
		return f, true
	}
	if len(c.functions) == maxFunctions {
		return 0, false
	}
	f := int32(len(c.functions))
	c.index[name] = f
	c.functions = append(c.functions, Activity{Name: name})
	c.running = append(c.running, nil)
	c.targets = append(c.targets, nil)
	c.callers = append(c.callers, nil)
	c.kinds = append(c.kinds, nil)
	return f, true
}

// run adds a stretch of a function's own time.
func (c *traceCollector) run(f int32, own trace.Span) {
	s := &c.running[f]
	before := len(*s)
	s.add(own)
	c.held += len(*s) - before
	if len(*s) > c.room {
		c.held -= len(*s)
		s.coarsen()
		c.held += len(*s)
	}
	if c.held > maxSpansInAll && c.room > 64 {
		c.room /= 2
		c.held = 0
		for i := range c.running {
			if len(c.running[i]) > c.room {
				c.running[i].coarsen()
			}
			c.held += len(c.running[i])
		}
	}
}

// context takes the label of a thread's outermost call, which has just ended
// and began with it (Bazel 8.5 and 9 on).
func (c *traceCollector) context(e *trace.Event) {
	n := c.threads.Of(e.Thread)
	waiting := n.Waiting()
	if len(waiting) == 0 || !strings.Contains(e.Name, "//") {
		return
	}
	outermost := waiting[len(waiting)-1]
	if !e.Span().Contains(outermost.Span) {
		return
	}
	n.contexts = remember(n.contexts, packageSpan{e.Name, outermost.Span})
	labels := c.targets[outermost.About.function]
	if labels == nil {
		labels = map[string]bool{}
		c.targets[outermost.About.function] = labels
	}
	if len(labels) < maxTargets {
		labels[e.Name] = true
	}
}

// finish computes the totals.
func (c *traceCollector) finish(sum trace.ProfileSummary, memoryProfiled bool) *TraceFacts {
	t := &c.facts
	t.FirstMicros, t.LastMicros = sum.FirstMicros, sum.LastMicros
	t.LastGCMicros = c.lastGC
	t.Blind, t.Damage = sum.Blind, sum.Damage
	c.settleWaiting()
	latest, any := c.ended.Latest()
	c.phases = c.starts.Phases(max(sum.LastMicros, latest))
	if n := len(c.phases); n > 0 {
		t.LastPhaseStart = c.phases[n-1].Start
	}
	blamed := c.collect(memoryProfiled)
	for i := range c.functions {
		f := &c.functions[i]
		f.ExclusiveMicros = c.running[i].length()
		f.Targets = slices.Sorted(maps.Keys(c.targets[i]))
		c.keepCallers(f, c.callers[i])
		f.Kinds = c.kindsOf(int32(i))
		t.SelfMicros += f.SelfMicros
	}
	c.countEnded()
	c.byPhase(blamed)
	if any {
		t.LastStarlarkMicros = latest
	}
	c.endings(sum.Threads, blamed)
	t.Restarting = c.packages.beside(c.functions, c.running)
	slices.SortFunc(c.functions, func(a, b Activity) int { return strings.Compare(a.Name, b.Name) })
	t.Functions = c.functions
	t.Packages, t.Repositories = c.packages.repeated(), c.fetched.repeated()
	// A copy: a pointer into the collector would keep all of it alive, which
	// is many times what is known in the end.
	facts := *t
	return &facts
}

// collect sums up the collections, and lays those that bear on blame over the
// functions.
func (c *traceCollector) collect(memoryProfiled bool) []trace.Pause {
	all := c.collections.Collections(memoryProfiled)
	c.facts.GC.GCTotals = trace.SumCollections(all)
	blamed := trace.Pauses(all)
	overlapCollections(c.functions, c.running, c.beforeUnwinding(blamed))
	return blamed
}

// beforeUnwinding are the collections that began before the last stack was
// unwound: what is collected while an exception passes through a caller was
// not that caller's doing. The collections stay sorted as they were.
func (c *traceCollector) beforeUnwinding(blamed []trace.Pause) []trace.Pause {
	from := int64(math.MaxInt64)
	latest, _ := c.ended.Latest()
	for _, n := range c.threads.All() {
		chain := unwound(n.last, blamed)
		if len(chain) > 1 && chain[len(chain)-1].End-chain[0].End > unwindMicros && latest-chain[len(chain)-1].End < CloseMicros {
			from = min(from, chain[0].End)
		}
	}
	return slices.DeleteFunc(slices.Clone(blamed), func(k trace.Pause) bool { return k.Start >= from })
}
