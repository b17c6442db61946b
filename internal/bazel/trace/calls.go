package trace

import (
	"iter"
	"math"
	"slices"
	"sort"
)

// A profile has slices, not stacks: for each Starlark call a start and a
// duration on a thread. Who called whom follows from which slice lies within
// which. This file keeps the slices, callstack.go finds the nesting.
//
// # Order
//
// Bazel writes a slice when its call returns, so callees come before their
// callers. Nesting is easiest in the opposite order: by start, the longer
// slice first. Slices are sorted into it per thread. From Bazel's order a
// slice moves over those it contains and no others, so that an insertion sort
// costs a few moves a slice; a file in another order falls back to a stable
// O(n log² n) sort in place. Neither needs memory beside the slices.
//
// # Memory
//
// A full recording has more than a million calls, and only what cannot be
// computed again is stored of each: start, duration and function, 16 bytes,
// in blocks that never move. Callers, depths and self times come from walking
// over the sorted slices with a stack.

// A CallRecorder collects the Starlark calls among the events given to it. Its
// zero value is ready for use.
type CallRecorder struct {
	functions []Function
	index     map[Function]uint32
	threads   map[int64]*threadCalls
	last      *threadCalls // the previous event's thread
	lastID    int64
}

// A Function is a Starlark function as a profile knows it: by name. Builtin
// tells those of Bazel's own (depset, write, sorted).
type Function struct {
	Name    string
	Builtin bool
}

// maxFunctions bounds the names kept apart. Those beyond share the name
// OtherFunctions: real builds have some thousands.
const maxFunctions = 1 << 16

// OtherFunctions stands for the functions beyond the number that is kept.
const OtherFunctions = "(other functions)"

// Add records e if it is a call of a Starlark function, and ignores it
// otherwise.
func (r *CallRecorder) Add(e *Event) {
	builtin := e.Category == CategoryStarlarkBuiltin
	if !builtin && e.Category != CategoryStarlarkCall || e.Phase != 'X' && e.Phase != 'i' {
		return
	}
	if r.last == nil || e.Thread != r.lastID {
		r.last, r.lastID = r.thread(e.Thread), e.Thread
	}
	r.last.add(newSlice(e.StartMicros, e.DurationMicros, r.function(Function{e.Name, builtin})))
}

func (r *CallRecorder) thread(id int64) *threadCalls {
	t := r.threads[id]
	if t == nil {
		if r.threads == nil {
			r.threads = map[int64]*threadCalls{}
		}
		t = &threadCalls{}
		r.threads[id] = t
	}
	return t
}

func (r *CallRecorder) function(f Function) uint32 {
	id, found := r.index[f]
	if !found {
		if r.index == nil {
			r.index = map[Function]uint32{}
		}
		if len(r.functions) == maxFunctions {
			f = Function{Name: OtherFunctions}
			if id, found := r.index[f]; found {
				return id
			}
		}
		id = uint32(len(r.functions))
		r.functions = append(r.functions, f)
		r.index[f] = id
	}
	return id
}

// Calls sorts what was recorded and hands it over; the recorder is empty
// afterwards.
func (r *CallRecorder) Calls() *Calls {
	c := &Calls{functions: r.functions, threads: r.threads}
	for id, t := range r.threads {
		t.sort()
		c.ids = append(c.ids, id)
		c.count += t.n
	}
	slices.Sort(c.ids)
	*r = CallRecorder{}
	return c
}

// Calls are the Starlark calls of a profile and how they nest. They are
// immutable.
type Calls struct {
	functions []Function
	threads   map[int64]*threadCalls
	ids       []int64 // of the threads, sorted
	count     int
}

// Len is the number of calls.
func (c *Calls) Len() int { return c.count }

// Functions are the functions called; a Call's Function is an index here. Not
// to be written to.
func (c *Calls) Functions() []Function { return c.functions }

// Threads yields the threads that have calls, by tid.
func (c *Calls) Threads() iter.Seq[int64] { return slices.Values(c.ids) }

// A slice is a call as it is stored, start and duration with 48 bits each.
// Times beyond ±4 years are cut to that.
type slice struct {
	startLow, durationLow   uint32
	startHigh, durationHigh uint16
	function                uint32
}

const (
	minSliceStart    = math.MinInt64 >> 16
	maxSliceStart    = math.MaxInt64 >> 16
	maxSliceDuration = 1<<48 - 1
)

func newSlice(start, duration int64, function uint32) slice {
	start = max(minSliceStart, min(maxSliceStart, start))
	duration = max(0, min(maxSliceDuration, duration))
	return slice{
		startLow: uint32(start), startHigh: uint16(start >> 32),
		durationLow: uint32(duration), durationHigh: uint16(duration >> 32),
		function: function,
	}
}

func (s *slice) start() int64    { return int64(int16(s.startHigh))<<32 | int64(s.startLow) }
func (s *slice) duration() int64 { return int64(s.durationHigh)<<32 | int64(s.durationLow) }
func (s *slice) end() int64      { return s.start() + s.duration() }

// compare orders by start, the longer first.
func (s *slice) compare(o *slice) int {
	a, b := s.start(), o.start()
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	switch d, e := s.duration(), o.duration(); {
	case d > e:
		return -1
	case d < e:
		return 1
	}
	return 0
}

const (
	blockShift  = 11
	blockSlices = 1 << blockShift
)

// threadCalls are the calls of one thread.
type threadCalls struct {
	blocks [][]slice
	n      int
}

func (t *threadCalls) at(i int) *slice { return &t.blocks[i>>blockShift][i&(blockSlices-1)] }

func (t *threadCalls) add(s slice) {
	last := len(t.blocks) - 1
	switch {
	case last < 0:
		t.blocks = append(t.blocks, nil) // grows: many threads have few calls
		last = 0
	case len(t.blocks[last]) == blockSlices:
		t.blocks = append(t.blocks, make([]slice, 0, blockSlices))
		last++
	}
	t.blocks[last] = append(t.blocks[last], s)
	t.n++
}

// maxMovesPerSlice is when insertion gives up: the mean depth of calls in
// Bazel's order is far below.
const maxMovesPerSlice = 32

// sort orders the slices by start, the longer first, and of equal slices the
// one that was added later, which Bazel wrote later because it is the caller.
func (t *threadCalls) sort() {
	moves := t.n * maxMovesPerSlice
	for i := 1; i < t.n; i++ {
		s := *t.at(i)
		j := i
		for ; j > 0 && t.at(j-1).compare(&s) >= 0; j-- {
			*t.at(j) = *t.at(j - 1)
			moves--
		}
		*t.at(j) = s
		if moves < 0 {
			t.sortRest(i + 1)
			return
		}
	}
}

// sortRest sorts everything, the first sorted slices being in order already.
// Before a stable sort the later of two equal slices has to stand in front, as
// it does among the sorted ones.
func (t *threadCalls) sortRest(sorted int) {
	order := bySlice{t}
	order.reverse(0, t.n)
	order.reverse(t.n-sorted, t.n)
	sort.Stable(order)
}

type bySlice struct{ *threadCalls }

func (b bySlice) Len() int           { return b.n }
func (b bySlice) Less(i, j int) bool { return b.at(i).compare(b.at(j)) < 0 }
func (b bySlice) Swap(i, j int) {
	p, q := b.at(i), b.at(j)
	*p, *q = *q, *p
}

func (b bySlice) reverse(from, to int) {
	for i, j := from, to-1; i < j; i, j = i+1, j-1 {
		b.Swap(i, j)
	}
}
