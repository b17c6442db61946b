package measurement_test

import (
	"os"
	"path/filepath"
	"testing"

	"starlark-memls/measurement"
)

func TestTooLargeUnasked(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.hprof")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	m := measurement.Measurement{Parts: map[measurement.Part][]string{measurement.HeapDump: {path}}}
	for size, want := range map[int64]bool{64 << 20: false, 64<<20 + 1: true} {
		if err := os.Truncate(path, size); err != nil { // a hole: it takes no room
			t.Fatal(err)
		}
		if got := m.TooLargeUnasked(measurement.HeapDump); got != want || m.Size(measurement.HeapDump) != size {
			t.Errorf("%d bytes: %v, %d", size, got, m.Size(measurement.HeapDump))
		}
	}
	if m.TooLargeUnasked(measurement.Profile) {
		t.Error("a part that is not there is too large")
	}
}
