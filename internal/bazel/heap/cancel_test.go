// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"context"
	"errors"
	"slices"
	"testing"
)

// TestCancelInEachStage cancels as soon as a stage reports: no further stage
// begins, nothing is kept of what was under way, and a repetition succeeds.
func TestCancelInEachStage(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: reads dumps many times")
	}
	t.Parallel()
	path := openStandIn(t, "bazel9").d.Path()
	var stages []string
	if _, err := Read(context.Background(), path, ReadOptions{OpenOptions: OpenOptions{Workers: 1, Progress: func(stage string, _, _ int64) {
		if !slices.Contains(stages, stage) {
			stages = append(stages, stage)
		}
	}}}); err != nil {
		t.Fatal(err)
	}
	if len(stages) < 3 {
		t.Fatalf("only the stages %q report", stages)
	}
	for i, at := range stages {
		ctx, cancel := context.WithCancel(context.Background())
		cache := t.TempDir()
		_, err := Read(ctx, path, ReadOptions{OpenOptions: OpenOptions{Workers: 1, CacheDir: cache, Progress: func(stage string, _, _ int64) {
			if stage == at {
				cancel()
			}
			if slices.Contains(stages[i+1:], stage) {
				t.Errorf("cancelled in %q, and %q begins", at, stage)
			}
		}}})
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled in %q: %v", at, err)
		}
		if _, ok := CachedSummary(path, cache); ok {
			t.Errorf("cancelled in %q, and a summary is kept", at)
		}
	}
}
