// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/growth"
	"example.invalid/starlark-memls/internal/retained"
)

// recordedHeap is the summary of a dump that Bazel 4.2.3 left when the example
// ran out of 200 MB, with fewer rows.
func recordedHeap(t *testing.T) *heap.Summary {
	t.Helper()
	text, err := os.ReadFile("testdata/heap-summary.json")
	if err != nil {
		t.Fatal(err)
	}
	s := new(heap.Summary)
	if err := json.Unmarshal(text, s); err != nil {
		t.Fatal(err)
	}
	return s
}

func heapOptions() HeapOptions {
	return HeapOptions{Options: Options{Root: "/srv/build/memory-eater", Top: 3},
		Sections: HeapSections{Threads: true, Owners: true, Findings: true, Histogram: true}}
}

func TestHeapGoldens(t *testing.T) {
	t.Parallel()
	s := recordedHeap(t)
	for name, write := range map[string]func(io.Writer) error{
		"heap.txt": func(w io.Writer) error { return WriteHeapText(w, s, heapOptions()) },
		"heap-brief.txt": func(w io.Writer) error {
			return WriteHeapText(w, s, HeapOptions{Options: Options{Root: "/srv/build/memory-eater"}, Sections: HeapSections{Threads: true, Owners: true}, Brief: true})
		},
		"heap.json": func(w io.Writer) error { return WriteHeapJSON(w, s, heapOptions()) },
		"heap-path.txt": func(w io.Writer) error {
			return WriteHeapPathText(w, &heap.Path{Root: "system class", Steps: []heap.PathStep{{ID: 16, Class: "java.lang.Class", Bytes: 112}, {ID: 4096, Class: "byte[]", Through: "static cache", Bytes: 3 << 20}}})
		},
		"heap-diff.txt": func(w io.Writer) error {
			after := recordedHeap(t)
			after.Owners.Views[1].Rows[1].RetainedBytes += 5 << 20
			after.Histogram[0].Bytes -= 7 << 10
			return WriteHeapDiffText(w, retained.CompareViews(s, after), heapOptions().Options)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, written(t, write))
		})
	}
}

// In each table the rows add up to the live heap, however few are shown.
func TestHeapColumnsAddUp(t *testing.T) {
	t.Parallel()
	s := recordedHeap(t)
	for _, top := range []int{0, 1, 4} {
		o := heapOptions()
		o.Top = top
		for _, v := range NewHeapDocument(s, o).Owners.Views {
			var bytes, objects int64
			for _, r := range v.Rows {
				bytes, objects = bytes+r.RetainedBytes, objects+r.Objects
			}
			if bytes != s.Owners.LiveBytes || objects != s.Owners.ObjectCount {
				t.Errorf("top %d, by %s: %d bytes in %d objects, want %d in %d", top, v.By, bytes, objects, s.Owners.LiveBytes, s.Owners.ObjectCount)
			}
		}
	}
}

// The contract's four keys are there, and a section nobody asked for is not.
func TestHeapSections(t *testing.T) {
	t.Parallel()
	s := recordedHeap(t)
	s.Threads, s.Findings = nil, nil
	keys := func(sections HeapSections) map[string]any {
		text := written(t, func(w io.Writer) error {
			return WriteHeapJSON(w, s, HeapOptions{Sections: sections})
		})
		var d map[string]any
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			t.Fatal(err)
		}
		return d
	}
	all := keys(HeapSections{Threads: true, Owners: true, Findings: true})
	for _, key := range []string{"schema", "threads", "owners", "findings"} {
		if all[key] == nil {
			t.Errorf("no %q", key)
		}
	}
	if all["histogram"] != nil {
		t.Error("a histogram that was not asked for")
	}
	if few := keys(HeapSections{Histogram: true}); few["threads"] != nil || few["owners"] != nil || few["findings"] != nil || few["histogram"] == nil {
		t.Errorf("keys %v", few)
	}
}

// A dump in which the thread that failed ran no Starlark names it all the same.
func TestHeapFailedOutsideStarlark(t *testing.T) {
	t.Parallel()
	s := recordedHeap(t)
	s.Threads = nil
	s.Failed.Frames = []heap.JavaFrameSummary{{Method: "com.google.devtools.build.lib.analysis.actions.FileWriteAction.newDeterministicWriter"}}
	s.Warnings = []string{"the dump is cut"}
	text := written(t, func(w io.Writer) error { return WriteHeapText(w, s, heapOptions()) })
	for _, want := range []string{s.Failed.Name + " ran out of memory, outside Starlark", "no thread was running Starlark", "the dump is cut"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing from\n%s", want, text)
		}
	}
}

