package attribution

import (
	"math"
	"testing"

	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/internal/bazel/trace"
)

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

// TestStratified: under one limit nothing is known; under two, tables as one
// writes them down by hand.
func TestStratified(t *testing.T) {
	t.Parallel()
	build := func(limit int64, crashed, active bool) *Observation {
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
	all := []*Observation{
		build(100, true, true), build(100, true, true), build(100, false, false), build(100, false, true),
		build(200, true, true), build(200, false, false), build(200, false, false),
		build(300, false, true), // no crash under it: tells nothing
	}
	b := gather(all)
	want := stats.CMH([]stats.Table{{A: 2, B: 0, C: 1, D: 1}, {A: 1, B: 0, C: 0, D: 2}})
	for i := range b.names {
		n := &b.names[i]
		got, ok := n.stratified(b)
		if n.name == "traverse_impl" && (!ok || got.ExactGreater != want.ExactGreater || got.ChiSquare != want.ChiSquare) {
			t.Errorf("exact p = %v, want %v", got.ExactGreater, want.ExactGreater)
		}
	}
	only := gather(all[7:])
	if _, ok := only.names[0].stratified(only); ok {
		t.Error("a limit without a crash is a stratum")
	}
}
