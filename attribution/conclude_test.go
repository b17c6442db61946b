// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/join"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/starlark"
)

func conclude(t testing.TB, ws *starlark.Workspace, observations ...*observe.Observation) *Report {
	t.Helper()
	return Conclude(context.Background(), observations, ws, ConcludeOptions{})
}

func TestTheInnermostFunctionOfTheStackIsFirst(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	eat := ws.Root() + "/memory/eat.bzl"
	r := conclude(t, ws, stacked("a",
		console.StarlarkFrame{Function: "str", File: "<builtin>"},
		console.StarlarkFrame{Function: "describe", File: eat, Line: 2},
		console.StarlarkFrame{Function: "traverse_impl", File: eat, Line: 5},
	))
	if got, want := names(r), []string{"describe@memory/eat.bzl", "traverse_impl@memory/eat.bzl"}; !slices.Equal(got, want) {
		t.Fatalf("suspects %v, want %v", got, want)
	}
	if r.Suspects[0].Score <= r.Suspects[1].Score {
		t.Errorf("the callee weighs %.3f, its caller %.3f", r.Suspects[0].Score, r.Suspects[1].Score)
	}
	c := r.Crashes[0]
	if c.Inferred != nil {
		t.Errorf("a crash with a stack has an inferred definition: %s", c.InferredWhy)
	}
	if c.TargetDefinition == nil || ws.Rel(c.TargetDefinition.File) != "memory/BUILD" {
		t.Errorf("target %+v", c.TargetDefinition)
	}
	if f := c.Threads[0].Frames[1]; f.Definition == nil || f.SourceLine != 2 || f.Stale {
		t.Errorf("frame %+v", f)
	}
	if got := numberOf(t, r.Suspects[0].Evidence, CrashFrames); got != 1 {
		t.Errorf("%v crash frames", got)
	}
	if lines := r.Suspects[0].Lines; len(lines) != 1 || lines[0].Line != 2 || lines[0].CrashFrames != 1 {
		t.Errorf("lines %+v", lines)
	}
}

// The stack that failed weighs more than what else was running.
func TestAStackOutweighsActivity(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	o := crashedAt("a", nil, "only_in_old", "traverse_impl")
	o.Crashes[0].Threads = []observe.ThreadFacts{{Failed: true, Source: "console",
		Frames: observe.PrintedFrames([]console.StarlarkFrame{{Function: "describe", File: ws.Root() + "/memory/eat.bzl", Line: 2}})}}
	r := conclude(t, ws, o)
	if r.Suspects[0].Name != "describe" {
		t.Fatalf("first is %v", names(r))
	}
	for _, s := range r.Suspects[1:] {
		if s.Score > 0.1 {
			t.Errorf("%s has %.2f from activity at a crash whose stack is known: %v", s.Name, s.Score, s.Reasons)
		}
	}
}

func TestActivityNamesTheLastToEnd(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	r := conclude(t, ws, crashedAt("a", nil, "describe", "only_in_old"))
	if r.Suspects[0].Name != "describe" {
		t.Fatalf("first is %v", names(r))
	}
	c := r.Crashes[0]
	if c.Inferred == nil || c.Inferred.Name != "describe" || c.Inferred.Definition == nil || c.InferredWhy == "" {
		t.Fatalf("inferred %+v because %q", c.Inferred, c.InferredWhy)
	}
}

// Bazel 4.2.3: an innocent rule ended last, 2 ms after the aspect that failed.
// The Java frames say that an aspect's implementation was running.
func TestJavaFramesOutweighTheOrderOfEnds(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	aspect := []console.JavaFrame{
		{Method: "net.starlark.java.eval.StarlarkFunction.fastcall"},
		{Method: "com.google.devtools.build.lib.skyframe.StarlarkAspectFactory.create"},
	}
	without := conclude(t, ws, crashedAt("a", nil, "_impl", "traverse_impl"))
	if without.Suspects[0].Name != "_impl" {
		t.Fatalf("without Java frames: %v", names(without))
	}
	with := conclude(t, ws, crashedAt("a", aspect, "_impl", "traverse_impl"))
	if with.Suspects[0].Name != "traverse_impl" || with.Crashes[0].Inferred.Name != "traverse_impl" {
		t.Fatalf("with Java frames: %v", names(with))
	}
}

