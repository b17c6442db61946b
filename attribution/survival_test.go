// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"math"
	"testing"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/internal/measurement"
)

// TestWhatSurvives compares with shares worked out by hand: 1,000 ms of minor
// pauses, of which the keeper has 500 of its own; a helper's ten calls of 60 ms
// were recorded for the 400 ms of pauses in them, and nine of ten calls of it
// come from the keeper, one from the spinner, which has 100 ms of its own.
func TestWhatSurvives(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	build := func(helperMicros int64) *observe.Observation {
		o := passedBuild("a", map[string]int64{"traverse_impl": 8_000_000, "only_in_old": 8_000_000, "describe": helperMicros})
		o.Trace.GC.MinorPauseMicros = 1_000_000
		for i := range o.Trace.Functions {
			f := &o.Trace.Functions[i]
			pause := map[string]int64{"traverse_impl": 500_000, "only_in_old": 100_000, "describe": 400_000}[f.Name]
			f.Calls = 10
			f.GC = observe.GCOverlap{Minor: 5, MinorPauseMicros: pause, SharedPauseMicros: float64(pause), Events: 5}
			if f.Name == "describe" {
				f.Callers = []observe.Caller{{Name: "traverse_impl", Calls: 9}, {Name: "only_in_old", Calls: 1}}
			}
		}
		return o
	}
	for _, c := range []struct {
		name                    string
		helper                  int64
		keeper, spinner, helped float64
	}{
		{"recorded for the pauses", 600_000, .86, .14, 0},
		{"recorded for their length", 2_000_000, .5, .1, .4},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := aggregate.New([]*observe.Observation{build(c.helper)})
			for i := range b.Names {
				n := &b.Names[i]
				want := map[string]float64{"traverse_impl": c.keeper, "only_in_old": c.spinner, "describe": c.helped}[n.Name]
				if got := survivalEvidence(n, 1, b).weight / weights.SurvivalCeiling; math.Abs(got-want) > 1e-9 {
					t.Errorf("%s has %.3f of what was copied, want %.2f", n.Name, got, want)
				}
			}
		})
	}
	// What was copied in a crash, where nothing is free, counts only without them.
	crashed := build(600_000)
	crashed.Summary.Status, crashed.Crashes = measurement.OutOfMemory, []observe.CrashFacts{{}}
	for _, c := range []struct {
		observations []*observe.Observation
		want         float64
	}{{[]*observe.Observation{build(600_000), crashed, crashed}, 1}, {[]*observe.Observation{crashed, crashed}, 2}} {
		if got := float64(aggregate.New(c.observations).CopyPause) / 1e6; got != c.want {
			t.Errorf("%v s of pauses count, want %v", got, c.want)
		}
	}
	// It is evidence against a function in the builds that passed alone.
	r := conclude(t, ws, crashedAt("b", nil, "only_in_old"), build(600_000))
	if got := find(t, r, "traverse_impl", "memory/eat.bzl"); got.Score < weights.SurvivalCeiling*.8 {
		t.Errorf("the keeper scores %.2f: %v", got.Score, names(r))
	}
}
