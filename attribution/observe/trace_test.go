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

func TestExplicitCollectionsAreNobodysFault(t *testing.T) {
	t.Parallel()
	facts := func(memoryProfiled bool) *TraceFacts {
		c := newTraceCollector()
		for _, e := range []trace.Event{
			{Category: trace.CategoryPhaseMarker, Name: "Initialize command", Phase: 'i'},
			{Category: trace.CategoryPhaseMarker, Name: "Build artifacts", Phase: 'i', StartMicros: 1_000_000},
			{Category: trace.CategoryGC, Name: "major GC", Phase: 'X', StartMicros: 970_000, DurationMicros: 28_000}, // asked for at the phase's end
			{Category: trace.CategoryGC, Name: "major GC", Phase: 'X', StartMicros: 400_000, DurationMicros: 20_000}, // on its own
			{Category: trace.CategoryGC, Name: "minor GC", Phase: 'X', StartMicros: 990_000, DurationMicros: 9_000},  // System.gc is a major one
			{Category: trace.CategoryStarlarkCall, Name: "f", Phase: 'X', DurationMicros: 2_000_000},
		} {
			c.visit(&e)
		}
		return c.finish(trace.ProfileSummary{}, memoryProfiled)
	}
	asked, chance := facts(true), facts(false)
	if g := asked.GC; g.Explicit != 1 || g.Major != 1 || g.Minor != 1 || g.Count != 3 || asked.Functions[0].GC.Major != 1 {
		t.Errorf("with --memory_profile: %+v, %+v", g, asked.Functions[0].GC)
	}
	if g := chance.GC; g.Explicit != 0 || g.Major != 2 || chance.Functions[0].GC.Major != 2 {
		t.Errorf("without: %+v, %+v", g, chance.Functions[0].GC)
	}
}

func TestUnwindingThatCollectionsInterrupt(t *testing.T) {
	t.Parallel()
	chain := []call{{Span: trace.Span{Start: 0, End: 1_000_000}}, {Span: trace.Span{Start: 0, End: 1_061_000}}}
	collected := []trace.Pause{pause(1_001_000, 1_059_000, true)}
	if got := unwound(chain, collected); len(got) != 2 {
		t.Errorf("a collection between two ends cuts the chain: %v", got)
	}
	if got := unwound(chain, nil); len(got) != 1 {
		t.Errorf("61 ms of work between two ends are unwinding: %v", got)
	}
}

func TestOwnTimeByPhase(t *testing.T) {
	t.Parallel()
	call := func(name string, start, end int64) trace.Event {
		return trace.Event{Category: trace.CategoryStarlarkCall, Name: name, Phase: 'X', StartMicros: start, DurationMicros: end - start, HasDuration: true, Thread: 7}
	}
	phase := func(name string, at int64) trace.Event {
		return trace.Event{Category: trace.CategoryPhaseMarker, Name: name, Phase: 'i', StartMicros: at}
	}
	gc := trace.Event{Category: trace.CategoryGC, Name: "minor GC", Phase: 'X', StartMicros: 1500, DurationMicros: 10, HasDuration: true, Thread: 9}
	facts := collect(t, []trace.Event{phase("load", 0), phase("analyze", 1000), call("both", 500, 1400), call("late", 1450, 2000), gc})
	byName := map[string]Activity{}
	for _, f := range facts.Functions {
		byName[f.Name] = f
	}
	if got := byName["both"].Phases; !slices.Equal(got, []PhaseTime{{"load", 500}, {"analyze", 400}}) {
		t.Errorf("phases %v", got)
	}
	if f := byName["both"]; f.RestEvents != 1 || f.RestMicros != 1500-900 {
		t.Errorf("beside it %v collections in %v us, want 1 in 600", f.RestEvents, f.RestMicros)
	}
	if f := byName["late"]; f.RestEvents != 0 || f.RestMicros != 1000-550 {
		t.Errorf("beside the late one %v collections in %v us, want 0 in 450", f.RestEvents, f.RestMicros)
	}
	if facts.StarlarkPhase != "analyze" {
		t.Errorf("it ended in %q", facts.StarlarkPhase)
	}
}
func TestProgramTime(t *testing.T) {
	t.Parallel()
	pauses := []trace.Pause{pause(0, 50, false), pause(90, 120, true), pause(150, 160, false), pause(190, 300, true)}
	for _, c := range []struct {
		in   trace.Span
		want int64
	}{
		{trace.Span{Start: 100, End: 200}, 100 - 20 - 10 - 10},
		{trace.Span{Start: 60, End: 80}, 20},
		{trace.Span{Start: 95, End: 110}, 0},
		{trace.Span{Start: 200, End: 200}, 0},
	} {
		if got := programTime(c.in, pauses); got != c.want {
			t.Errorf("%v holds %d of program, want %d", c.in, got, c.want)
		}
	}
}

