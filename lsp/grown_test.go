// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"context"
	"path/filepath"
	"sync"
	"testing"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/starlark"
)

// TestLoadingAddsToTheReport: a measurement that is loaded is added to the
// report that is shown; what that one knows is not added up again.
func TestLoadingAddsToTheReport(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	of := map[int]int{} // measurements → those of the report before
	p := quietPipelineButConclude()
	conclude := p.Conclude
	p.Conclude = func(ctx context.Context, all []*observe.Observation, ws *starlark.Workspace, o attribution.ConcludeOptions) *attribution.Report {
		mu.Lock()
		defer mu.Unlock()
		of[len(all)] = -1
		if o.Earlier != nil {
			of[len(all)] = len(o.Earlier.Measurements)
		}
		return conclude(ctx, all, ws, o)
	}
	h := start(t, newBuilder(t).workspace, p)
	h.initialize(nil)
	h.settled()
	series, err := filepath.Abs(filepath.Join("..", "examples", "memory-eater", "measurements"))
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range []string{"200m-1", "200m-2", "600m-1"} {
		h.call("workspace/executeCommand", map[string]any{"command": show.CommandLoadMeasurements,
			"arguments": []any{map[string]any{"paths": []string{filepath.Join(series, run)}}}}, nil)
	}
	mu.Lock()
	defer mu.Unlock()
	for n := 1; n <= 3; n++ {
		if got, concluded := of[n]; !concluded || got != n-1 {
			t.Errorf("the report of %d measurements was made from one of %d", n, got)
		}
	}
}