// A call chain that ended together: what the Java frames say of the depth
// tells which of its functions can have been on the stack.
func TestDepthOfTheJavaStack(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	o := crashedAt("a", []console.JavaFrame{
		{Method: "net.starlark.java.eval.StarlarkFunction.fastcall"},
		{Method: "com.google.devtools.build.lib.skyframe.StarlarkAspectFactory.create"},
	}, "traverse_impl", "describe")
	end := o.Trace.Endings[0].EndMicros()
	o.Trace.Endings = []observe.Ending{{Thread: "e", Chain: []observe.EndedCall{
		{Name: "describe", EndMicros: end - 1000, SelfMicros: 6000},
		{Name: "traverse_impl", EndMicros: end, SelfMicros: 3000},
	}}}
	if r := conclude(t, ws, o); r.Suspects[0].Name != "traverse_impl" {
		t.Errorf("one function on the stack: %v", names(r))
	}
	o.Crashes[0].Java = append([]console.JavaFrame{{Method: "net.starlark.java.eval.StarlarkFunction.fastcall"}}, o.Crashes[0].Java...)
	if r := conclude(t, ws, o); r.Suspects[0].Name != "describe" {
		t.Errorf("two functions on the stack: %v", names(r))
	}
}

func TestSameNamesStayApart(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	memory, cpu := ws.Root()+"/memory/eat.bzl", ws.Root()+"/cpu/spin.bzl"
	r := conclude(t, ws,
		stacked("a", console.StarlarkFrame{Function: "_impl", File: memory, Line: 12}),
		stacked("b", console.StarlarkFrame{Function: "_impl", File: cpu, Line: 4}),
		stacked("c", console.StarlarkFrame{Function: "_impl", File: cpu, Line: 4}),
	)
	if got := numberOf(t, find(t, r, "_impl", "cpu/spin.bzl").Evidence, CrashFrames); got != 2 {
		t.Errorf("cpu: %v crash frames, want 2", got)
	}
	if got := numberOf(t, find(t, r, "_impl", "memory/eat.bzl").Evidence, CrashFrames); got != 1 {
		t.Errorf("memory: %v crash frames, want 1", got)
	}
	if len(r.Suspects) != 2 {
		t.Errorf("suspects %v", names(r))
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	cpuSamples := func(root string) *observe.Samples {
		return &observe.Samples{Total: 100, Functions: []observe.SampledFunction{
			{Name: "_impl", File: root + "/cpu/spin.bzl", Flat: 100, Cum: 100, Lines: []observe.SampledLine{{Line: 4, Flat: 100}}}}}
	}
	tests := []struct {
		name       string
		function   string
		change     func(o *observe.Observation, root string)
		want       string // relative file, "" for an open question
		candidates int
	}{
		{name: "only one", function: "describe", want: "memory/eat.bzl"},
		{name: "no such function", function: "nowhere"},
		{name: "the other is not loaded", function: "traverse_impl", want: "memory/eat.bzl"},
		{name: "not loaded, but the only one", function: "only_in_old", want: "unused/old.bzl"},
		{name: "open", function: "_impl", candidates: 2},
		{name: "samples name the file", function: "_impl", want: "cpu/spin.bzl",
			change: func(o *observe.Observation, root string) { o.CPU = cpuSamples(root) }},
		{name: "only one rule was configured", function: "_impl", want: "memory/eat.bzl",
			change: func(o *observe.Observation, _ string) {
				o.RuleClasses, o.ConfiguredComplete = []string{"eater"}, true
			}},
		{name: "incomplete build events make it likelier", function: "_impl", want: "memory/eat.bzl",
			change: func(o *observe.Observation, _ string) { o.RuleClasses = []string{"eater"} }},
		{name: "incomplete build events exclude nothing", function: "_impl", candidates: 2,
			change: func(o *observe.Observation, _ string) { o.RuleClasses = []string{"other"} }},
		{name: "the target it was called for", function: "_impl", want: "cpu/spin.bzl",
			change: func(o *observe.Observation, _ string) { o.Trace.Functions[0].Targets = []string{"//cpu:a"} }},
		{name: "both rules were configured", function: "_impl", candidates: 2,
			change: func(o *observe.Observation, _ string) {
				o.RuleClasses, o.ConfiguredComplete = []string{"eater", "spin"}, true
			}},
	}
	ws := workspace(t, nil)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := crashedAt("a", nil, test.function)
			if test.change != nil {
				test.change(o, ws.Root())
			}
			s := find(t, conclude(t, ws, o), test.function, test.want)
			if len(s.Candidates) != test.candidates {
				t.Errorf("%d candidates, want %d", len(s.Candidates), test.candidates)
			}
			if test.candidates > 0 && !slices.ContainsFunc(s.Blind, func(b string) bool { return strings.Contains(b, "functions have this name") }) {
				t.Errorf("an open question is not told: %v", s.Blind)
			}
		})
	}
}

