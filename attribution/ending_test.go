package attribution

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/bazel/trace"
	"example.invalid/starlark-memls/starlark"
)

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

func TestEntryOf(t *testing.T) {
	t.Parallel()
	const (
		call = "net.starlark.java.eval.StarlarkFunction.fastcall"
		old  = "com.google.devtools.build.lib.syntax.UserDefinedFunction.call"
		lib  = "com.google.devtools.build.lib."
	)
	tests := []struct {
		name  string
		java  []string
		kind  starlark.Kind
		depth int
		extra func(entry) bool
	}{
		{name: "nothing"},
		{name: "aspect", java: []string{call, lib + "skyframe.StarlarkAspectFactory.create"}, kind: starlark.Aspect, depth: 1},
		{name: "aspect of an old Bazel", java: []string{old, old, lib + "skyframe.SkylarkAspectFactory.create"}, kind: starlark.Aspect, depth: 2},
		{name: "rule", java: []string{call, call, call, lib + "analysis.starlark.StarlarkRuleConfiguredTargetUtil.buildRule"}, kind: starlark.Rule, depth: 3},
		{name: "a .bzl file", java: []string{call, lib + "skyframe.BzlLoadFunction.executeBzlFile"}, kind: starlark.Toplevel, depth: 1},
		{name: "no Starlark on the stack", java: []string{lib + "skyframe.AspectFunction.compute", lib + "skyframe.StarlarkAspectFactory.create"}},
		{name: "an action", java: []string{lib + "analysis.actions.FileWriteAction.computeKey", lib + "skyframe.ActionExecutionFunction.compute"},
			extra: func(e entry) bool { return e.Executing && e.Writing }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var java []console.JavaFrame
			for _, m := range test.java {
				java = append(java, console.JavaFrame{Method: m})
			}
			e := entryOf(java)
			if e.kind != test.kind || e.Depth != test.depth || test.extra != nil && !test.extra(e) {
				t.Errorf("%+v", e)
			}
		})
	}
}
