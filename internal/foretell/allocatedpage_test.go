// SPDX-License-Identifier: Apache-2.0

package foretell

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// LoadAllocated reads all of a folder, by scenario.
func LoadAllocated(dir string) ([]Allocated, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	var list []Allocated
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var a Allocated
		if err := json.Unmarshal(text, &a); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b Allocated) int { return cmp.Compare(a.Scenario, b.Scenario) })
	return list, nil
}

// allocations is the page's part on them.
func allocations(b *strings.Builder, list []Allocated) {
	if len(list) == 0 {
		return
	}
	first := map[string]bool{}
	for _, a := range list {
		right, seen := first[a.Kind]
		first[a.Kind] = a.Right && (right || !seen)
	}
	kinds := 0
	for _, right := range first {
		if right {
			kinds++
		}
	}
	fmt.Fprintf(b, `
## What was allocated

Java Flight Recorder's samples of allocations (watch --allocations), joined with
the profile's Starlark calls by thread and time: builds that pass, recorded with

    go run ./internal/foretell/allocations

The function that fills the heap allocates most in %d of %d kinds.

| workspace | allocates most | right | bytes of the guilty (95 %% by sampling) | known to be built | in recorded calls | samples | clocks |
|---|---|---|---|---|---|---|---|
`, kinds, len(first))
	for _, a := range list {
		known, right := "", "yes"
		if a.Known > 0 {
			known = fmt.Sprintf("%s, %+.2f %%", mebibytes(float64(a.Known)), 100*(float64(a.Bytes)/float64(a.Known)-1))
		}
		if !a.Right {
			right = "no"
			if a.Rank > 0 {
				right = fmt.Sprintf("no; it is no. %d", a.Rank)
			}
		}
		fmt.Fprintf(b, "| %s | `%s` | %s | %s (%s to %s) | %s | %.0f %% | %d | by %d collections, to %.1f ms |\n", a.Scenario, a.First, right,
			mebibytes(float64(a.Bytes)), mebibytes(a.Low), mebibytes(a.High), known, 100*float64(a.InCallBytes)/float64(max(a.OnThreads, 1)), a.Samples, a.Collections, float64(a.ClockMicros)/1000)
	}
	b.WriteString(`
"In recorded calls": of what was allocated on threads that ran Starlark. What a
helper allocates is the helper's, and what is allocated is not what is held: it
is one witness beside the others. The code of all files has one name in a
profile, ` + "`<toplevel>`" + `: its bytes are those of all files together, so that none of
them is named. (Of a crash the packages around a call tell them apart; of a
recording that is not done.)
`)
}

func mebibytes(bytes float64) string { return fmt.Sprintf("%.1f MiB", bytes/(1<<20)) }

// TestAllocationsNameTheGuilty: what is recorded stays as good as the page says.
func TestAllocationsNameTheGuilty(t *testing.T) {
	t.Parallel()
	list, err := LoadAllocated("allocated")
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	for _, a := range list {
		if a.Right {
			right++
		}
		if off := math.Abs(float64(a.Bytes)/float64(a.Known) - 1); a.Known > 0 && off > 0.15 {
			t.Errorf("%s: %d bytes, and %d are known to be built", a.Scenario, a.Bytes, a.Known)
		}
	}
	if 10*right < 9*len(list) || len(list) < 10 {
		t.Errorf("%d right of %d, want 9 in 10", right, len(list))
	}
}
