// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/gather"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/starlark"
)

// TestGrownReport: of the recorded example, a report that grew measurement by
// measurement in any order is printed like one made from all at once.
func TestGrownReport(t *testing.T) {
	t.Parallel()
	example := filepath.Join("..", "..", "examples", "memory-eater")
	g, err := gather.Paths(t.Context(), []string{filepath.Join(example, "measurements"), filepath.Join(example, "measurements-full")}, observe.ReadOptions{})
	if err != nil || len(g.Observations) < 5 {
		t.Fatalf("%d observations: %v", len(g.Observations), err)
	}
	root, err := filepath.Abs(example)
	if err != nil {
		t.Fatal(err)
	}
	ws, err := starlark.Load(t.Context(), root, starlark.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	printed := func(r *attribution.Report) (text, json string) {
		return written(t, func(w io.Writer) error { return WriteText(w, r, Options{Root: ws.Root()}) }),
			written(t, func(w io.Writer) error { return WriteJSON(w, r, Options{Root: ws.Root()}) })
	}
	text, json := printed(attribution.Conclude(t.Context(), g.Observations, ws, attribution.ConcludeOptions{}))
	random := rand.New(rand.NewPCG(1, 9))
	for range 3 {
		order := g.Observations
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		var grown *attribution.Report
		for n := 1; n <= len(order); n++ {
			grown = attribution.Conclude(t.Context(), order[:n], ws, attribution.ConcludeOptions{Earlier: grown})
		}
		if gotText, gotJSON := printed(grown); gotText != text || gotJSON != json {
			t.Fatalf("grown in another order the report reads\n%.2000s\nand not\n%.2000s", gotText, text)
		}
	}
}
