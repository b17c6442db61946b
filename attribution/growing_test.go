// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/join"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/bazel/trace"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/starlark"
)

// TestOneByOne holds a report that grew by one measurement after the other, in
// any order, to one that was concluded from all at once: they are equal to the
// last bit, in everything that is exported.
func TestOneByOne(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 11))
			all := randomSeries(r, ws, 12+r.IntN(30))
			opts := ConcludeOptions{Modified: func(string) time.Time { return time.Time{} }}
			want := Conclude(t.Context(), all, ws, opts)
			for range 2 {
				order := slices.Clone(all)
				r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
				grown := opts
				for n := 1; n <= len(order); n += 1 + r.IntN(3) {
					grown.Earlier = Conclude(t.Context(), order[:n], ws, grown)
				}
				same(t, Conclude(t.Context(), order, ws, grown), want)
				// Others go, and others come.
				for range 6 {
					r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
					some := order[:1+r.IntN(len(order))]
					grown.Earlier = Conclude(t.Context(), some, ws, grown)
					same(t, grown.Earlier, Conclude(t.Context(), some, ws, opts))
				}
			}
		})
	}
}

// TestGrowingLeavesTheOldReport: the evidence of a report that another has
// grown from is what it was.
func TestGrowingLeavesTheOldReport(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	all := randomSeries(rand.New(rand.NewPCG(5, 5)), ws, 30)
	unedited := func(string) time.Time { return time.Time{} }
	before := Conclude(t.Context(), all[:15], ws, ConcludeOptions{Modified: unedited})
	var group sync.WaitGroup
	for range 3 { // as in an editor, which shows the old one meanwhile
		group.Go(func() { Conclude(t.Context(), all, ws, ConcludeOptions{Modified: unedited, Earlier: before}) })
		group.Go(func() { judged(join.New(before.observed, ws, before.anchors, nil)) })
	}
	group.Wait()
	same(t, judged(join.New(aggregate.Derive(before.observed.Totals), ws, nil, func(string) bool { return false })), Conclude(t.Context(), all[:15], ws, ConcludeOptions{Modified: unedited}))
}

func same(t *testing.T, got, want *Report) {
	t.Helper()
	exported := cmp.FilterPath(func(p cmp.Path) bool {
		field, ok := p.Last().(cmp.StructField)
		return ok && field.Name() != "" && !isUpper(field.Name())
	}, cmp.Ignore())
	sources := cmp.Comparer(func(a, b *starlark.Definition) bool { return a == b })
	workspaces := cmp.Comparer(func(a, b *starlark.Workspace) bool { return a == b })
	number := cmp.Comparer(func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) })
	if diff := cmp.Diff(want, got, exported, sources, workspaces, number, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
		t.Fatalf("the grown report is another (-at once +grown):\n%.3000s", diff)
	}
}

func isUpper(name string) bool { return name[0] >= 'A' && name[0] <= 'Z' }

