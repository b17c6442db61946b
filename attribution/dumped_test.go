// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/measurement"
)

// recorded is the summary of a dump that Bazel 4.2.3 left when the example ran
// out of 200 MB, as a sweep keeps it.
const recordedSummary = "observe/testdata/heap.json"

// eaterSource stands at the recorded lines: the aspect's implementation from
// line 55, the instance made on line 71.
var eaterSource = strings.Repeat("\n", 54) + "def traverse_impl(target, ctx):\n" +
	strings.Repeat("    target\n", 15) + "    return [target]\n" +
	"traverse = aspect(implementation = traverse_impl)\n"

func observeFiles(t *testing.T, files map[measurement.Part]string, opts observe.ReadOptions) *observe.Observation {
	t.Helper()
	m := measurement.Measurement{Path: "m", Parts: map[measurement.Part][]string{}}
	for part, path := range files {
		m.Parts[part] = []string{path}
	}
	o, err := observe.Read(t.Context(), m, opts)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestHolderOfTheRecordedDump: the stack with its variables, and who holds the
// memory.
func TestHolderOfTheRecordedDump(t *testing.T) {
	t.Parallel()
	o := observeFiles(t, map[measurement.Part]string{measurement.HeapSummary: recordedSummary}, observe.ReadOptions{})
	ws := workspace(t, map[string]string{"memory/eat.bzl": eaterSource})
	r := conclude(t, ws, o)
	s := r.Suspects[0]
	if s.Name != "traverse_impl" || s.Definition == nil || s.Verdict != Sure {
		t.Fatalf("first suspect %s (%s) %v", s.Name, s.Verdict, s.Definition)
	}
	// By function the text is shared by all targets that it travelled
	// through; by field it is traverse_impl's.
	if numberOf(t, s.Evidence, RetainedBytes) != 123_080_336 {
		t.Errorf("retained %v", numberOf(t, s.Evidence, RetainedBytes))
	}
	if text := strings.Join(s.Reasons, "\n"); !strings.Contains(text, "117 MiB of it in TraversedInfo.text of 36 instances made at line 71") {
		t.Errorf("reasons:\n%s", text)
	}
	found := false
	for _, l := range s.Lines {
		for _, local := range l.Locals {
			found = found || l.Line == 66 && local.Name == "joined" && local.Length != nil && *local.Length == 6_463_424 && local.Bytes() == 6_463_464
		}
	}
	if !found {
		t.Errorf("lines %+v", s.Lines)
	}
}

// In the execution phase no Starlark is on a stack. Who made what the memory
// hangs on is named all the same, and follows its function at an edit.
func TestHeapOfTheExecutionPhase(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(recordedSummary)
	if err != nil {
		t.Fatal(err)
	}
	var s heap.Summary
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	s.Threads = nil
	s.Failed.Frames = []heap.JavaFrameSummary{{Method: "com.google.devtools.build.lib.analysis.actions.FileWriteAction.newDeterministicWriter"},
		{Method: "com.google.devtools.build.lib.skyframe.ActionExecutionFunction.compute"}}
	bare, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "heap.json")
	if err := os.WriteFile(path, bare, 0o644); err != nil {
		t.Fatal(err)
	}
	ws := workspace(t, map[string]string{"memory/eat.bzl": eaterSource})
	r := conclude(t, ws, observeFiles(t, map[measurement.Part]string{measurement.HeapSummary: path}, observe.ReadOptions{}))
	if len(r.Suspects) == 0 || r.Suspects[0].Name != "traverse_impl" || len(r.Crashes) != 1 || len(r.Crashes[0].Threads) != 0 {
		t.Fatalf("suspects %v, crashes %+v", names(r), r.Crashes)
	}
	c := r.Crashes[0]
	if c.Inferred == nil || c.Inferred.Name != "traverse_impl" || !strings.Contains(c.InferredWhy, "keeps 117 MiB of the") {
		t.Errorf("inferred: %+v, %s", c.Inferred, c.InferredWhy)
	}
	moved := workspace(t, map[string]string{"memory/eat.bzl": "# a line more\n" + eaterSource})
	if again := Rebase(r, moved); len(again.Suspects) == 0 || again.Suspects[0].Name != "traverse_impl" {
		t.Errorf("after an edit: %v", names(again))
	}
}
