// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/retained"
)

// TestSmall: the rows of a crash with more owners than are kept, and three
// candidates, are less than 10 KB, and whole.
func TestSmall(t *testing.T) {
	t.Parallel()
	f, err := os.Open(filepath.Join("..", "retained", "testdata", "equal", "patterns-1.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	held, err := heap.ReadRetained(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	source := secretive()
	source.Heap = retained.One(held)
	source.Project, source.Commit = "a-team/an-application", "53e0eb48b0344389466853e0eb482b03aabbccdd"
	source.Report.Measurements[0].InvocationID = "53e0eb48-2b03-4388-9466-53e0eb482b03"
	source.Report.Crashes = source.Report.Crashes[1:2]
	source.Report.Suspects = []attribution.Suspect{*source.Report.Crashes[0].Inferred}
	rows := FromSource(source)
	if len(rows.Owners) != mostOwners || len(rows.Suspects) != 3 {
		t.Fatalf("%d owners, %d suspects", len(rows.Owners), len(rows.Suspects))
	}
	files, size, err := Write(t.TempDir(), rows)
	if err != nil || len(files) != 4 {
		t.Fatal(files, err)
	}
	if size > 10_000 {
		t.Errorf("%d bytes", size)
	}
	t.Logf("%d bytes", size)
	same(t, files[0], []BuildRow{rows.Build})
	same(t, files[1], rows.Crashes)
	same(t, files[2], rows.Suspects)
	same(t, files[3], rows.Owners)
}

func same[T any](t *testing.T, path string, want []T) {
	t.Helper()
	read, err := parquet.ReadFile[T](path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, read); diff != "" {
		t.Errorf("%s: %s", path, diff)
	}
}
