// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.invalid/starlark-memls/internal/hprof/hproftest"
)

// TestCells holds the cells to the views: those of each row add up to it, and all
// to the live heap.
func TestCells(t *testing.T) {
	t.Parallel()
	for _, h := range []hproftest.Heap{
		{Targets: 3, Strings: 2}, {Targets: 30, Strings: 5, Local: 40}, {Targets: 200, Strings: 3, Inherit: true, Local: 1000},
	} {
		r := h.Open()
		d, err := OpenAt(context.Background(), r, r.Size(), "made", OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		o := analyze(t, d).Owners
		if len(o.Views) != cellViews || o.Views[targetView].By != "target" {
			t.Fatalf("%d views", len(o.Views))
		}
		for i, v := range o.Views {
			got := make([][2]int64, len(v.Rows))
			for _, c := range o.Cells {
				got[c.Rows[i]][0] += c.RetainedBytes
				got[c.Rows[i]][1] += c.Objects
			}
			for k, row := range v.Rows {
				if got[k] != [2]int64{row.RetainedBytes, row.Objects} {
					t.Errorf("by %s, %s %s: cells %v, row %d bytes in %d objects", v.By, row.Kind, row.Name, got[k], row.RetainedBytes, row.Objects)
				}
			}
		}
		text, err := json.Marshal(o.Cells)
		if err != nil {
			t.Fatal(err)
		}
		var again []Cell
		if err := json.Unmarshal(text, &again); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(o.Cells, again); diff != "" {
			t.Error(diff)
		}
	}
}
