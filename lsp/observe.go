package lsp

import (
	"context"
	"path/filepath"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/measurement"
)

// observing is a pipeline's station with what the server knows of heap dumps:
// where what was read of them is kept, so that a restart does not read them
// again, and that work which nobody asked for (it has a bound) reads them on
// one processor and leaves the others to the user.
func observing(p pipeline, cacheDir string) pipeline {
	observe := p.observe
	p.observe = func(ctx context.Context, m measurement.Measurement, opts attribution.ObserveOptions) (*attribution.Observation, error) {
		opts.HeapCacheDir = filepath.Join(cacheDir, "heap")
		if opts.MaxBytes > 0 {
			opts.Workers = 1
		}
		return observe(ctx, m, opts)
	}
	return p
}
