// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"strings"
	"testing"
	"time"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/starlark"
)

// heldBy is what a dump says of a heap of 1000 bytes.
func heldBy(ws *starlark.Workspace, traverse, describe int64) observe.HeapFacts {
	eat := ws.Root() + "/memory/eat.bzl"
	return observe.HeapFacts{Path: "a.hprof", Retained: &observe.Samples{Total: 1000, Functions: []observe.SampledFunction{
		{Name: "traverse_impl", File: eat, Flat: traverse, Cum: traverse, Lines: []observe.SampledLine{{Line: 5, Flat: traverse}}},
		{Name: "describe", File: eat, Flat: describe, Cum: describe, Lines: []observe.SampledLine{{Line: 1, Flat: describe}}},
	}}}
}

// Two dumps are two heaps: the larger share is told, not the sum.
func TestDumpsAreNotAdded(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	a := stacked("a", console.StarlarkFrame{Function: "describe", File: ws.Root() + "/memory/eat.bzl", Line: 2}).WithHeap(heldBy(ws, 800, 1))
	b := stacked("b", console.StarlarkFrame{Function: "describe", File: ws.Root() + "/memory/eat.bzl", Line: 2}).WithHeap(heldBy(ws, 900, 1))
	r := conclude(t, ws, a, b)
	s := find(t, r, "traverse_impl", "memory/eat.bzl")
	if got := numberOf(t, s.Evidence, RetainedBytes); got != 900 || s.Verdict != Sure {
		t.Errorf("retained %v, %s", got, s.Verdict)
	}
	if !strings.Contains(strings.Join(s.Reasons, "\n"), "the most of 2 dumps; half or more in 2") {
		t.Errorf("reasons %q", s.Reasons)
	}
}

// A stack makes nothing likely of a function that holds next to nothing of the
// heap that the same crash's dump shows.
func TestAStackBesideADump(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	printed := console.StarlarkFrame{Function: "describe", File: ws.Root() + "/memory/eat.bzl", Line: 2}
	alone := conclude(t, ws, stacked("a", printed))
	if v := find(t, alone, "describe", "memory/eat.bzl").Verdict; v == NotKnown {
		t.Errorf("without a dump it is %s", v)
	}
	for _, s := range conclude(t, ws, stacked("a", printed).WithHeap(heldBy(ws, 0, 1))).Suspects {
		if s.Verdict == Sure || s.Verdict == Likely {
			t.Errorf("%s is %s, and holds a thousandth", s.Name, s.Verdict)
		}
	}
}

// A dump that is loaded beside what tells of its crash is that crash's.
func TestADumpJoinsItsCrash(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	ended := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	crash := stacked("a", console.StarlarkFrame{Function: "describe", File: ws.Root() + "/memory/eat.bzl", Line: 2})
	crash.Summary.ServerPID, crash.Summary.Ended = 4711, ended
	dump := func(name string, written time.Time) *observe.Observation {
		h := heldBy(ws, 900, 1)
		h.Failed, h.Mark = true, observe.NewDumpMark("/elsewhere/"+name, written, 10)
		o := &observe.Observation{Summary: observe.Summary{Path: "/elsewhere/" + name}, Crashes: []observe.CrashFacts{{Cause: console.JavaHeapSpace, Source: "heap_dump"}}}
		return o.WithHeap(h)
	}
	for name, test := range map[string]struct {
		dump    *observe.Observation
		crashes int
	}{
		"of its server":     {dump("java_pid4711.hprof.gz", ended.Add(-time.Minute)), 1},
		"of another server": {dump("java_pid4712.hprof", ended), 2},
		"of another day":    {dump("java_pid4711.hprof", ended.Add(24*time.Hour)), 2},
	} {
		r := conclude(t, ws, test.dump, crash)
		if len(r.Crashes) != test.crashes {
			t.Errorf("%s: %d crashes", name, len(r.Crashes))
		}
		if test.crashes == 1 && (r.Suspects[0].Name != "traverse_impl" || len(r.Warnings) == 0) {
			t.Errorf("%s: %v, %v", name, names(r), r.Warnings)
		}
	}
	twice := dump("java_pid4711.hprof", ended)
	if r := conclude(t, ws, crash.WithHeap(*twice.Heap), twice); len(r.Crashes) != 1 {
		t.Errorf("loaded twice: %d crashes", len(r.Crashes))
	}
}

func TestTheLineToChange(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	eat := ws.Root() + "/memory/eat.bzl"
	h := heldBy(ws, 900, 1)
	h.Fields = []observe.FieldFacts{{Provider: "AuditInfo", Field: "records", File: eat, Line: 6, Bytes: 870, Instances: 965}}
	h.Waste = []observe.WasteFacts{{Message: "965 lists", Advice: "hand on a depset", Field: "AuditInfo.records", Bytes: 870, Saves: 860, Targets: 965}}
	h.Frames = []observe.FrameFacts{{Function: "describe", Defined: eat, DefinedLine: 1, File: eat, Line: 2, Variable: "small", Bytes: 10, Calls: 1}}
	r := conclude(t, ws, stacked("a", console.StarlarkFrame{Function: "describe", File: eat, Line: 2}).WithHeap(h))
	if len(r.Held) != 1 {
		t.Fatalf("lines %+v", r.Held)
	}
	l := r.Held[0]
	if l.String() != "holds 870 B of the 1000 B live heap (87 %) through AuditInfo.records in 965 targets" || l.Line != 6 || l.Source != eat || l.SavesBytes != 860 {
		t.Errorf("%s: %+v", l, l)
	}
	if l.Saving() != "965 lists: 860 B would be saved; hand on a depset" {
		t.Errorf("saving %q", l.Saving())
	}
}
