// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"encoding/json"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/bazeltest"
)

// checkDumped: the dump that Bazel 4 leaves by itself has what its console
// lacks, the Starlark stack with its variables. Nobody named it.
func checkDumped(t *testing.T, d document) {
	t.Helper()
	c := d.Crashes[0]
	if !strings.HasSuffix(c.HeapDump, ".hprof") || !strings.HasPrefix(c.Target, "//") {
		t.Errorf("the crash is at %q, from the dump %q", c.Target, c.HeapDump)
	}
	if len(c.Threads) == 0 {
		t.Fatal("no Starlark stack from the dump")
	}
	checkStacks(t, c.Threads)
	if failed := c.Threads[0]; failed.Source != "heap_dump" || failed.Target != c.Target {
		t.Errorf("the first thread is of the %s, at %s; the crash is at %s", failed.Source, failed.Target, c.Target)
	}
}

// checkStacks: the first thread is in the eater, at a line, for a target, with
// the text that it builds in the variables; no values are shown.
func checkStacks(t *testing.T, threads []thread) {
	t.Helper()
	first := threads[0]
	for _, f := range first.Frames {
		if f.File == "<builtin>" {
			continue
		}
		if f.Function != guilty || f.File != bazeltest.EaterFile || f.Line == 0 {
			t.Errorf("the innermost function is %s in %s:%d", f.Function, f.File, f.Line)
		}
		for _, l := range f.Locals {
			if l.Preview != nil {
				t.Errorf("the value of %s is shown", l.Name)
			}
			if l.Name == "joined" {
				if l.Type != "string" || l.RetainedBytes < l.Length {
					t.Errorf("joined is %+v", l)
				}
				return
			}
		}
		t.Errorf("no variable joined in %+v", f.Locals)
		return
	}
	t.Errorf("no frame of the workspace in %+v", first.Frames)
}

// checkHeap: the command prints the same from the dump itself, and who holds
// the memory, and keeps contents to itself where it is told to.
func checkHeap(t *testing.T, w *bazeltest.Workspace) {
	t.Helper()
	dumps := w.HeapDumps(t)
	if len(dumps) != 1 {
		t.Fatalf("dumps: %q", dumps)
	}
	out, complaints, code := run(t, w, "heap", "--workspace", ".", "--format", "json", dumps[0])
	if code != 0 {
		t.Fatalf("heap exits %d: %s", code, complaints)
	}
	var d struct {
		Schema  int
		Threads []thread
		Owners  struct {
			LiveBytes int64 `json:"live_bytes"`
			Views     []struct {
				By   string
				Rows []struct {
					Kind, Provider, Field string
					Made                  *struct{ File string }
					RetainedBytes         int64 `json:"retained_bytes"`
				}
			}
		}
		Findings []struct{ Kind, Message string }
	}
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		t.Fatalf("heap --format json: %v", err)
	}
	if d.Schema != 1 || len(d.Threads) == 0 || len(d.Findings) == 0 {
		t.Fatalf("schema %d, %d threads, %d findings", d.Schema, len(d.Threads), len(d.Findings))
	}
	checkStacks(t, d.Threads)
	for _, v := range d.Owners.Views {
		var sum int64
		for _, r := range v.Rows {
			sum += r.RetainedBytes
		}
		if sum != d.Owners.LiveBytes {
			t.Errorf("by %s the rows add up to %d of %d bytes", v.By, sum, d.Owners.LiveBytes)
		}
		if v.By != "field" {
			continue
		}
		if most := v.Rows[0]; most.Provider != "TraversedInfo" || most.Field != "text" || most.Made == nil || most.Made.File != bazeltest.EaterFile {
			t.Errorf("most is held by %+v", most)
		}
	}
	out, complaints, code = run(t, w, "heap", "--redact", dumps[0])
	if code != 0 || out == "" || strings.Contains(out, guilty) || strings.Contains(out, bazeltest.EaterFile) || strings.Contains(out, "//cpu") {
		t.Errorf("heap --redact exits %d and prints\n%s%s", code, out, complaints)
	}
}
