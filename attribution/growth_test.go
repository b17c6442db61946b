// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution/observe"
)

// TestGrowthAndCost: a function whose time, calls, collections and bytes grow
// in known ways as the limit falls, beside one that does not.
func TestGrowthAndCost(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	var all []*observe.Observation
	for i, limit := range []int64{100, 100, 100, 200, 200, 400, 400, 400} {
		times := 400 / limit
		noise := int64(i%3-1) * 10_000
		o := passedBuild(fmt.Sprint(i), map[string]int64{"describe": 1_000_000*times + noise, "only_in_old": 700_000 + noise})
		o.Summary.MemoryLimitBytes = limit << 20
		for f := range o.Trace.Functions {
			if a := &o.Trace.Functions[f]; a.Name == "describe" {
				a.Calls = int(10 * times * times)
				a.GC.MinorPauseMicros = a.SelfMicros * times / 100
			}
		}
		all = append(all, o)
		crash := crashedAt(fmt.Sprint("c", i), nil, "describe")
		crash.Summary.MemoryLimitBytes = limit << 20
		crash.Retained = &observe.Samples{Total: 3 << 20, Functions: []observe.SampledFunction{
			{Name: "describe", File: "memory/eat.bzl", Flat: 1 << 20 / times, Cum: 1 << 20 / times, Lines: []observe.SampledLine{{Line: 1, Flat: 1 << 20 / times}}}}}
		all = append(all, crash)
	}
	r := conclude(t, ws, all...)
	s := find(t, r, "describe", "memory/eat.bzl")
	e := s.Evidence
	for id, want := range map[string]float64{"growth": 2, "calls_growth": 4, "gc_growth": 2, "retained_growth": .5} {
		if v, known := e.Of(MeasureOf(id)); !known {
			t.Errorf("%s is not known", id)
		} else if math.Abs(v.Number-want) > .02*want || v.Low > v.Number || v.High < v.Number || v.High-v.Low > .2 {
			t.Errorf("%s: %v-fold (%v to %v), want %v", id, v.Number, v.Low, v.High, want)
		}
	}
	// Means of 4 s and 1 s, each of three builds with a variance of 1e8.
	half := 2.7764 * math.Sqrt(2e8/3) // Student's, 4 degrees of freedom
	cost := MeasureOf("cost_micros")
	if c, known := e.Of(cost); !known || math.Abs(c.Number-3e6) > 11_000 || math.Abs(c.High-c.Low-2*half) > half/2 {
		t.Errorf("cost %v", c)
	}
	said := strings.Join(s.Reasons, "\n")
	if !strings.Contains(said, "more in it than one at 400 MiB") {
		t.Errorf("reasons are %s", said)
	}
	other := find(t, r, "only_in_old", "unused/old.bzl").Evidence
	if c, known := other.Of(cost); !known || c.Low > 0 || c.High < 0 {
		t.Errorf("the other costs %v", c)
	}
}

// TestCostNeedsBuilds: of one build under a limit nothing is known, and builds
// that do not show the function count as nothing.
func TestCostNeedsBuilds(t *testing.T) {
	t.Parallel()
	build := func(path string, limit, micros int64) *observe.Observation {
		names := map[string]int64{"only_in_old": 5}
		if micros > 0 {
			names["describe"] = micros
		}
		o := passedBuild(path, names)
		o.Summary.MemoryLimitBytes = limit << 20
		return o
	}
	few := []*observe.Observation{build("a", 100, 3e6), build("b", 200, 1e6), build("c", 200, 1e6)}
	cost := MeasureOf("cost_micros")
	if c, known := find(t, conclude(t, nil, few...), "describe", "").Evidence.Of(cost); known {
		t.Errorf("from one build under 100m: %v", c)
	}
	absent := []*observe.Observation{build("a", 100, 3e6), build("b", 100, 1e6), build("c", 200, 0), build("d", 200, 0)}
	if c, known := find(t, conclude(t, nil, absent...), "describe", "").Evidence.Of(cost); !known || c.Number != 2e6 {
		t.Errorf("beside builds without it: %v", c)
	}
}
