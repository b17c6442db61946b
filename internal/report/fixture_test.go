// SPDX-License-Identifier: Apache-2.0

package report

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/join"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/starlark"
)

var update = flag.Bool("update", false, "write the golden files anew")

const root = "/src/project"

func ptr[T any](v T) *T { return &v }

func at(line, column int) starlark.Position { return starlark.Position{Line: line, Column: column} }

const eatSource = `"""Eats."""

def helper(target):
	return str(target)

def traverse_impl(target, ctx):
    below = []
    joined = helper(target)
    for _ in range(6):
        joined += joined
    ctx.actions.write(ctx.outputs.out, joined)
    return []
`

func readFile(path string) ([]byte, error) {
	if path == root+"/memory/eat.bzl" {
		return []byte(eatSource), nil
	}
	return nil, os.ErrNotExist
}

func options() Options { return Options{Root: root, ReadFile: readFile, Previews: true} }

// whole asks for every part of the text at its full length.
func whole() Options {
	o := options()
	o.Full = true
	return o
}

// evidence puts values into the order of the table, as a report has them.
func evidence(values ...attribution.Value) attribution.Evidence {
	table := attribution.Measures()
	slices.SortStableFunc(values, func(a, b attribution.Value) int {
		return slices.Index(table, a.Measure) - slices.Index(table, b.Measure)
	})
	return values
}

// is is the value of a measure that has no name outside the table.
func is(id string, n float64) attribution.Value { return attribution.MeasureOf(id).Is(n) }

