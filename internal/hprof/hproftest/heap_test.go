// SPDX-License-Identifier: Apache-2.0

package hproftest_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"example.invalid/starlark-memls/internal/hprof"
	"example.invalid/starlark-memls/internal/hprof/hproftest"
)

// TestHeap holds a made dump to what its maker says of it, and the reader's parts to
// the whole.
func TestHeap(t *testing.T) {
	t.Parallel()
	for _, heap := range []hproftest.Heap{
		{Targets: 1, Strings: 1, Local: 1},
		{Targets: 50, Strings: 7, Local: 1000},
		{Targets: 40, Strings: 11, Inherit: true, Local: 3},
	} {
		r := heap.Open()
		path := filepath.Join(t.TempDir(), "made.hprof")
		if err := r.Save(path); err != nil {
			t.Fatal(err)
		}
		whole, err := os.ReadFile(path)
		if err != nil || int64(len(whole)) != r.Size() {
			t.Fatalf("%d bytes, want %d: %v", len(whole), r.Size(), err)
		}
		for off := 0; off < len(whole); off += 997 {
			part := make([]byte, 1+off%313)
			n, err := r.ReadAt(part, int64(off))
			if err != nil && err != io.EOF || !bytes.Equal(part[:n], whole[off:min(off+len(part), len(whole))]) {
				t.Fatalf("%d bytes at %d: %v", n, off, err)
			}
		}
		d, err := hprof.Open(context.Background(), path, hprof.OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		strings := int64(heap.Targets*heap.Strings + heap.Local)
		const ofTarget, ofList, shared = 9, 2, 38
		if want := 2*strings + int64(heap.Targets)*(ofTarget+ofList) + ofList + shared; d.Objects() != want || d.Damage() != "" {
			t.Errorf("%+v: %d objects, want %d; damage %q", heap, d.Objects(), want, d.Damage())
		}
		if l := d.Layout(); strings > 100 && (l.Reference != 4 || !l.Measured) {
			t.Errorf("%+v: layout %+v", heap, l)
		}
	}
}
