// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"example.invalid/starlark-memls/internal/bazel/trace"
)

// The oracle paints time. It lays every call on a thread's time line, one
// microsecond a cell, callers first, so that a cell holds the innermost
// function; everything that the collector computes in one pass over a stream
// is then counted by looking at each cell.

type oracleCall struct {
	thread     int64
	name       string
	start, end int64
	depth      int
}

const oracleSpan = 2000

func pause(start, end int64, major bool) trace.Pause {
	return trace.Pause{Span: trace.Span{Start: start, End: end}, Major: major}
}

// randomCalls makes properly nested calls on a few threads.
func randomCalls(r *rand.Rand) []oracleCall {
	var calls []oracleCall
	var fill func(thread int64, from, to int64, depth int)
	fill = func(thread int64, from, to int64, depth int) {
		at := from
		for at < to && depth < 5 {
			at += r.Int64N(60)
			end := at + r.Int64N(400)
			if end > to {
				return
			}
			calls = append(calls, oracleCall{thread, fmt.Sprintf("f%d", r.IntN(6)), at, end, depth})
			if end > at {
				fill(thread, at, end, depth+1)
			}
			at = end
		}
	}
	for thread := range int64(3) {
		fill(thread, 0, oracleSpan, 0)
	}
	return calls
}

// events gives the calls and collections in the order in which Bazel writes
// them: by end, callees before callers.
func oracleEvents(calls []oracleCall, gcs []trace.Pause) []trace.Event {
	slices.SortStableFunc(calls, func(a, b oracleCall) int {
		if a.end != b.end {
			return int(a.end - b.end)
		}
		return b.depth - a.depth
	})
	var events []trace.Event
	for _, c := range calls {
		events = append(events, trace.Event{
			Category: trace.CategoryStarlarkCall, Name: c.name, Phase: 'X',
			StartMicros: c.start, DurationMicros: c.end - c.start, HasDuration: true, Thread: c.thread,
		})
	}
	for _, g := range gcs {
		name := "minor GC"
		if g.Major {
			name = "major GC"
		}
		events = append(events, trace.Event{
			Category: trace.CategoryGC, Name: name, Phase: 'X',
			StartMicros: g.Start, DurationMicros: g.End - g.Start, HasDuration: true, Thread: 99,
		})
	}
	return events
}

func collect(t testing.TB, events []trace.Event) *TraceFacts {
	t.Helper()
	c := newTraceCollector()
	relay := newRelay(c.visit)
	for i := range events {
		if err := relay.send(&events[i]); err != nil {
			t.Fatal(err)
		}
	}
	relay.close()
	return c.finish(trace.ProfileSummary{LastMicros: oracleSpan}, false)
}

// paint returns, by thread, the innermost function of each microsecond.
func paint(calls []oracleCall) map[int64][]string {
	byDepth := slices.Clone(calls)
	slices.SortStableFunc(byDepth, func(a, b oracleCall) int { return a.depth - b.depth })
	lines := map[int64][]string{}
	for _, c := range byDepth {
		if lines[c.thread] == nil {
			lines[c.thread] = make([]string, oracleSpan+1)
		}
		for at := c.start; at < c.end; at++ {
			lines[c.thread][at] = c.name
		}
	}
	return lines
}

func TestExclusiveTimeAndCollectionsAgainstPaintedTime(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		calls := randomCalls(r)
		var gcs []trace.Pause
		for at := r.Int64N(60); at < oracleSpan-60; at += r.Int64N(200) { // one at a time, as they are
			length := 1 + r.Int64N(50)
			gcs = append(gcs, pause(at, at+length, r.IntN(3) == 0))
			at += length
		}
		facts := collect(t, oracleEvents(calls, gcs))
		lines := paint(calls)
		for _, f := range facts.Functions {
			want := paintedActivity(f.Name, calls, lines, gcs)
			if f.Calls != want.Calls || f.TotalMicros != want.TotalMicros || f.SelfMicros != want.SelfMicros ||
				f.ExclusiveMicros != want.ExclusiveMicros || f.LastEndMicros != want.LastEndMicros {
				t.Fatalf("seed %d: %s: got %+v, want %+v", seed, f.Name, f, want)
			}
			g, w := f.GC, want.GC
			if g.Minor != w.Minor || g.Major != w.Major || g.MinorPauseMicros != w.MinorPauseMicros || g.MajorPauseMicros != w.MajorPauseMicros ||
				math.Abs(g.Events-w.Events) > 1e-9 || math.Abs(g.SharedPauseMicros-w.SharedPauseMicros) > 1e-6 {
				t.Fatalf("seed %d: %s: GC %+v, want %+v", seed, f.Name, g, w)
			}
		}
	}
}

