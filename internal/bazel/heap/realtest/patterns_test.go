// SPDX-License-Identifier: Apache-2.0

//go:build e2e || slow

package realtest

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/bazeltest"
)

// patterns are the packages of examples/patterns, with the kind that is to be
// found there.
var patterns = map[string]string{
	"transitive": heap.TransitiveCopy,
	"tuples":     heap.TransitiveCopy,
	"dicts":      heap.TransitiveCopy,
	"flattened":  heap.FlattenedDepset,
	"joined":     heap.JoinedText,
	"structs":    heap.EqualValues,
	"equal":      heap.EqualValues,
	"copied":     heap.EqualValues,
	"distinct":   heap.FewDistinct,
	"smalldicts": heap.SmallDicts,
	"empties":    heap.EmptyCollections,
	"loop":       heap.LoopDepset,
	"contents":   heap.FileWrites,
	"attributes": heap.AttributeValues,
}

// TestPatterns builds each pattern as it is written too often and as it should be,
// with a real Bazel. What a finding says it would save must be what it saves, and
// of what is as it should be there is nothing to say.
func TestPatterns(t *testing.T) {
	t.Parallel()
	w := bazeltest.New(t, "patterns", bazeltest.WorkspaceOptions{NoLinks: true})
	before, after := living(t, w, "before"), living(t, w, "after")
	for _, f := range after.Findings {
		if f.Kind != heap.BigString {
			t.Errorf("of what is right it is said: %s: %s (%s)", f.Kind, f.Message, f.Builder)
		}
	}
	var sum int64
	for name, kind := range patterns {
		held, holds := ruleRow(t, before, name), ruleRow(t, after, name)
		if kind == heap.AttributeValues { // they are the package's, and of another rule where they are once
			held += rowNamed(before, "package", "//before/"+name)
			holds += rowNamed(after, "package", "//after/"+name) + rowNamed(after, "rule", "flags")
		}
		truth := held - holds
		sum += truth
		var said int64
		for _, f := range before.Findings {
			if strings.HasPrefix(f.Builder, "rule "+name+",") {
				if f.Kind != kind {
					t.Errorf("%s: found %s: %s", name, f.Kind, f.Message)
					continue
				}
				said += f.Saves
				if f.Made == nil && kind != heap.FileWrites || f.Function == nil || f.Function.Name != "_"+name+"_impl" {
					t.Errorf("%s: made at %+v by %+v", name, f.Made, f.Function)
				}
			}
		}
		t.Logf("| %s | %s | %d | %d | %+.1f %% |", name, kind, said, truth, 100*float64(said-truth)/float64(truth))
		if d := float64(said - truth); d > 0.05*float64(truth) || d < -0.05*float64(truth) {
			t.Errorf("%s: said to save %d bytes, saves %d", name, said, truth)
		}
	}
	whole := before.Owners.LiveBytes - after.Owners.LiveBytes
	t.Logf("all together: %d, the heaps differ by %d", sum, whole)
	if d := float64(sum - whole); d > 0.05*float64(whole) || d < -0.05*float64(whole) {
		t.Errorf("by rule %d bytes are saved, the heaps differ by %d", sum, whole)
	}
}

// living builds one side and reads the heap of the living server.
func living(t *testing.T, w *bazeltest.Workspace, side string) *heap.Analysis {
	t.Helper()
	if r := w.Run(t, "900m", "build", "--nobuild", "--symlink_prefix=/", "//"+side+"/..."); r.ExitCode != bazeltest.ExitOK {
		t.Fatalf("exit code %d:\n%s", r.ExitCode, r.Console)
	}
	dump := filepath.Join(w.OutputBase, side+".hprof")
	if out, err := exec.Command("jcmd", strconv.Itoa(w.ServerPID()), "GC.heap_dump", dump).CombinedOutput(); err != nil {
		t.Fatalf("jcmd: %v (a JDK must be on PATH for this test)\n%s", err, out)
	}
	w.Shutdown(t)
	return analyze(t, open(t, dump))
}

func ruleRow(t *testing.T, a *heap.Analysis, name string) int64 {
	t.Helper()
	bytes := rowNamed(a, "rule", name)
	if bytes == 0 {
		t.Fatalf("no rule %s", name)
	}
	return bytes
}

func rowNamed(a *heap.Analysis, kind, name string) int64 {
	for _, r := range a.Owners.View("implementation").Rows {
		if r.Kind == kind && r.Name == name {
			return r.RetainedBytes
		}
	}
	return 0
}
