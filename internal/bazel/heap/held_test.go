// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"context"
	"encoding/json"
	"testing"

	"example.invalid/starlark-memls/internal/hprof/hproftest"
)

// TestVariableInEveryState asks what a variable holds while a Java frame of its
// thread works on the list's array, and when an error has left its function.
func TestVariableInEveryState(t *testing.T) {
	t.Parallel()
	const elements = 1000
	const holds = 24 + 16 + 4*elements + elements*(24+16+24)
	for _, test := range []struct {
		name string
		heap hproftest.Heap
	}{
		{"running", hproftest.Heap{Targets: 30, Strings: 2, Local: elements}},
		{"growing", hproftest.Heap{Targets: 30, Strings: 2, Local: elements, Growing: true}},
		{"left", hproftest.Heap{Targets: 30, Strings: 2, Local: elements, Left: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := test.heap.Open()
			d, err := OpenAt(context.Background(), r, r.Size(), test.name, OpenOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			a := analyze(t, d)
			if len(a.Threads) != 1 || len(a.Threads[0].Frames) != 1 || len(a.Threads[0].Frames[0].Locals) != 1 {
				t.Fatalf("threads: %+v", a.Threads)
			}
			thread := a.Threads[0]
			l := thread.Frames[0].Locals[0]
			if left := thread.Unwinding == Left; left != test.heap.Left || thread.Failed || l.Name != "rows" || l.Length == nil || *l.Length != elements {
				t.Errorf("thread %q (failed: %v), variable %s", thread.Unwinding, thread.Failed, inJSON(l))
			}
			held, other := l.RetainedBytes, l.LetGoBytes
			if test.heap.Left {
				held, other = other, held
			}
			if held == nil || *held != holds || other != nil || l.Bytes() != holds {
				t.Errorf("variable %s, want %d bytes", inJSON(l), holds)
			}
		})
	}
}

// inJSON shows what stands behind pointers, too.
func inJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
