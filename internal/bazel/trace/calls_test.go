package trace

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// A span is a call as the brute-force calculation sees it.
type span struct {
	function   string
	builtin    bool
	start, end int64
	written    int // place in the file
}

func (s span) event(thread int64) *Event {
	e := &Event{Category: CategoryStarlarkCall, Name: s.function, Phase: 'X', Thread: thread,
		StartMicros: s.start, DurationMicros: s.end - s.start, HasDuration: true}
	if s.builtin {
		e.Category = CategoryStarlarkBuiltin
	}
	return e
}

// A bruteCall is what is expected of a call.
type bruteCall struct {
	span
	parent, depth int // parent is an index, -1 if there is none
	self          int64
	recursive     bool
}

// bruteForce nests the calls of a thread by the definition alone: it compares
// every pair, and counts own time microsecond by microsecond.
func bruteForce(spans []span) []bruteCall {
	sorted := slices.Clone(spans)
	slices.SortFunc(sorted, func(a, b span) int {
		switch {
		case a.start != b.start:
			return int(a.start - b.start)
		case a.end != b.end:
			return int(b.end - a.end)
		}
		return b.written - a.written
	})
	calls := make([]bruteCall, len(sorted))
	for i, s := range sorted {
		calls[i] = bruteCall{span: s, parent: -1}
		for j := range i {
			if p := sorted[j]; p.start <= s.start && s.start < p.end && s.end <= p.end+2 {
				calls[i].parent = j
			}
		}
		for p := calls[i].parent; p >= 0; p = calls[p].parent {
			calls[i].depth++
			calls[i].recursive = calls[i].recursive || calls[p].function == s.function && calls[p].builtin == s.builtin
		}
	}
	for i := range calls {
		for at := calls[i].start; at < calls[i].end; at++ {
			if !slices.ContainsFunc(calls, func(c bruteCall) bool { return c.parent == i && c.start <= at && at < c.end }) {
				calls[i].self++
			}
		}
	}
	return calls
}

// owner is the user function that a call's own time belongs to.
func owner(calls []bruteCall, i int) string {
	for ; i >= 0; i = calls[i].parent {
		if !calls[i].builtin {
			return calls[i].function
		}
	}
	return ""
}

// nested makes call trees in Bazel's order, callees first, with the rounding
// that Bazel's clock has.
func nested(random *rand.Rand, size int) []span {
	const nanos = 1000
	var spans []span
	var call func(start int64, depth int) int64
	call = func(start int64, depth int) int64 {
		now := start + random.Int64N(3*nanos)
		for range random.IntN(4) {
			if depth < 6 && len(spans) < size {
				now = call(now, depth+1) + random.Int64N(2*nanos)
			}
		}
		spans = append(spans, rounded(random, start, now))
		return now
	}
	for at := int64(0); len(spans) < size; {
		at = call(at, 0) + random.Int64N(2*nanos)
	}
	return number(spans)
}

func rounded(random *rand.Rand, startNanos, endNanos int64) span {
	start := startNanos / 1000
	return span{
		function: string(rune('a' + random.IntN(4))), builtin: random.IntN(4) == 0,
		start: start, end: start + (endNanos-startNanos)/1000,
	}
}

// crossing makes slices without any order: what no call stack gives.
func crossing(random *rand.Rand, size int) []span {
	var spans []span
	for range size {
		start := random.Int64N(60_000)
		spans = append(spans, rounded(random, start, start+random.Int64N(20_000)))
	}
	return number(spans)
}

func number(spans []span) []span {
	for i := range spans {
		spans[i].written = i
	}
	return spans
}

func TestCallsAgainstBruteForce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		spans := nested(random, 1+random.IntN(60))
		switch seed % 3 {
		case 1:
			random.Shuffle(len(spans), func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
			spans = number(spans)
		case 2:
			spans = crossing(random, 1+random.IntN(60))
		}
		compareCalls(t, fmt.Sprintf("seed %d", seed), spans)
		if t.Failed() {
			t.FailNow()
		}
	}
}

func TestCallsEdges(t *testing.T) {
	t.Parallel()
	for name, spans := range map[string][]span{
		"none":                     {},
		"no duration":              {{"a", false, 5, 5, 0}},
		"same slice":               {{"callee", false, 5, 9, 0}, {"caller", false, 5, 9, 1}},
		"callee outlives caller":   {{"callee", false, 5, 11, 0}, {"caller", false, 0, 10, 1}},
		"recursion":                {{"f", false, 2, 3, 0}, {"f", false, 1, 4, 1}, {"f", false, 0, 9, 2}},
		"through a builtin":        {{"key", false, 3, 4, 0}, {"sorted", true, 2, 5, 1}, {"f", false, 0, 9, 2}},
		"crossing":                 {{"a", false, 0, 10, 0}, {"b", false, 5, 100, 1}},
		"callee where caller ends": {{"a", false, 0, 10, 0}, {"b", false, 10, 10, 1}},
		"negative":                 {{"a", false, -50, -20, 0}, {"b", false, -100, 10, 1}},
	} {
		compareCalls(t, name, spans)
	}
}

