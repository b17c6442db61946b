// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// nestedSpans makes the calls of one thread in Bazel's order, callees first.
// Depth is how many calls lie around each.
func nestedSpans(random *rand.Rand, size int) (spans []Span, depths []int) {
	var call func(start int64, depth int) int64
	call = func(start int64, depth int) int64 {
		now := start + random.Int64N(3)
		for range random.IntN(4) {
			if depth < 6 && len(spans) < size {
				now = call(now, depth+1) + random.Int64N(2)
			}
		}
		spans, depths = append(spans, Span{start, now}), append(depths, depth)
		return now
	}
	for at := int64(0); len(spans) < size; {
		at = call(at, 0) + 1 + random.Int64N(2)
	}
	return spans, depths
}

// TestNestingAgainstBruteForce looks for each microsecond's innermost call, and
// for the caller of each among all.
func TestNestingAgainstBruteForce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		spans, depths := nestedSpans(random, 1+random.IntN(60))
		var n Nesting[int]
		self := make([]int64, len(spans))
		callers := make([]int, len(spans))
		for i, s := range spans {
			made, own := n.End(s, i)
			for _, o := range own {
				self[i] += o.Micros()
			}
			if made.SelfMicros != self[i] || made.Span != s || made.About != i {
				t.Fatalf("seed %d: call %d is %+v, own time %v", seed, i, made, own)
			}
			for _, c := range n.Callees() {
				callers[c.About] = i
			}
		}
		for _, c := range n.Waiting() {
			callers[c.About] = -1
		}
		for i := range spans {
			caller := -1 // the next one written with less around it
			for j := i + 1; j < len(spans) && caller < 0; j++ {
				if depths[j] < depths[i] {
					caller = j
				}
			}
			if depths[i] == 0 {
				caller = -1
			}
			// A call of no length at the start of its neighbour may seem to be
			// that one's.
			if callers[i] != caller && spans[i].Micros() > 0 {
				t.Fatalf("seed %d: call %d %v has the caller %d, want %d of %v", seed, i, spans[i], callers[i], caller, spans)
			}
			var want int64
			for at := spans[i].Start; at < spans[i].End; at++ {
				inner := slices.IndexFunc(spans, func(s Span) bool { return s.Start <= at && at < s.End })
				if inner == i { // callees come first
					want++
				}
			}
			if self[i] != want {
				t.Fatalf("seed %d: call %d %v has %d of its own, want %d of %v", seed, i, spans[i], self[i], want, spans)
			}
		}
	}
}

// TestManyCallees: a file may claim any number of calls without a caller,
// memory may not follow it; each is handed out once.
func TestManyCallees(t *testing.T) {
	t.Parallel()
	var n Nesting[int]
	const calls = 5*maxWaiting + 3
	seen := make([]bool, calls)
	see := func(list []Call[int]) {
		for _, c := range list {
			if seen[c.About] {
				t.Fatalf("call %d comes twice", c.About)
			}
			seen[c.About] = true
		}
	}
	for i := range calls {
		n.End(Span{int64(2 * i), int64(2*i + 1)}, i)
		see(n.Dropped())
		if len(n.Waiting()) > maxWaiting {
			t.Fatalf("%d calls wait", len(n.Waiting()))
		}
	}
	see(n.Waiting())
	if i := slices.Index(seen, false); i >= 0 {
		t.Errorf("call %d never comes", i)
	}
}

// TestWindow: what is in the window is what the definition says, in any order.
func TestWindow(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 2))
		w := NewWindow[int](1000, 0)
		var all []int64
		for i := range 1 + random.IntN(6000) {
			end := int64(i) + random.Int64N(300)
			all = append(all, end)
			w.Add(end, i)
		}
		latest := slices.Max(all)
		var want []Ended[int]
		for i, end := range all {
			if latest-end < 1000 {
				want = append(want, Ended[int]{end, i})
			}
		}
		if got, any := w.Latest(); got != latest || !any {
			t.Fatalf("seed %d: latest %d, want %d", seed, got, latest)
		}
		if got := w.Ended(); !slices.Equal(got, want) {
			t.Fatalf("seed %d: %d ends are kept, want %d", seed, len(got), len(want))
		}
	}
	bounded := NewWindow[int](1<<40, 3000)
	for i := range 100_000 {
		bounded.Add(int64(i), i)
		if n := len(bounded.ended); n > 3000 {
			t.Fatalf("%d ends are kept of 3000", n)
		}
	}
	if got := bounded.Ended(); len(got) < 1500 || got[len(got)-1].About != 99_999 {
		t.Errorf("%d ends are kept", len(got))
	}
}
