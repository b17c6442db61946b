// SPDX-License-Identifier: Apache-2.0

//go:build e2e || slow

package realtest

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/bazeltest"
)

// crash builds until Bazel dies and opens the dump it leaves; nil where the server
// died before it had written any of it, which has to be said of such a file.
func crash(t *testing.T, w *bazeltest.Workspace, memory, target string) *heap.Dump {
	t.Helper()
	r := w.Build(t, memory, target)
	dumps := w.HeapDumps(t)
	if len(dumps) == 0 {
		t.Fatalf("no heap dump; exit code %d:\n%s", r.ExitCode, r.Console)
	}
	if settled(t, dumps[0]) == 0 {
		if _, err := heap.Open(context.Background(), dumps[0], heap.OpenOptions{}); err == nil || !strings.Contains(err.Error(), "is empty") {
			t.Errorf("an empty dump: %v", err)
		}
		t.Logf("the server died before its dump was begun")
		return nil
	}
	return open(t, dumps[0])
}

// settled waits until a file grows no more, and returns its size: the client may
// be told of the end of a server that is still writing.
func settled(t *testing.T, path string) int64 {
	t.Helper()
	size, since := int64(-1), time.Now()
	for time.Since(since) < 3*time.Second {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := info.Size(); n != size {
			size, since = n, time.Now()
		}
		time.Sleep(100 * time.Millisecond)
	}
	return size
}

func open(t *testing.T, dump string) *heap.Dump {
	t.Helper()
	h, err := heap.Open(context.Background(), dump, heap.OpenOptions{})
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