func paintedActivity(name string, calls []oracleCall, lines map[int64][]string, gcs []trace.Pause) Activity {
	want := Activity{Name: name}
	for _, c := range calls {
		if c.name == name {
			want.Calls++
			want.TotalMicros += c.end - c.start
			want.LastEndMicros = max(want.LastEndMicros, c.end)
		}
	}
	runs := func(function string, at int64) bool {
		for _, line := range lines {
			if line[at] == function {
				return true
			}
		}
		return false
	}
	for at := range int64(oracleSpan) {
		for _, line := range lines {
			if line[at] == name {
				want.SelfMicros++
			}
		}
		if runs(name, at) {
			want.ExclusiveMicros++
		}
	}
	for _, g := range gcs {
		overlap := map[string]int64{}
		for at := g.Start; at < g.End; at++ {
			for f := range 6 {
				if function := fmt.Sprintf("f%d", f); runs(function, at) {
					overlap[function]++
				}
			}
		}
		mine := overlap[name]
		if mine == 0 {
			continue
		}
		pause := g.End - g.Start
		all := int64(0)
		for _, n := range overlap {
			all += n
		}
		if g.Major {
			want.GC.Major++
			want.GC.MajorPauseMicros += mine
		} else {
			want.GC.Minor++
			want.GC.MinorPauseMicros += mine
		}
		want.GC.Events += float64(mine) / float64(pause)
		want.GC.SharedPauseMicros += float64(pause) * float64(mine) / float64(max(all, pause))
	}
	return want
}

func TestSpansAgainstPaintedTime(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 2))
		var s spans
		var cells [500]bool
		for range 1 + r.IntN(60) {
			start := r.Int64N(450)
			v := trace.Span{Start: start, End: start + r.Int64N(40)}
			s.add(v)
			for at := v.Start; at < v.End; at++ {
				cells[at] = true
			}
		}
		want := int64(0)
		for _, on := range cells {
			if on {
				want++
			}
		}
		if got := s.length(); got != want {
			t.Fatalf("seed %d: length %d, want %d", seed, got, want)
		}
		for i := 1; i < len(s); i++ {
			if s[i-1].End >= s[i].Start {
				t.Fatalf("seed %d: %v and %v touch or are out of order", seed, s[i-1], s[i])
			}
		}
		before := s.length()
		n := len(s)
		s.coarsen()
		if s.length() < before || n >= 8 && len(s) > 3*n/4 {
			t.Fatalf("seed %d: coarsened %d intervals of %d us to %d of %d us", seed, n, before, len(s), s.length())
		}
	}
}

// Every microsecond that a thread spends in Starlark belongs to one function.
func TestSelfTimesAddUpToTheTimeCovered(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		calls := randomCalls(rand.New(rand.NewPCG(seed, 3)))
		events := oracleEvents(calls, nil)
		facts := collect(t, events)
		var total int64
		for _, f := range facts.Functions {
			total += f.SelfMicros
		}
		if total != facts.SelfMicros {
			t.Fatalf("seed %d: self times add up to %d, not %d", seed, total, facts.SelfMicros)
		}
		covered := int64(0)
		for _, line := range paint(calls) {
			for _, name := range line {
				if name != "" {
					covered++
				}
			}
		}
		if total != covered {
			t.Fatalf("seed %d: self times add up to %d us, calls cover %d us", seed, total, covered)
		}
	}
}
