// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"example.invalid/starlark-memls/internal/hprof/hproftest"
)

// The dominator tree is the oracle of what variables retain, and of owners that the
// views' rows add up. Over dumps that are made, and those below the folder that
// $HPROF_DUMPS names.
func TestRetainedAsByDominators(t *testing.T) {
	t.Parallel()
	for i, h := range []hproftest.Heap{
		{Targets: 3, Strings: 2, Local: 0}, {Targets: 30, Strings: 5, Local: 40}, {Targets: 200, Strings: 3, Inherit: true, Local: 1000},
		{Targets: 100, Strings: 70, Inherit: true, Local: 63}, {Targets: 1, Strings: 500, Local: 64},
	} {
		t.Run(fmt.Sprint("made", i), func(t *testing.T) {
			t.Parallel()
			r := h.Open()
			d, err := OpenAt(context.Background(), r, r.Size(), "made", OpenOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			agreesWithDominators(t, d)
		})
	}
	for _, name := range []string{"bazel6", "bazel8", "bazel9", "stacks"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			agreesWithDominators(t, openStandIn(t, name))
		})
	}
	var dumps []string
	if dir := os.Getenv("HPROF_DUMPS"); dir != "" {
		dumps, _ = filepath.Glob(filepath.Join(dir, "*.hprof*"))
	}
	for _, path := range dumps { // one after the other: they may be large
		t.Run(filepath.Base(path), func(t *testing.T) {
			d, err := Open(context.Background(), path, OpenOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			agreesWithDominators(t, d)
		})
	}
}

func agreesWithDominators(t *testing.T, d *Dump) {
	t.Helper()
	a := analyze(t, d)
	g, err := d.d.Graph(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	tree, err := g.Dominators(context.Background(), interpreter(a.Threads))
	if err != nil {
		t.Fatal(err)
	}
	variables := 0
	for _, thread := range a.Threads {
		for _, f := range thread.Frames {
			for _, l := range f.Locals {
				at := g.Number(l.ID)
				if at >= uint32(g.Nodes()) || !g.Strength(at).Live() {
					continue
				}
				variables++
				if want := tree.RetainedBytes(at); l.RetainedBytes == nil || *l.RetainedBytes != want {
					t.Errorf("%s.%s retains %d bytes, by the dominator tree %d", f.Function.Name, l.Name, l.Bytes(), want)
				}
			}
		}
	}
	if variables == 0 && len(a.Threads) > 0 {
		t.Error("no variable was compared")
	}
	for _, v := range a.Owners.Views {
		bytes, objects := int64(0), int64(0)
		for _, r := range v.Rows {
			bytes, objects = bytes+r.RetainedBytes, objects+r.Objects
		}
		if bytes != tree.LiveBytes() || objects != a.Owners.ObjectCount {
			t.Errorf("the view by %s adds up to %d bytes in %d objects, the live heap to %d in %d", v.By, bytes, objects, tree.LiveBytes(), a.Owners.ObjectCount)
		}
	}
}
