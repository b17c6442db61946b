package attribution

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// TestGrowthAndCost: a function whose time, calls, collections and bytes grow
// in known ways as the limit falls, beside one that does not.
func TestGrowthAndCost(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	var all []*Observation
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
		crash.Retained = &Samples{Total: 3 << 20, Functions: []SampledFunction{
			{Name: "describe", File: "memory/eat.bzl", Flat: 1 << 20 / times, Cum: 1 << 20 / times, Lines: []SampledLine{{Line: 1, Flat: 1 << 20 / times}}}}}
		all = append(all, crash)
	}
	r := conclude(t, ws, all...)
	s := find(t, r, "describe", "memory/eat.bzl")
	e := s.Evidence
	for _, c := range []struct {
		what           string
		got, low, high *float64
		want           float64
	}{
		{"time", e.Growth, e.GrowthLow, e.GrowthHigh, 2},
		{"calls", e.CallsGrowth, e.CallsGrowthLow, e.CallsGrowthHigh, 4},
		{"share in collections", e.GCGrowth, e.GCGrowthLow, e.GCGrowthHigh, 2},
		{"bytes", e.RetainedGrowth, e.RetainedGrowthLow, e.RetainedGrowthHigh, .5},
	} {
		if c.got == nil {
			t.Errorf("it is not known how %s grow", c.what)
		} else if math.Abs(*c.got-c.want) > .02*c.want || *c.low > *c.got || *c.high < *c.got || *c.high-*c.low > .2 {
			t.Errorf("%s: %v-fold (%v to %v), want %v", c.what, *c.got, *c.low, *c.high, c.want)
		}
	}
	// Means of 4 s and 1 s, each of three builds with a variance of 1e8.
	half := 2.7764 * math.Sqrt(2e8/3) // Student's, 4 degrees of freedom
	if e.CostMicros == nil || math.Abs(*e.CostMicros-3e6) > 11_000 || math.Abs(*e.CostMicrosHigh-*e.CostMicrosLow-2*half) > half/2 {
		t.Errorf("cost %v", e.CostMicros)
	}
	said := strings.Join(s.Reasons, "\n")
	if !strings.Contains(said, "a build under 100m beyond that under 400m") {
		t.Errorf("reasons are %s", said)
	}
	other := find(t, r, "only_in_old", "unused/old.bzl").Evidence
	if other.CostMicros == nil || *other.CostMicrosLow > 0 || *other.CostMicrosHigh < 0 {
		t.Errorf("the other costs %v", other.CostMicros)
	}
}

// TestCostNeedsBuilds: of one build under a limit nothing is known, and builds
// that do not show the function count as nothing.
func TestCostNeedsBuilds(t *testing.T) {
	t.Parallel()
	build := func(path string, limit, micros int64) *Observation {
		names := map[string]int64{"only_in_old": 5}
		if micros > 0 {
			names["describe"] = micros
		}
		o := passedBuild(path, names)
		o.Summary.MemoryLimitBytes = limit << 20
		return o
	}
	few := []*Observation{build("a", 100, 3e6), build("b", 200, 1e6), build("c", 200, 1e6)}
	if e := find(t, conclude(t, nil, few...), "describe", "").Evidence; e.CostMicros != nil {
		t.Errorf("from one build under 100m: %v", *e.CostMicros)
	}
	absent := []*Observation{build("a", 100, 3e6), build("b", 100, 1e6), build("c", 200, 0), build("d", 200, 0)}
	if e := find(t, conclude(t, nil, absent...), "describe", "").Evidence; e.CostMicros == nil || *e.CostMicros != 2e6 {
		t.Errorf("beside builds without it: %v", e.CostMicros)
	}
}