// randomSeries makes observations with every part that is added up: crashes
// and passes under several limits, stacks, samples, dumps, classes, packages.
func randomSeries(r *rand.Rand, ws *starlark.Workspace, n int) []*observe.Observation {
	var all []*observe.Observation
	for i := range n {
		o := randomTrace(r, fmt.Sprintf("run-%03d", i))
		o.Summary.Series = fmt.Sprint(r.IntN(2))
		o.Summary.MemoryLimitBytes = []int64{0, 150 << 20, 200 << 20, 300 << 20}[r.IntN(4)]
		o.Summary.Ended = time.Date(2026, 1, 2, 3, 0, r.IntN(40), 0, time.UTC)
		o.Workspace = ws.Root()
		o.ConfiguredComplete = r.IntN(8) > 0
		o.RuleClasses, o.Aspects = []string{"eater", "spin"}[:r.IntN(3)], []string{"//memory:eat.bzl%traverse"}[:r.IntN(2)]
		eat := filepath.Join(ws.Root(), "memory", "eat.bzl")
		samples := &observe.Samples{Total: 100 + r.Int64N(50), Functions: []observe.SampledFunction{
			{Name: "describe", File: eat, Flat: r.Int64N(50), Cum: 60, Lines: []observe.SampledLine{{Line: 2, Flat: r.Int64N(50)}}},
			{Name: "traverse_impl", File: eat, Flat: r.Int64N(50), Cum: 90, Lines: []observe.SampledLine{{Line: 5 + r.IntN(2), Flat: r.Int64N(50)}}},
		}}
		switch r.IntN(5) {
		case 0:
			o.CPU = samples
		case 1:
			o.Allocation = samples
		case 2:
			o.Retained = samples
			o.Fields = []observe.FieldFacts{{Provider: "struct", Field: "x", File: eat, Line: 5 + r.IntN(2), Bytes: r.Int64N(90), Instances: 2}}
		}
		o.Evaluations = []observe.Evaluations{{Function: "PACKAGE", Evaluated: 20 + r.Int64N(20), Built: 20}}[:r.IntN(2)]
		o.Warnings = []observe.Warning{{Path: o.Summary.Path, Message: fmt.Sprint("odd ", r.IntN(3))}}
		all = append(all, o)
	}
	return all
}

func randomTrace(r *rand.Rand, path string) *observe.Observation {
	known := []string{"_impl", "describe", "only_in_old", "traverse_impl", "elsewhere", "<toplevel>"}
	r.Shuffle(len(known), func(i, j int) { known[i], known[j] = known[j], known[i] })
	o := crashedAt(path, nil, known[:1+r.IntN(4)]...)
	t := o.Trace
	for _, name := range known[4:] {
		t.Functions = append(t.Functions, observe.Activity{Name: name, Calls: 1})
	}
	slices.SortFunc(t.Functions, func(a, b observe.Activity) int { return strings.Compare(a.Name, b.Name) })
	t.SelfMicros = 0
	for i := range t.Functions {
		f := &t.Functions[i]
		f.Calls += r.IntN(9)
		f.SelfMicros = r.Int64N(3_000_000)
		f.TotalMicros, f.ExclusiveMicros = f.SelfMicros+r.Int64N(9999), f.SelfMicros
		f.GC = observe.GCOverlap{Minor: r.IntN(9), Major: r.IntN(3), MinorPauseMicros: r.Int64N(90_000), Events: 10 * r.Float64(),
			SharedPauseMicros: 1e5 * r.Float64()}
		f.GC.SharedMajorMicros = f.GC.SharedPauseMicros * r.Float64()
		f.RestEvents, f.RestMicros, f.WriteMicros = 9*r.Float64(), 1e7*r.Float64(), r.Int64N(2000)
		f.Callers, f.CalledByOthers = []observe.Caller{{Name: known[r.IntN(6)], Calls: 1 + r.IntN(5)}, {Name: "elsewhere", Calls: 2}}, r.IntN(9)
		f.Targets = []string{fmt.Sprint("//p:t", r.IntN(5))}
		f.Kinds = []observe.CallKind{{Caller: known[r.IntN(6)], Around: observe.Surrounding(r.IntN(3)), Calls: 1 + r.IntN(3), SelfMicros: r.Int64N(90_000)},
			{Callees: []string{"describe", "str"}[:r.IntN(3)], Calls: 2, SelfMicros: 1000}}
		f.AtRestarts = []stats.Shifted{{Observed: r.IntN(9), Mean: r.Float64(), Variance: r.Float64(), Third: r.Float64()}, {Observed: 1, Mean: .1, Variance: .1, Third: .1}}
		t.SelfMicros += f.SelfMicros
	}
	t.GC = observe.GCFacts{GCTotals: trace.GCTotals{MinorPauseMicros: r.Int64N(1e6), MajorPauseMicros: r.Int64N(1e6)}, Dispersion: 1 + 3*r.Float64()}
	t.LastGCMicros = t.LastStarlarkMicros + r.Int64N(2_000_000)
	t.Blind = []trace.Blindness{trace.BlindShortCalls, trace.BlindSlim}[:r.IntN(3)]
	t.Restarting = []observe.Restarting{{Package: observe.AnyPackage, Times: 9}, {Package: fmt.Sprint("p", r.IntN(3)), Times: 2}}
	t.Endings[0].Chain[0].Builtin, t.Endings[0].Chain[0].BuiltinMicros = known[r.IntN(6)], 60_000
	t.Repositories = map[string]int{fmt.Sprint("//external:r", r.IntN(4)): 2 + r.IntN(3)}
	t.Packages = map[string]int{fmt.Sprint("p", r.IntN(4)): 2 + r.IntN(3)}
	inOnePhase(t, 0)
	if r.IntN(3) == 0 {
		t.StarlarkPhase, t.Phases[0].Name = "Build artifacts", "Build artifacts"
	}
	switch r.IntN(4) {
	case 0, 1:
		o.Crashes, o.Summary.Status = nil, measurement.OK
	case 2:
		o.Crashes[0].Threads = []observe.ThreadFacts{{Failed: true, Source: "console", Frames: observe.PrintedFrames([]console.StarlarkFrame{{Function: "describe", File: "memory/eat.bzl", Line: 2}})}}
	}
	return o
}

