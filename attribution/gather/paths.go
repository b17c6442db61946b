// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/measurement"
)

// Gathered is the evidence that was found in a set of places.
type Gathered struct {
	Observations []*observe.Observation
	// Warnings are about the places that gave none, and what is odd about
	// those that did.
	Warnings []observe.Warning
	// Older is the newest earlier crash, where the last build of the workspace
	// did not crash; nil where there is none.
	Older *measurement.Measurement
	// OutputBase is where external repositories lie, "" where none is known.
	OutputBase string

	opts observe.ReadOptions
}

// gathering is an empty set; of all that is observed in it one heap dump is
// read at a time.
func gathering(opts observe.ReadOptions) Gathered {
	opts.OneDump = make(chan struct{}, 1)
	return Gathered{opts: opts}
}

// Paths observes every measurement that the paths hold: measurement
// folders, series, output bases, bare files. A path that gives nothing is a
// warning. The error is the context's.
func Paths(ctx context.Context, paths []string, opts observe.ReadOptions) (Gathered, error) {
	g := gathering(opts)
	var found []measurement.Measurement
	for _, path := range paths {
		here, odd, err := measurement.Open(ctx, path)
		if ctx.Err() != nil {
			return g, ctx.Err()
		}
		for _, w := range odd {
			g.Warnings = append(g.Warnings, observe.Warning{Path: w.Path, Message: w.Message})
		}
		if err != nil {
			g.Warnings = append(g.Warnings, observe.Warning{Message: err.Error()})
		}
		found = append(found, here...)
	}
	found, joined := measurement.OneBuild(found)
	found, odd := measurement.WithCompanions(found)
	for _, w := range append(joined, odd...) {
		g.Warnings = append(g.Warnings, observe.Warning{Path: w.Path, Message: w.Message})
	}
	return g, g.observe(ctx, found)
}

// observe observes measurements side by side, as many as there are
// processors, and keeps their order. One that cannot be observed is a
// warning. The error is the context's.
func (g *Gathered) observe(ctx context.Context, found []measurement.Measurement) error {
	all := make([]*observe.Observation, len(found))
	failed := make([]error, len(found))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, m := range found {
		group.Go(func() error {
			all[i], failed[i] = observe.Read(ctx, m, g.opts)
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, o := range all {
		if failed[i] != nil {
			g.Warnings = append(g.Warnings, observe.Warning{Path: found[i].Path, Message: fmt.Sprint(failed[i])})
			continue
		}
		g.Observations = append(g.Observations, o)
	}
	return nil
}
