//go:build e2e || slow

package realtest

import (
	"context"
	"testing"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/bazeltest"
)

// crash builds until Bazel dies and opens the dump it leaves.
func crash(t *testing.T, w *bazeltest.Workspace, memory, target string) *heap.Dump {
	t.Helper()
	r := w.Build(t, memory, target)
	dumps := w.HeapDumps(t)
	if len(dumps) == 0 {
		t.Fatalf("no heap dump; exit code %d:\n%s", r.ExitCode, r.Console)
	}
	return open(t, dumps[0])
}

func open(t *testing.T, dump string) *heap.Dump {
	t.Helper()
	h, err := heap.Open(context.Background(), dump, heap.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

// analyze checks what holds of every dump: in each view the rows add up to the
// live heap.
func analyze(t *testing.T, h *heap.Dump) *heap.Analysis {
	t.Helper()
	a, err := h.Analyze(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range a.Owners.Views {
		var sum int64
		for _, r := range v.Rows {
			sum += r.RetainedBytes
		}
		if sum != a.Owners.LiveBytes {
			t.Errorf("by %s the rows add up to %d bytes of %d", v.By, sum, a.Owners.LiveBytes)
		}
	}
	return a
}
