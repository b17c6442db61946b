// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"testing"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/console"
)

func TestWithHeap(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	eat := ws.Root() + "/memory/eat.bzl"
	printed := console.StarlarkFrame{Function: "describe", File: eat, Line: 2}
	other := observe.ThreadFacts{Name: "skyframe-evaluator-2", Source: "heap_dump", Frames: observe.PrintedFrames([]console.StarlarkFrame{{Function: "_impl", File: ws.Root() + "/cpu/spin.bzl", Line: 4}})}
	retained := &observe.Samples{Total: 1000, Functions: []observe.SampledFunction{{Name: "traverse_impl", File: eat, Flat: 900, Cum: 900, Lines: []observe.SampledLine{{Line: 5, Flat: 900}}}}}

	t.Run("written by Bazel, after unwinding", func(t *testing.T) {
		t.Parallel()
		o := stacked("a", printed)
		r := conclude(t, ws, o.WithHeap(observe.HeapFacts{Path: "a.hprof", Threads: []observe.ThreadFacts{other}, Retained: retained}))
		c := r.Crashes[0]
		if len(c.Threads) != 2 || !c.Threads[0].Failed || c.Threads[0].Source != "console" || c.HeapDump != "a.hprof" {
			t.Errorf("threads %+v", c.Threads)
		}
		if r.Suspects[0].Name != "traverse_impl" || find(t, r, "_impl", "cpu/spin.bzl").Score >= r.Suspects[0].Score/2 {
			t.Errorf("suspects %v: who holds nine tenths of the heap is not first, or a bystander weighs too much", names(r))
		}
		if got := numberOf(t, find(t, r, "traverse_impl", "memory/eat.bzl").Evidence, RetainedBytes); got != 900 {
			t.Errorf("retained %v", got)
		}
		if len(o.Crashes[0].Threads) != 1 || o.Retained != nil {
			t.Error("the observation was changed")
		}
	})
	t.Run("written by the JVM, at the throw", func(t *testing.T) {
		t.Parallel()
		failed := observe.ThreadFacts{Name: "skyframe-evaluator-1", Failed: true, Source: "heap_dump",
			Frames: []observe.CrashFrame{{StarlarkFrame: printed, Locals: []observe.Local{{Name: "text", Type: "string", RetainedBytes: new(int64(7))}}}}}
		r := conclude(t, ws, stacked("a", printed).WithHeap(observe.HeapFacts{Threads: []observe.ThreadFacts{other, failed}}))
		c := r.Crashes[0]
		if len(c.Threads) != 2 || c.Threads[0].Name != "skyframe-evaluator-1" || len(c.Threads[0].Frames[0].Locals) != 1 {
			t.Errorf("threads %+v", c.Threads)
		}
		if l := r.Suspects[0].Lines; len(l) != 1 || len(l[0].Locals) != 1 || l[0].CrashFrames != 1 {
			t.Errorf("lines %+v", l)
		}
	})
	t.Run("retained bytes alone name the function", func(t *testing.T) {
		t.Parallel()
		o := crashedAt("a", nil, "_impl", "describe")
		if r := conclude(t, ws, o.WithHeap(observe.HeapFacts{Retained: retained})); r.Suspects[0].Name != "traverse_impl" {
			t.Errorf("suspects %v", names(r))
		}
	})
}

// Each crash without a stack is told by its own dump, not by what all dumps
// together hold; a dump in which nobody holds anything of note names nobody.
func TestEachCrashByItsOwnHolder(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	holder := func(path, file, name string, line int, bytes int64) *observe.Observation {
		o := stacked(path)
		o.Crashes[0].Threads, o.Crashes[0].Target = nil, ""
		return o.WithHeap(observe.HeapFacts{Retained: &observe.Samples{Total: 1000,
			Functions: []observe.SampledFunction{{Name: name, File: ws.Root() + "/" + file, Flat: bytes, Cum: bytes, Lines: []observe.SampledLine{{Line: line, Flat: bytes}}}}}})
	}
	r := conclude(t, ws,
		holder("a", "memory/eat.bzl", "traverse_impl", 5, 900),
		holder("b", "memory/eat.bzl", "traverse_impl", 5, 900),
		holder("c", "cpu/spin.bzl", "_impl", 4, 700),
		holder("d", "cpu/spin.bzl", "_impl", 4, 2))
	want := map[string]string{"a": "traverse_impl", "b": "traverse_impl", "c": "_impl", "d": ""}
	for _, c := range r.Crashes {
		got := ""
		if c.Inferred != nil {
			got = c.Inferred.Name
		}
		if got != want[c.Path] {
			t.Errorf("crash %s: inferred %q (%s), want %q", c.Path, got, c.InferredWhy, want[c.Path])
		}
	}
}