// TestGrowingTouchesWhatIsAdded: what one more observation does not speak of
// is not copied, and no file of those before is read again.
func TestGrowingTouchesWhatIsAdded(t *testing.T) {
	t.Parallel()
	var before []*observe.Observation
	for i := range 20 {
		before = append(before, passedBuild(fmt.Sprint("p", i), map[string]int64{"_impl": 1000, "describe": 2000, "only_in_old": 3000}))
	}
	old := Conclude(t.Context(), before, nil, ConcludeOptions{})
	more := passedBuild("q", map[string]int64{"describe": 500, "traverse_impl": 700})
	now := Conclude(t.Context(), append(before, more), nil, ConcludeOptions{Earlier: old})
	for name, shared := range map[string]bool{"_impl": true, "only_in_old": true, "describe": false, "traverse_impl": false} {
		if got := now.observed.Totals.Names[name] == old.observed.Totals.Names[name]; got != shared {
			t.Errorf("%s: shared %t", name, got)
		}
	}
	if n := now.observed.Totals.Names["describe"].Self; n != 20*2000+500 {
		t.Errorf("describe has %d us of own time", n)
	}
	if n := old.observed.Totals.Names["describe"].Self; n != 20*2000 {
		t.Errorf("in the old report describe has %d us", n)
	}
}

// TestOneInThePlaceOfAnother: where a series is loaded and one build after the
// other takes the place of the last, the series is not added up again, whatever
// was loaded first.
func TestOneInThePlaceOfAnother(t *testing.T) {
	t.Parallel()
	var series []*observe.Observation
	for i := range 20 {
		series = append(series, passedBuild(fmt.Sprint("p", i), map[string]int64{"_impl": 1000, "only_in_old": 3000}))
	}
	last := func(n int) *observe.Observation {
		return passedBuild(fmt.Sprint("last", n), map[string]int64{"describe": 500})
	}
	with := func(o *observe.Observation) []*observe.Observation {
		return append([]*observe.Observation{o}, series...)
	}
	opts := ConcludeOptions{}
	first := Conclude(t.Context(), []*observe.Observation{last(0)}, nil, opts)
	opts.Earlier = first
	opts.Earlier = Conclude(t.Context(), with(first.observed.Observations[0]), nil, opts)
	var kept *aggregate.NameTotals
	for n := 1; n < 5; n++ {
		opts.Earlier = Conclude(t.Context(), with(last(n)), nil, opts)
		now := opts.Earlier.observed.Totals.Names["_impl"]
		if n > 1 && now != kept { // the first has nothing to grow from
			t.Errorf("build %d: the series was added up again", n)
		}
		kept = now
		if got := len(opts.Earlier.Measurements); got != 21 {
			t.Errorf("%d measurements", got)
		}
	}
}