// Samples and trace of one resolved function are one suspect; where the name
// is open they are kept apart.
func TestTraceAndPlacesOfAnOpenName(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	o := crashedAt("a", nil, "_impl")
	both := &observe.Samples{Total: 100}
	for _, file := range []string{"/cpu/spin.bzl", "/memory/eat.bzl"} {
		line := 4
		if file == "/memory/eat.bzl" {
			line = 12
		}
		both.Functions = append(both.Functions, observe.SampledFunction{Name: "_impl", File: ws.Root() + file, Flat: 50, Cum: 60, Lines: []observe.SampledLine{{Line: line, Flat: 50}}})
	}
	o.CPU = both
	r := conclude(t, ws, o)
	if len(r.Suspects) != 3 {
		t.Fatalf("suspects %v, want the open name and two places", names(r))
	}
	open := find(t, r, "_impl", "")
	if open.Evidence.Knows(CPUMicros) || !open.Evidence.Knows(Calls) {
		t.Errorf("the open name has the samples of a place: %+v", open.Evidence)
	}
	if placed := find(t, r, "_impl", "cpu/spin.bzl"); numberOf(t, placed.Evidence, CPUMicros) != 50 || placed.Evidence.Knows(Calls) {
		t.Errorf("the place has the calls of the open name: %+v", placed.Evidence)
	}
}

// An aspect that the Skyframe key names points at its implementation, also in
// the execution phase.
func TestTheKeyNamesTheAspect(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	o := &observe.Observation{Summary: observe.Summary{Path: "a"}, Crashes: []observe.CrashFacts{{
		Cause: console.InternalError, Aspect: "//memory:eat.bzl%traverse", Target: "//memory:memory", Source: "console",
	}}}
	r := conclude(t, ws, o)
	if len(r.Suspects) == 0 || r.Suspects[0].Name != "traverse_impl" || ws.Rel(r.Suspects[0].Definition.File) != "memory/eat.bzl" {
		t.Fatalf("suspects %v", names(r))
	}
	if c := r.Crashes[0]; c.Inferred == nil || !strings.Contains(c.InferredWhy, "aspect traverse") {
		t.Errorf("inferred %+v because %q", c.Inferred, c.InferredWhy)
	}
}

// Length bias: a function that runs most of the time is found running at a
// crash most of the time. Over many crashes it must fall behind one that is
// there more often than its time explains.
func TestALongRunningInnocentFallsBehind(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	var all []*observe.Observation
	for i := range 8 {
		path := string(rune('a' + i))
		if i%2 == 0 {
			all = append(all, crashedAt(path, nil, "traverse_impl", "only_in_old"))
		} else {
			all = append(all, crashedAt(path, nil, "only_in_old", "traverse_impl"))
		}
	}
	for i := range 4 {
		all = append(all, passedBuild(string(rune('p'+i)), map[string]int64{"only_in_old": 4_000_000, "traverse_impl": 100_000}))
	}
	r := conclude(t, ws, all...)
	if r.Suspects[0].Name != "traverse_impl" {
		t.Fatalf("first is %v", names(r))
	}
	innocent := find(t, r, "only_in_old", "unused/old.bzl")
	if over := numberOf(t, innocent.Evidence, Overrepresentation); over > 1.3 {
		t.Errorf("the innocent is over-represented %.2f times", over)
	}
	if over := numberOf(t, r.Suspects[0].Evidence, Overrepresentation); over < 5 {
		t.Errorf("the guilty is over-represented %.2f times", over)
	}
}

