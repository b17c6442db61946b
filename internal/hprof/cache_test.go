// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"example.invalid/starlark-memls/internal/filecache"
)

// TestCache opens a dump twice: the second index is the first's, and so is all
// that is computed from it.
func TestCache(t *testing.T) {
	t.Parallel()
	path, dir := zooDump(t), t.TempDir()
	again := func() *Dump {
		d, err := Open(context.Background(), path, OpenOptions{CacheDir: dir, Watch: []string{"Zoo$Base"}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		if d.CacheError() != nil {
			t.Fatal(d.CacheError())
		}
		return d
	}
	first := again()
	kept, err := filepath.Glob(filepath.Join(dir, filecache.Dumps.Prefix+"*"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept: %v, %v", kept, err)
	}
	before, err := os.Stat(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	second := again()
	if !reflect.DeepEqual(first.blocks, second.blocks) || !reflect.DeepEqual(first.roots, second.roots) ||
		!slices.Equal(first.Histogram(), second.Histogram()) || !reflect.DeepEqual(first.Threads(), second.Threads()) ||
		!reflect.DeepEqual(first.watched, second.watched) || first.layout != second.layout {
		t.Error("the index that was kept differs")
	}
	var bytes [2]int64
	for i, d := range []*Dump{first, second} {
		tree, err := graph(t, d).Dominators(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		bytes[i] = tree.LiveBytes()
	}
	if bytes[0] != bytes[1] {
		t.Errorf("%d and %d bytes are live", bytes[0], bytes[1])
	}
	// An index cut short, or of another dump, is not used.
	if err := os.Truncate(kept[0], before.Size()/2); err != nil {
		t.Fatal(err)
	}
	if third := again(); !reflect.DeepEqual(first.blocks, third.blocks) {
		t.Error("a damaged index was used")
	}
	if other, err := Open(context.Background(), path, OpenOptions{CacheDir: dir}); err != nil || len(other.watched) != 0 {
		t.Errorf("an index with another watch was used: %v %v", other, err)
	} else {
		other.Close()
	}
}
