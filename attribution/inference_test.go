// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"fmt"
	"math"
	"testing"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/observe"
)

// The inferences about who was running where a crash records no end of it.

func TestWorkThatWasLeft(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	// At the crash only the innocent's call was recorded to end, 5 s before
	// the last collection; a build that passed has many of the other's.
	crashed := crashedAt("a", nil, "only_in_old")
	crashed.Trace.LastGCMicros = crashed.Trace.LastStarlarkMicros + 5_000_000
	passed := passedBuild("b", map[string]int64{"only_in_old": 500_000, "traverse_impl": 4_000_000})
	for i := range passed.Trace.Functions {
		if f := &passed.Trace.Functions[i]; f.Name == "traverse_impl" {
			f.Calls = 20
		}
	}
	r := conclude(t, ws, crashed, passed)
	if got := find(t, r, "traverse_impl", "memory/eat.bzl"); got.Score < 0.1 {
		t.Errorf("what had all the work left scores %.2f: %v", got.Score, names(r))
	}
	crashed.Trace.LastGCMicros = 0
	r = conclude(t, ws, crashed, passed)
	if got := find(t, r, "traverse_impl", "memory/eat.bzl"); got.Score > 0.1 {
		t.Errorf("without silence it scores %.2f", got.Score)
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	// copied is how much of 1 s of minor pauses is its own, in builds that pass.
	passing := func(n int, copied float64) (all []*observe.Observation) {
		for i := range n {
			o := passedBuild(fmt.Sprint("p", i), map[string]int64{"only_in_old": 4_000_000, "traverse_impl": 100_000, "describe": 500_000})
			o.Trace.GC.MinorPauseMicros = 1_000_000
			for k := range o.Trace.Functions {
				if f := &o.Trace.Functions[k]; f.Name == "traverse_impl" {
					f.GC.SharedPauseMicros = copied * 1_000_000
				}
			}
			all = append(all, o)
		}
		return all
	}
	crashing := func(n int) (all []*observe.Observation) {
		for i := range n {
			all = append(all, crashedAt(fmt.Sprint("c", i), nil, "traverse_impl"))
		}
		return all
	}
	for _, c := range []struct {
		crashes, passes int
		copied          float64
		want            Verdict
	}{
		{1, 0, .5, Possible}, // one crash names whose allocation was the last
		{1, 3, .5, Possible},
		{2, 3, .5, Likely},
		{3, 0, .5, Possible}, // nothing but the place where a build dies
		{5, 3, .5, Sure},
		{5, 3, .1, Possible}, // the same place each time, and not what fills the heap
	} {
		r := conclude(t, ws, append(crashing(c.crashes), passing(c.passes, c.copied)...)...)
		if s := r.Suspects[0]; s.Name != "traverse_impl" || s.Verdict != c.want {
			t.Errorf("%d crashes, %d passes: %s is %s, want %s (%.2f: %v)", c.crashes, c.passes, s.Name, s.Verdict, c.want, s.Score, s.Reasons)
		}
		if (len(r.Surer) == 0) != (c.want == Sure) {
			t.Errorf("%s: advice is %q", c.want, r.Surer)
		}
	}
}

func TestHelpersThatAreShared(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		callers []observe.Caller
		called  int
		want    bool
	}{
		{nil, 0, false},
		{[]observe.Caller{{Name: "a", Calls: 10}}, 10, false},                       // one decides
		{[]observe.Caller{{Name: "a", Calls: 9}, {Name: "b", Calls: 1}}, 10, false}, // nearly always
		{[]observe.Caller{{Name: "a", Calls: 5}, {Name: "b", Calls: 5}}, 10, true},
		{[]observe.Caller{{Name: "a", Calls: 2}, {Name: "b", Calls: 2}}, 4, false}, // Bazel calls it more often
	} {
		n := &aggregate.NameStatistics{NameTotals: &aggregate.NameTotals{PassedCalls: 10, Callers: c.callers, CalledByOthers: c.called}}
		if got := n.IsShared(); got != c.want {
			t.Errorf("called by %v: shared %v", c.callers, got)
		}
	}
}

// By the definition: the chance that a function with the share s of the time is
// among those active at a crash, against the test's own numbers.
func TestRepresentation(t *testing.T) {
	t.Parallel()
	b := aggregate.New([]*observe.Observation{
		crashedAt("a", nil, "traverse_impl", "describe"), crashedAt("b", nil, "traverse_impl"),
		passedBuild("p", map[string]int64{"traverse_impl": 1_000_000, "describe": 2_000_000, "_impl": 1_000_000}),
	})
	r := (*aggregate.Representation)(nil)
	for i := range b.Names {
		if b.Names[i].Name == "traverse_impl" {
			r = b.Names[i].Representation
		}
	}
	share := 1_100_000.0 / 4_300_000 // a close window is added to each of three
	two, one := 1-(1-share)*(1-share), share
	if r == nil || r.Observed != 2 || math.Abs(r.Expected-(two+one)) > 1e-9 || math.Abs(r.P-two*one) > 1e-9 {
		t.Errorf("%+v, want 2 observed, %.4f expected, p %.4f", r, two+one, two*one)
	}
}
