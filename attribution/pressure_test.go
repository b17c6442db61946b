// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"testing"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
)

// TestStratified: under one limit nothing is known; under two, tables as one
// writes them down by hand.
func TestStratified(t *testing.T) {
	t.Parallel()
	build := func(limit int64, crashed, active bool) *observe.Observation {
		o := passedBuild("p", map[string]int64{"traverse_impl": 1_000_000, "only_in_old": 1_000_000})
		if crashed {
			o = crashedAt("c", nil, "only_in_old")
			if active {
				o = crashedAt("c", nil, "only_in_old", "traverse_impl")
			}
		}
		for i := range o.Trace.Functions {
			if f := &o.Trace.Functions[i]; f.Name == "traverse_impl" && active {
				f.EndedClose = 1
			}
		}
		o.Summary.MemoryLimitBytes = limit << 20
		return o
	}
	all := []*observe.Observation{
		build(100, true, true), build(100, true, true), build(100, false, false), build(100, false, true),
		build(200, true, true), build(200, false, false), build(200, false, false),
		build(300, false, true), // no crash under it: tells nothing
	}
	b := aggregate.New(all)
	want := stats.CMH([]stats.Fourfold{{A: 2, B: 0, C: 1, D: 1}, {A: 1, B: 0, C: 0, D: 2}})
	for i := range b.Names {
		n := &b.Names[i]
		got, ok := n.Stratified(b)
		if n.Name == "traverse_impl" && (!ok || got.ExactGreater != want.ExactGreater || got.ChiSquare != want.ChiSquare) {
			t.Errorf("exact p = %v, want %v", got.ExactGreater, want.ExactGreater)
		}
	}
	only := aggregate.New(all[7:])
	if _, ok := only.Names[0].Stratified(only); ok {
		t.Error("a limit without a crash is a stratum")
	}
}