// compareCalls records the spans on two threads and compares all that Calls
// tells of them with brute force.
func compareCalls(t *testing.T, name string, spans []span) {
	t.Helper()
	var r CallRecorder
	threads := []int64{40, 7}
	for _, s := range spans {
		for _, thread := range threads {
			r.Add(s.event(thread))
		}
	}
	calls := r.Calls()
	if calls.Len() != len(threads)*len(spans) {
		t.Errorf("%s: %d calls, want %d", name, calls.Len(), len(threads)*len(spans))
	}
	want := bruteForce(spans)
	for _, thread := range threads {
		compareThread(t, name, calls, thread, want)
	}
	compareTotals(t, name, calls, want, len(threads))
}

func compareThread(t *testing.T, name string, calls *Calls, thread int64, want []bruteCall) {
	t.Helper()
	functions := calls.Functions()
	seen := map[int]bool{}
	for c := range calls.On(thread) {
		w := want[c.Index]
		got := bruteCall{
			span:   span{functions[c.Function].Name, functions[c.Function].Builtin, c.StartMicros, c.EndMicros, w.written},
			parent: c.Parent, depth: c.Depth, self: c.SelfMicros, recursive: c.Recursive,
		}
		if got != w {
			t.Errorf("%s: call %d is %+v, want %+v", name, c.Index, got, w)
		}
		if c.Parent >= 0 && seen[c.Parent] {
			t.Errorf("%s: call %d comes after its caller", name, c.Index)
		}
		seen[c.Index] = true
	}
	if len(seen) != len(want) {
		t.Errorf("%s: %d calls on the thread, want %d", name, len(seen), len(want))
	}
	own := map[string]int64{}
	for s := range calls.Stretches(thread) {
		user := ""
		if s.User >= 0 {
			user = functions[s.User].Name
		}
		own[functions[s.Function].Name+" for "+user] += s.EndMicros - s.StartMicros
	}
	for i, w := range want {
		own[w.function+" for "+owner(want, i)] -= w.self
	}
	for who, difference := range own {
		if difference != 0 {
			t.Errorf("%s: stretches of %s differ from own times by %d µs", name, who, difference)
		}
	}
}

func compareTotals(t *testing.T, name string, calls *Calls, want []bruteCall, times int) {
	t.Helper()
	totals := map[Function]Totals{}
	for i, w := range want {
		f := Function{w.function, w.builtin}
		sum := totals[f]
		sum.Function = f
		if sum.Calls == 0 {
			sum.FirstMicros, sum.LastMicros = w.start, w.end
		}
		sum.Calls += times
		sum.SelfMicros += int64(times) * w.self
		if !w.recursive {
			sum.TotalMicros += int64(times) * (w.end - w.start)
		}
		sum.LongestMicros = max(sum.LongestMicros, w.end-w.start)
		sum.FirstMicros, sum.LastMicros = min(sum.FirstMicros, w.start), max(sum.LastMicros, w.end)
		totals[f] = sum
		if user := owner(want, i); w.builtin && user != "" {
			u := totals[Function{user, false}]
			u.BuiltinMicros += int64(times) * w.self
			totals[Function{user, false}] = u
		}
	}
	for _, got := range calls.Totals() {
		if got != totals[got.Function] {
			t.Errorf("%s: totals %+v, want %+v", name, got, totals[got.Function])
		}
	}
}

// TestSortFallsBack has both sorts put the same slices into the same order.
func TestSortFallsBack(t *testing.T) {
	t.Parallel()
	var near, far threadCalls
	const n = 4998
	for i := range uint32(n) {
		near.add(newSlice(int64(i/3), 7, i))
	}
	for i := range uint32(n) { // backwards but for the equal ones
		k := n - 1 - int64(i)
		far.add(newSlice(k/3, 7, uint32(k/3*3+2-k%3)))
	}
	near.sort()
	far.sort()
	for i := range n {
		if *near.at(i) != *far.at(i) {
			t.Fatalf("slice %d: %+v and %+v", i, *near.at(i), *far.at(i))
		}
	}
}

// TestDeepStack: a file may claim any depth, memory may not follow it.
func TestDeepStack(t *testing.T) {
	t.Parallel()
	var r CallRecorder
	const n = 3 * maxStack
	for i := range int64(n) {
		r.Add(span{function: "f", start: i, end: 2*n - i}.event(1))
	}
	calls, deepest, self := 0, 0, int64(0)
	for c := range r.Calls().On(1) {
		calls++
		deepest = max(deepest, c.Depth)
		self += c.SelfMicros
	}
	if calls != n || deepest != maxStack {
		t.Errorf("%d calls, %d deep", calls, deepest)
	}
}

// TestSliceRange: 48 bits of time, and clamping beyond.
func TestSliceRange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ start, duration, wantStart, wantDuration int64 }{
		{0, 0, 0, 0},
		{-1, 1, -1, 1},
		{-1 << 40, 1 << 40, -1 << 40, 1 << 40},
		{1<<47 - 1, 1<<48 - 1, 1<<47 - 1, 1<<48 - 1},
		{1 << 60, 1 << 60, 1<<47 - 1, 1<<48 - 1},
		{-1 << 60, -5, -1 << 47, 0},
	} {
		s := newSlice(c.start, c.duration, 9)
		if s.start() != c.wantStart || s.duration() != c.wantDuration || s.function != 9 {
			t.Errorf("newSlice(%d, %d) holds %d, %d", c.start, c.duration, s.start(), s.duration())
		}
	}
}