func TestPressure(t *testing.T) {
	t.Parallel()
	const second = 1_000_000
	every := func(from, to, step, length int64) []trace.Pause {
		var list []trace.Pause
		for at := from; at+length <= to; at += step {
			list = append(list, pause(at, at+length, true))
		}
		return list
	}
	whole := trace.Span{Start: 0, End: 40 * second}
	for _, c := range []struct {
		name        string
		collections []trace.Pause
		utilisation float64
		onset       float64 // seconds; negative: none
	}{
		{"a tenth all the time", every(0, whole.End, second, second/10), .9, -1},
		{"nine tenths from 30 s on", append(every(0, 30*second, second, second/10), every(30*second, whole.End, second, second*9/10)...), .1, 30},
		{"a storm that passes", append(every(10*second, 14*second, second, second*9/10), every(14*second, whole.End, second, second/10)...), .1, -1},
		{"one long collection", []trace.Pause{pause(20*second, 22*second, true)}, 0, -1},
		{"full from the start", every(0, whole.End, second, second*8/10), .2, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			utilisation, onset := pressure(whole, c.collections)
			if math.Abs(*utilisation-c.utilisation) > 1e-9 {
				t.Errorf("the program has %.3f of its worst second, want %.3f", *utilisation, c.utilisation)
			}
			switch {
			case c.onset < 0 && onset != nil:
				t.Errorf("it thrashes from %.1f s on", float64(*onset)/second)
			case c.onset >= 0 && (onset == nil || math.Abs(float64(*onset)/second-c.onset) > 1):
				t.Errorf("it thrashes from %v us on, want %.0f s", onset, c.onset)
			}
		})
	}
	if u, onset := pressure(whole, nil); u != nil || onset != nil {
		t.Error("a build without collections has a utilisation")
	}
}

// The windows and the last call of each thread, against the definition of the
// origin's parse-profile.py taken literally over a list of all calls.
func TestEndingsAgainstTheListOfCalls(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 5))
		type call struct {
			name       string
			thread     int64
			start, end int64
		}
		var calls []call
		clock := map[int64]int64{}
		for range 1 + r.IntN(3000) {
			thread := r.Int64N(6)
			start := clock[thread] + r.Int64N(40_000)
			end := start + 1 + r.Int64N(60_000)
			if r.IntN(50) == 0 {
				end += r.Int64N(12_000_000)
			}
			clock[thread] = end
			calls = append(calls, call{fmt.Sprintf("f%d", r.IntN(8)), thread, start, end})
		}
		var events []trace.Event
		var latest int64
		last := map[int64]call{}
		for _, c := range calls {
			latest = max(latest, c.end)
			last[c.thread] = c
			events = append(events, trace.Event{Category: trace.CategoryStarlarkCall, Name: c.name, Phase: 'X', StartMicros: c.start, DurationMicros: c.end - c.start, Thread: c.thread})
		}
		facts := collect(t, events)
		if facts.LastStarlarkMicros != latest {
			t.Fatalf("seed %d: last end %d, want %d", seed, facts.LastStarlarkMicros, latest)
		}
		for _, f := range facts.Functions {
			var want [4]int
			for _, c := range calls {
				for i, window := range []int64{100_000, 1_000_000, 10_000_000} {
					if c.name == f.Name && latest-c.end < window {
						want[i]++
					}
				}
			}
			for _, c := range last {
				if c.name == f.Name && latest-c.end < 10_000_000 {
					want[3]++
				}
			}
			if got := [4]int{f.EndedClose, f.EndedMedium, f.EndedFar, f.LastOnThread}; got != want {
				t.Fatalf("seed %d: %s: %v, want %v", seed, f.Name, got, want)
			}
		}
		for i := 1; i < len(facts.Endings); i++ {
			if facts.Endings[i-1].EndMicros() < facts.Endings[i].EndMicros() {
				t.Fatalf("seed %d: endings are not latest first", seed)
			}
		}
	}
}