// What a function that an error has left held is garbage in the dump, and said to be.
func TestHeapVariableLetGo(t *testing.T) {
	t.Parallel()
	s := recordedHeap(t)
	length, held := int64(484_532), int64(59_291_952)
	s.Threads[0].Failed, s.Threads[0].Unwinding = false, heap.Left
	s.Threads[0].Frames[0].Locals = []heap.Local{{Name: "rows", Type: "list", Length: &length, ShallowBytes: 24, LetGoBytes: &held}}
	text := written(t, func(w io.Writer) error { return WriteHeapText(w, s, heapOptions()) })
	if want := "rows: list of 484,532, held 56.5 MiB when the function ended, freed since"; !strings.Contains(text, want) {
		t.Errorf("%q is missing from\n%s", want, text)
	}
}

// How the memory grows is said where it can be told, with no more certainty than the
// interval has.
func TestHeapGrowth(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		exponent growth.Estimate
		twice    float64
		want     string
	}{
		{growth.Estimate{Value: 1.98, Low: 1.96, High: 2}, 4.1, "grows with the square of the targets (exponent 1.98, 1.96 to 2.00): twice the targets need 4.1 times the memory"},
		{growth.Estimate{Value: 1.98, Low: 0.9, High: 3}, 4.1, "grows with the targets, how fast cannot be told (exponent 1.98, 0.90 to 3.00)"},
		{growth.Estimate{Value: 1, Low: 0.98, High: 1.02}, 2, "grows in proportion to the targets"},
		{growth.Estimate{Value: 0.1, Low: 0.08, High: 0.12}, 1.1, "hardly grows"},
		{growth.Estimate{Value: 0.6, Low: 0.5, High: 0.7}, 1.5, "grows more slowly than the targets"},
		{growth.Estimate{Value: 3, Low: 2.9, High: 3.1}, 8, "grows faster than with the square of the targets"},
	} {
		s := recordedHeap(t)
		for _, v := range s.Owners.Views {
			if v.By == "implementation" {
				v.Rows[0].Growth = &growth.Growth{Exponent: test.exponent, Twice: growth.Estimate{Value: test.twice}}
			}
		}
		text := written(t, func(w io.Writer) error { return WriteHeapText(w, s, heapOptions()) })
		if one := strings.Join(strings.Fields(text), " "); !strings.Contains(one, test.want) {
			t.Errorf("%q is missing from\n%s", test.want, text)
		}
	}
}

