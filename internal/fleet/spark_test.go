// SPDX-License-Identifier: Apache-2.0

//go:build fleet && slow

package fleet

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestSpark: each query of the page has in Spark the rows that it has in DuckDB,
// over the files as collect writes them. They are few: Spark takes its time for each.
func TestSpark(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, r := range synthetic()[180:300] {
		if _, _, err := Write(filepath.Join(dir, "rows"), r); err != nil {
			t.Fatal(err)
		}
	}
	want, got := ask(t, "duckdb", dir), ask(t, "spark", dir)
	delete(want, "tables")
	delete(want, "compact")
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Fatal(diff)
	}
	for name := range want {
		if diff := cmp.Diff(want[name], got[name], cmpopts.EquateApprox(1e-9, 0)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
