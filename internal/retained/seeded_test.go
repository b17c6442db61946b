// SPDX-License-Identifier: Apache-2.0

package retained

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/bazel/heap"
)

// A seed is a function that was made to hold more (scripts/record-regressions).
type seed struct {
	Name, File string
	Bytes      int64
}

// TestSeededRegressions: of builds in which functions were made to hold 0.1 to
// 20 % more, or a new one 100 KiB, each against each equal build of before: every
// function is found, with the bytes, and no other.
func TestSeededRegressions(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("testdata", "seeded", "seeded.json"))
	if err != nil {
		t.Fatal(err)
	}
	var seeded map[string][]seed
	if err := json.Unmarshal(text, &seeded); err != nil {
		t.Fatal(err)
	}
	before := equalBuilds(t)
	type count struct{ found, of, innocent, accused int }
	levels := map[string]*count{}
	for run, seeds := range seeded {
		parts := strings.Split(run, "-")
		workspace, level := parts[0], parts[1]
		if levels[level] == nil {
			levels[level] = &count{}
		}
		n := levels[level]
		after := readPacked(t, filepath.Join("testdata", "seeded", run+".json.gz"))
		for _, b := range before[workspace] {
			c := Compare(One(b), One(after))
			for i := range c.After {
				h := &c.After[i]
				// The seeding itself adds to a file's own code, and the example
				// got a package between the recordings.
				// The aspects of eater visit the new target as well, and hold more.
				if h.Kind != "function" || workspace == "eater" && level == "new" && len(wantedOf(seeds, h)) == 0 {
					continue
				}
				if h.Name == "<toplevel>" || strings.Contains(h.File, "/attributes/") {
					continue
				}
				var bytes int64
				ok := len(wantedOf(seeds, h)) > 0
				if ok {
					bytes = wantedOf(seeds, h)[0].Bytes
				}
				grew := h.Real() && h.Growth() > 0
				switch {
				case ok && grew && h.Growth() >= bytes && h.Growth() < bytes+bytes/2+4096:
					n.found, n.of = n.found+1, n.of+1
				case ok:
					n.of++
					t.Errorf("%s: %s %s was made to hold %d more, and is said to hold %d more (%s)", run, h.Name, h.File, bytes, h.Growth(), h.Verdict)
				case grew:
					n.accused++
					t.Errorf("%s: %s %s is said to hold %d more", run, h.Name, h.File, h.Growth())
				default:
					n.innocent++
				}
			}
		}
	}
	for level, n := range levels {
		t.Logf("%s: %d of %d found, %d of %d others accused", level, n.found, n.of, n.accused, n.innocent+n.accused)
		if n.of == 0 || n.innocent == 0 {
			t.Errorf("%s: nothing was tried", level)
		}
	}
}

// wantedOf are the seeds of a holder.
func wantedOf(seeds []seed, h *Change) (found []seed) {
	for _, s := range seeds {
		if s.Name == h.Name && s.File == h.File {
			found = append(found, s)
		}
	}
	return found
}

func readPacked(t *testing.T, path string) heap.Retained {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	r, err := heap.ReadRetained(unpacked)
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", path, err))
	}
	return r
}