// sample is a report that has one of everything.
func sample() *attribution.Report {
	aspect := &starlark.Definition{Name: "traverse", Kind: starlark.Aspect, File: root + "/memory/eat.bzl",
		Range: starlark.Range{Start: at(14, 1), End: at(14, 60)}, NameRange: starlark.Range{Start: at(14, 1), End: at(14, 9)}}
	traverse := &starlark.Definition{Name: "traverse_impl", Kind: starlark.Function, File: root + "/memory/eat.bzl",
		Range: starlark.Range{Start: at(6, 1), End: at(12, 14)}, NameRange: starlark.Range{Start: at(6, 5), End: at(6, 18)},
		Uses: []*starlark.Definition{aspect}}
	target := &starlark.Definition{Name: "//cpu:lock_19", Kind: starlark.Target, File: root + "/cpu/BUILD",
		Range: starlark.Range{Start: at(40, 1), End: at(43, 2)}, NameRange: starlark.Range{Start: at(41, 12), End: at(41, 21)}}
	impl := func(file string, line int) *starlark.Definition {
		return &starlark.Definition{Name: "_impl", Kind: starlark.Function, File: root + file,
			Range: starlark.Range{Start: at(line, 1), End: at(line+3, 1)}, NameRange: starlark.Range{Start: at(line, 5), End: at(line, 10)}}
	}
	locals := []observe.Local{{Name: "joined", Type: "string", Length: ptr(int64(3_800_000)), ShallowBytes: 24, RetainedBytes: ptr(int64(3_800_056)), Preview: "secret-token|x"}}
	eater := attribution.Suspect{
		Rank: 1, Name: "traverse_impl", Definition: traverse, Score: 0.97123456, Verdict: attribution.Sure,
		Evidence: evidence(
			attribution.Crashes.Is(3), attribution.CrashFrames.Is(1), attribution.ActiveAtCrash.Is(2), is("last_on_thread", 2),
			is("window_close", 3), is("window_medium", 8), is("window_far", 20), attribution.Overrepresentation.Is(6.3).Within(2.2, 9.1), attribution.ExpectedActive.Is(.24), is("p_value", .0001), attribution.QValue.Is(.002),
			is("stratified_odds", 6.5).Within(1.2, 34), is("stratified_p", .04), is("survival_share", .62),
			attribution.GCRateRatio.Is(2.1).Within(1.3, 3.4), attribution.GCEvents.Is(47), is("major_gc_events", 7), attribution.GCPauseMicros.Is(291_000),
			attribution.Calls.Is(99), is("total_micros", 1_470_000), attribution.SelfMicros.Is(1_400_000),
			attribution.AllocatedBytes.Is(0), is("allocated_cumulative_bytes", 262_144), attribution.RetainedBytes.Is(100<<20), attribution.CPUMicros.Is(60_000),
		),
		Lines:   []attribution.LineEvidence{{Line: 8, CPUMicros: 20_000}, {Line: 11, CrashFrames: 1, AllocatedBytes: 262_144, CPUMicros: 40_000, Locals: locals}},
		Reasons: []string{"on the failing stack in 1 of 1 crash that left a Starlark stack, innermost in 1", "47 garbage collections (7 major) in its 1.4 s of own time, 2.1 times the rate over the rest of the same phases (95 %: 1.3 to 3.4)"},
		Weights: []float64{0.95, 0.18},
		Blind:   []string{"calls under 50 ms are not recorded; build with --record_full_profiler_data to see them"},
	}
	open := attribution.Suspect{
		Rank: 2, Name: "_impl", Candidates: []*starlark.Definition{impl("/cpu/other.bzl", 1), impl("/cpu/spin.bzl", 11)}, Score: 0.17, Verdict: attribution.Possible,
		Evidence: evidence(attribution.Crashes.Is(3), attribution.ActiveAtCrash.Is(0), attribution.Calls.Is(4), attribution.SelfMicros.Is(870)),
		Reasons:  []string{"4 recorded calls, 870 us of own time of 13 s of recorded Starlark"}, Weights: []float64{0.001},
	}
	outside := attribution.Suspect{
		Rank: 3, Name: "download", PrintedFile: "/home/user/.cache/bazel/external/rules_x/a.bzl", Score: 0.01, Stale: true,
		Evidence: evidence(attribution.CPUMicros.Is(10_000)),
	}
	frames := []attribution.Frame{
		{Function: "write", File: "<builtin>"},
		{Function: "traverse_impl", File: "/ci/build/memory/eat.bzl", Line: 11, Column: 5, Source: root + "/memory/eat.bzl", SourceLine: 11, Definition: traverse, Mapped: "longest path suffix", Locals: locals},
		{Function: "outer", File: "/ci/build/gone.bzl", Line: 3},
	}
	return &attribution.Report{
		Surer:     []string{"get a heap dump of a crash, which shows what holds the memory: start Bazel with --host_jvm_args=-XX:+HeapDumpOnOutOfMemoryError, then give the .hprof file to report"},
		Restarted: []aggregate.RestartedPackage{{Package: "cpu", Builds: 2, Extra: 3}},
		Refetched: []aggregate.RestartedRepository{{Repository: "//external:schema", Builds: 1, Extra: 2}},
		Reevaluated: []aggregate.ReevaluatedValues{
			{Evaluations: observe.Evaluations{Function: "CONFIGURED_TARGET", Evaluated: 900, Built: 600, Dirtied: 1}, Builds: 6, Ratio: &stats.Change{Ratio: 9, Low: 7.5, High: 10.8}},
			{Evaluations: observe.Evaluations{Function: "PACKAGE", Evaluated: 40, Built: 20}, Builds: 1},
		},
		Concurrent: []aggregate.ConcurrentRestart{
			{Function: "traverse_impl", Package: observe.AnyPackage, Observed: 9, Restarts: 12, Expected: 2.13, QValue: 0.0021},
			{Function: "traverse_impl", Package: "cpu", Observed: 3, Restarts: 3, Expected: 0.5, QValue: 0.031},
		},
		Measurements: []observe.Summary{
			{Path: root + "/m/150m-1", Series: root + "/m", MemoryLimitBytes: 150 << 20, Run: "1", Status: measurement.OutOfMemory, GCCount: 79, GCKnown: true, Utilisation: ptr(.03), ThrashingMicros: ptr(int64(3_200_000)), DurationMicros: 5_468_123, Ended: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), Warnings: []string{"the profile is cut"}},
			{Path: "/elsewhere/console", Status: measurement.ServerDied, Older: true},
			{Path: root + "/m/800m-1", Series: root + "/m", MemoryLimitBytes: 800 << 20, Run: "1", Status: measurement.OK, GCCount: 0, GCKnown: true, DurationMicros: 4_000_000},
		},
		Suspects: []attribution.Suspect{eater, open, outside},
		Crashes: []attribution.Crash{
			{Crash: join.Crash{Path: root + "/m/150m-1", Cause: console.JavaHeapSpace, Message: "Java heap space", Time: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
				Target: "//cpu:lock_19", TargetDefinition: target,
				Threads: []attribution.Thread{{Failed: true, Source: "console", Frames: frames, Statement: "in a call of write"}}}},
			{Crash: join.Crash{Path: root + "/m/150m-2", Cause: console.GCOverhead}, Inferred: &eater, InferredWhy: "no Starlark stack was printed; its call was the last to end, 8 ms before the profile's last event"},
			{Crash: join.Crash{Path: root + "/m/150m-3", Cause: console.Unknown}, Inferred: &open, InferredWhy: "no Starlark stack was printed"},
			{Crash: join.Crash{Path: "/elsewhere/console", Cause: console.ServerDied, Older: true}},
			{Crash: join.Crash{Path: root + "/m/150m-4", Cause: console.JavaHeapSpace, Threads: []attribution.Thread{
				{Name: "skyframe-evaluator-1", Failed: true, Source: "heap_dump", Frames: []attribution.Frame{frames[0], frames[1]}},
				{Name: "skyframe-evaluator-2", Source: "heap_dump", Frames: []attribution.Frame{frames[2]}}}}},
		},
		Warnings: []observe.Warning{
			{Path: root + "/m/150m-1/profile.gz", Message: "10 bytes: the server died before anything was written; the console is used instead"},
			{Message: "the profile has no memory counters (3 measurements)"},
		},
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (write it anew with -update):\n%s", path, got)
	}
}