func TestGCRateRatio(t *testing.T) {
	t.Parallel()
	// 20 of 26 collections in 2 s of own time; 6 in the other 12 s, over 2 builds.
	with := func(events, micros, restEvents, restMicros, dispersion float64) *aggregate.NameStatistics {
		n := &aggregate.NameStatistics{NameTotals: &aggregate.NameTotals{Exclusive: int64(2 * micros), Minor: int(2 * events)}, Collections: 2 * events}
		n.Rates.Add(events, micros, restEvents, restMicros, dispersion)
		n.Rates.Add(events, micros, restEvents, restMicros, dispersion)
		n.GCRatio = n.Rates.Rate()
		return n
	}
	n := with(10, 1_000_000, 3, 6_000_000, 1)
	if got, ok := n.GCRate(); !ok || math.Abs(got.Ratio-(20.5/2)/(6.5/12)) > 1e-9 {
		t.Errorf("ratio %v %v, want %v", got.Ratio, ok, (20.5/2)/(6.5/12))
	}
	if got := gcEvidence(n); got.weight <= 0 || !strings.Contains(got.reason, "95 %") {
		t.Errorf("ten collections a second: %+v", got)
	}
	for what, few := range map[string]*aggregate.NameStatistics{
		"one collection in 50 ms":          with(.5, 25_000, 2.5, 4_500_000, 1),
		"collections that come in bursts":  with(10, 1_000_000, 3, 6_000_000, 40),
		"as many as in the rest, per time": with(10, 1_000_000, 60, 6_000_000, 1),
	} {
		if f := gcEvidence(few); f.weight != 0 {
			t.Errorf("%s: weighs %.2f: %s", what, f.weight, f.reason)
		}
	}
	var none *aggregate.NameStatistics
	if f := gcEvidence(none); f.weight != 0 || f.reason != "" {
		t.Errorf("no trace: %+v", f)
	}
}

func TestTheOrderOfMeasurementsDoesNotMatter(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	eat := ws.Root() + "/memory/eat.bzl"
	all := []*observe.Observation{
		crashedAt("s/1", nil, "traverse_impl", "_impl"),
		crashedAt("s/2", nil, "_impl", "describe"),
		stacked("s/3", console.StarlarkFrame{Function: "describe", File: eat, Line: 2}),
		passedBuild("s/4", map[string]int64{"_impl": 1000, "traverse_impl": 500}),
		{Summary: observe.Summary{Path: "s/5"}, Warnings: []observe.Warning{{Path: "s/5/profile.gz", Message: "cut"}}},
	}
	want := conclude(t, ws, all...)
	r := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		got := conclude(t, ws, all...)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Report{}, join.Frame{}, starlark.Workspace{}), cmpopts.IgnoreFields(Report{}, "Workspace"), cmp.Comparer(func(a, b *Measure) bool { return a == b }), cmp.Comparer(func(a, b *starlark.Definition) bool {
			return a == nil && b == nil || a != nil && b != nil && join.DefinitionKey(a) == join.DefinitionKey(b)
		})); diff != "" {
			t.Fatal(diff)
		}
	}
}

// What two sets of measurements say of calls and time adds up.
func TestEvidenceIsAdditive(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	a := crashedAt("a", nil, "traverse_impl", "_impl")
	b := crashedAt("b", nil, "traverse_impl", "describe")
	one, two, both := conclude(t, ws, a), conclude(t, ws, b), conclude(t, ws, a, b)
	for _, s := range both.Suspects {
		var calls, active, self float64
		for _, r := range []*Report{one, two} {
			for _, x := range r.Suspects {
				if x.Name == s.Name {
					calls += numberOf(t, x.Evidence, Calls)
					active += numberOf(t, x.Evidence, ActiveAtCrash)
					self += numberOf(t, x.Evidence, SelfMicros)
				}
			}
		}
		if calls != numberOf(t, s.Evidence, Calls) || self != numberOf(t, s.Evidence, SelfMicros) || active != numberOf(t, s.Evidence, ActiveAtCrash) {
			t.Errorf("%s: %v calls, %v us, %v active; the parts add up to %v, %v, %v",
				s.Name, numberOf(t, s.Evidence, Calls), numberOf(t, s.Evidence, SelfMicros), numberOf(t, s.Evidence, ActiveAtCrash), calls, self, active)
		}
	}
}

func TestScoreIsMonotoneAndBounded(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 7))
	for range 1000 {
		findings := make([]reason, 1+r.IntN(8))
		for i := range findings {
			findings[i].weight = r.Float64()*1.2 - 0.1
		}
		before, _, _, _ := weigh(slices.Clone(findings))
		k := r.IntN(len(findings))
		findings[k].weight += r.Float64()
		after, _, _, _ := weigh(slices.Clone(findings))
		if before < 0 || after > 1 || after < before {
			t.Fatalf("score %v, after more weight %v", before, after)
		}
	}
}
