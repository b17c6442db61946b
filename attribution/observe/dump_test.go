// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/measurement"
)

// recorded is the summary of a dump that Bazel 4.2.3 left when the example ran
// out of 200 MB, as a sweep keeps it.
const recordedSummary = "testdata/heap.json"

func observeFiles(t *testing.T, files map[measurement.Part]string, opts ReadOptions) *Observation {
	t.Helper()
	m := measurement.Measurement{Path: "m", Parts: map[measurement.Part][]string{}}
	for part, path := range files {
		m.Parts[part] = []string{path}
	}
	o, err := Read(t.Context(), m, opts)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// What was kept of a dump is evidence like the dump: the stack with its
// variables, the target, and who holds the memory. It tells of a crash even
// where nothing else is left.
func TestObserveHeapSummary(t *testing.T) {
	t.Parallel()
	o := observeFiles(t, map[measurement.Part]string{measurement.HeapSummary: recordedSummary}, ReadOptions{})
	if len(o.Crashes) != 1 || o.Summary.Status != measurement.OutOfMemory {
		t.Fatalf("%d crashes, status %s", len(o.Crashes), o.Summary.Status)
	}
	c := o.Crashes[0]
	if c.Target != "//cpu/chain:lock_36" || c.Aspect != "//memory:eat.bzl%traverse" || c.Source != "heap_dump" || len(c.Java) == 0 {
		t.Errorf("crash %+v", c)
	}
	failed := c.Threads[0]
	if !failed.Failed || failed.Statement != "augmented assignment, concatenating strings, in a for loop" || len(c.Threads) != 2 {
		t.Errorf("threads %+v", c.Threads)
	}
}

// A dump that nobody asked for and that is too large is offered, one that is
// empty or no dump is told of, and the rest of the measurement is read.
func TestObserveDumpThatIsNotRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, test := range map[string]struct {
		content string
		depth   HeapDepth
		want    string
	}{
		"large": {"JAVA PROFILE 1.0.2\x00 and more", HeapStacks, "ends inside its header"},
		"empty": {"", HeapOwners, "is empty"},
		"noise": {strings.Repeat("noise", 100), HeapOwners, "noise"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(dir, name+".hprof")
			if err := os.WriteFile(path, []byte(test.content), 0o644); err != nil {
				t.Fatal(err)
			}
			o := observeFiles(t, map[measurement.Part]string{measurement.HeapDump: path}, ReadOptions{Heap: HeapLimits{Depth: test.depth}})
			if len(o.Warnings) != 1 || !strings.Contains(o.Warnings[0].Path+o.Warnings[0].Message, test.want) || len(o.Crashes) != 0 {
				t.Errorf("warnings %q, crashes %v", o.Warnings, o.Crashes)
			}
		})
	}
}

func TestFileOfLabel(t *testing.T) {
	t.Parallel()
	for label, want := range map[string]string{
		"//memory:eat.bzl": "memory/eat.bzl", "@@//a/b:c/d.bzl": "a/b/c/d.bzl", "//:top.bzl": "top.bzl",
		"@rules//a:b.bzl": "", "": "", "//a": "",
	} {
		if got := fileOfLabel(label); got != want {
			t.Errorf("%s: %q, want %q", label, got, want)
		}
	}
}