// The first line is the answer: the line that holds most, the function where no
// line does, what is known where neither is.
func TestHeapAnswer(t *testing.T) {
	t.Parallel()
	rows := func(by string, rows ...heap.Owner) heap.View { return heap.View{By: by, Rows: rows} }
	impl := &heap.Function{Name: "_impl", Place: heap.Place{File: "/w/a.bzl", Line: 5}}
	field := heap.Owner{Kind: "field", Name: "AInfo.text made at /w/a.bzl:9", Provider: "AInfo", Field: "text", Made: &heap.Place{File: "/w/a.bzl", Line: 9}, RetainedBytes: 800 << 10, Nodes: 33}
	function := heap.Owner{Kind: "function", Name: "_impl /w/a.bzl:5", Function: impl, RetainedBytes: 850 << 10}
	framed := function
	framed.Frames = []heap.FrameShare{{RetainedBytes: 700 << 10, Calls: 1, Caller: &heap.Function{Name: "caller", Place: heap.Place{File: "/w/b.bzl", Line: 2}}}}
	half, other, caller := function, function, function
	half.RetainedBytes = 500 << 10
	other.Name, other.RetainedBytes = "_other /w/a.bzl:20", 400<<10
	caller.Name, caller.Function, caller.RetainedBytes = "outer /w/b.bzl:1", &heap.Function{Name: "outer", Place: heap.Place{File: "/w/b.bzl", Line: 1}}, 900<<10
	builtin := heap.Owner{Kind: "rule", Name: "cc_library", RetainedBytes: 600 << 10, Nodes: 70}
	bazel := heap.Owner{Kind: heap.KindBazel, Name: "Bazel itself", RetainedBytes: 980 << 10}
	failed := heap.ThreadSummary{Name: "evaluator-0", Failed: true, Target: "//x:y", Frames: []heap.FrameSummary{{Function: "join", File: "<builtin>"}, {Function: "_impl", File: "/w/a.bzl", Line: 9}}}
	owners := func(views ...heap.View) heap.Summary {
		return heap.Summary{Owners: &heap.Owners{LiveBytes: 1000 << 10, Views: views}}
	}
	little := field
	little.RetainedBytes = 20 << 10
	for name, test := range map[string]struct {
		s    heap.Summary
		want string
	}{
		"a line":                 {owners(rows("field", field), rows("function", function)), "_impl (a.bzl:9) holds 800 KiB of the 1000 KiB live heap (80 %) through AInfo.text in 33 targets."},
		"a function":             {owners(rows("field", little), rows("function", function)), "_impl (a.bzl:5) holds 850 KiB of the 1000 KiB live heap (85 %)."},
		"variables of a call":    {owners(rows("function", framed)), "_impl (a.bzl:5) holds 850 KiB of the 1000 KiB live heap (85 %): 700 KiB in variables of a call by caller at b.bzl:2."},
		"called functions":       {owners(rows("function", half, other), rows("implementation", caller)), "_impl (a.bzl:5) holds 500 KiB of the 1000 KiB live heap (50 %)."},
		"a built-in rule":        {owners(rows("function", bazel), rows("implementation", builtin)), "The rule cc_library holds 600 KiB of the 1000 KiB live heap (60 %)."},
		"little":                 {owners(rows("field", little), rows("function", bazel)), "No Starlark code holds much of the heap: a.bzl:9 holds most, 20 KiB of the 1000 KiB live heap (2 %). Bazel itself holds 980 KiB (98 %)."},
		"nothing":                {owners(rows("function", bazel)), "No Starlark code holds any of the 1000 KiB live heap by itself. Bazel itself holds 980 KiB (98 %)."},
		"no owners":              {heap.Summary{Threads: []heap.ThreadSummary{failed}}, "_impl (a.bzl:9) ran out of memory at //x:y."},
		"outside Starlark":       {heap.Summary{Failed: &heap.FailedSummary{Name: "main"}}, "Thread main ran out of memory, outside Starlark."},
		"nobody":                 {heap.Summary{}, "No thread was running Starlark."},
		"let go before the dump": {heap.Summary{LetGo: true, Threads: []heap.ThreadSummary{failed}}, "What had filled the heap was already freed when the dump was written. _impl (a.bzl:9) ran out of memory at //x:y."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := HeapAnswer(&test.s, Options{Root: "/w"}); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			text := written(t, func(w io.Writer) error {
				return WriteHeapText(w, &test.s, HeapOptions{Options: Options{Root: "/w"}})
			})
			if first, _, _ := strings.Cut(text, "\n"); first != test.want {
				t.Errorf("the first line is %s", first)
			}
		})
	}
}

// Findings that read the same but for the object are one line.
func TestHeapFindingsFolded(t *testing.T) {
	t.Parallel()
	s := recordedHeap(t)
	one := s.Findings[0]
	other, odd := one, one
	other.ID, odd.ID = 2, 3
	odd.Field = "field Other.text"
	s.Findings = []heap.FindingSummary{one, odd, other, other}
	text := written(t, func(w io.Writer) error {
		return WriteHeapText(w, s, HeapOptions{Sections: HeapSections{Findings: true}})
	})
	for _, want := range []string{"- 23.1 MiB: 3 strings of 7.71 MiB, in the field TraversedInfo.text", "- 7.71 MiB: a string of 8,079,280 characters, in the field Other.text"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing from\n%s", want, text)
		}
	}
}

func TestOwnerName(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]heap.RetainedOwner{
		"traverse_impl memory/eat.bzl:55":             {Kind: "function", Name: "traverse_impl", File: "memory/eat.bzl", Line: 55},
		"TraversedInfo.text memory/eat.bzl:71":        {Kind: "provider_field", Name: "TraversedInfo.text", File: "memory/eat.bzl", Line: 71},
		"top level of @bazel_tools//tools/cpp:cc.bzl": {Kind: "bzl", Name: "@bazel_tools//tools/cpp:cc.bzl"},
		"shared by several rows":                      {Kind: heap.KindShared, Name: "held by several of these"},
		"Bazel itself":                                {Kind: heap.KindBazel, Name: "Bazel itself"},
		"rule cc_library":                             {Kind: "rule", Name: "cc_library"},
	} {
		if got := OwnerName(o); got != want {
			t.Errorf("%+v is %q, want %q", o, got, want)
		}
	}
}