// TestRestartsOfOddTimes: events that lie to the end of time are no reason to
// end.
func TestRestartsOfOddTimes(t *testing.T) {
	t.Parallel()
	e := evaluations{times: map[string]int{}}
	for _, at := range []trace.Span{{Start: -9e18, End: -9e18 + 1}, {Start: 9e18, End: 9e18 + 5}, {End: 10}, {Start: 8e18, End: 8e18}} {
		e.add("p", at)
		e.add("q", at)
	}
	functions := []Activity{{Name: "f"}}
	e.beside(functions, []spans{{{Start: -9e18, End: 9e18}}})
	single := evaluations{times: map[string]int{}}
	single.add("p", trace.Span{Start: 5, End: 5})
	single.add("p", trace.Span{Start: 5, End: 5})
	if got := single.beside(functions, []spans{{{End: 9}}}); got != nil {
		t.Errorf("an instant has restarts %v", got)
	}
}

func TestThePackageAround(t *testing.T) {
	t.Parallel()
	var n threadCalls
	n.packages = remember(n.packages, packageSpan{"memory", trace.Span{Start: 1000, End: 1200}})
	n.packages = remember(n.packages, packageSpan{"cpu", trace.Span{Start: 900_000, End: 2_000_000}})
	for _, c := range []struct {
		call  trace.Span
		name  string
		build bool
	}{
		{trace.Span{Start: 1300, End: 800_000}, "memory", false},  // right after memory was broken off
		{trace.Span{Start: 900_100, End: 1_999_000}, "cpu", true}, // inside cpu's evaluation
		{trace.Span{Start: 5_000_000, End: 6_000_000}, "", false}, // long after either
		{trace.Span{Start: 101_201, End: 102_000}, "", false},     // more than 0.1 s after
	} {
		if name, build := n.around(c.call); name != c.name || build != c.build {
			t.Errorf("%v is of %q, %v; want %q, %v", c.call, name, build, c.name, c.build)
		}
	}
}

// TestUnwindingBounds: what ends up to 10 ms after its callee, collections not
// counted, was unwound with it; a chain is kept for up to two seconds of them.
func TestUnwindingBounds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		gap  int64
		want int
	}{{10_000, 2}, {10_001, 1}} {
		chain := []call{{Span: trace.Span{End: 1_000_000}}, {Span: trace.Span{End: 1_000_000 + c.gap}}}
		if got := unwound(chain, nil); len(got) != c.want {
			t.Errorf("a caller that ends %d us later: a chain of %d", c.gap, len(got))
		}
	}
	for _, c := range []struct {
		gap  int64
		want int
	}{{2_000_000, 2}, {2_000_001, 1}} {
		var n threadCalls
		n.extend(call{Span: trace.Span{Start: 10, End: 1000}})
		n.extend(call{Span: trace.Span{Start: 5, End: 1000 + c.gap}})
		if len(n.last) != c.want {
			t.Errorf("a caller that ends %d us later: %d are kept", c.gap, len(n.last))
		}
	}
	c := newTraceCollector()
	name := c.builtinOf(&trace.Event{Name: "sorted"})
	inner := call{Span: trace.Span{Start: 0, End: 50_000}}
	if got, micros := c.lastBuiltin(builtinSpan{name, trace.Span{Start: 10_000, End: 40_000}}, inner, 50_000, nil); got != "sorted" || micros != 30_000 {
		t.Errorf("a builtin that ends 10 ms before its caller: %q, %d", got, micros)
	}
	if got, _ := c.lastBuiltin(builtinSpan{name, trace.Span{Start: 10_000, End: 39_999}}, inner, 50_000, nil); got != "" {
		t.Errorf("one that ends earlier: %q", got)
	}
}
