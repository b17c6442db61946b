package attribution

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"example.invalid/starlark-memls/internal/measurement"
)

// A Gathered is the evidence that was found in a set of places.
type Gathered struct {
	Observations []*Observation
	// Warnings are about the places that gave none, and what is odd about
	// those that did.
	Warnings []Warning
	// OutputBase is where external repositories lie, "" where none is known.
	OutputBase string

	opts ObserveOptions
}

// gathering is an empty set; of all that is observed in it one heap dump is
// read at a time.
func gathering(opts ObserveOptions) Gathered {
	opts.oneDump = make(chan struct{}, 1)
	return Gathered{opts: opts}
}

// GatherPaths observes every measurement that the paths hold: measurement
// folders, series, output bases, bare files. A path that gives nothing is a
// warning. The error is the context's.
func GatherPaths(ctx context.Context, paths []string, opts ObserveOptions) (Gathered, error) {
	g := gathering(opts)
	var found []measurement.Measurement
	for _, path := range paths {
		here, odd, err := measurement.Open(ctx, path)
		if ctx.Err() != nil {
			return g, ctx.Err()
		}
		for _, w := range odd {
			g.Warnings = append(g.Warnings, Warning{Path: w.Path, Message: w.Message})
		}
		if err != nil {
			g.Warnings = append(g.Warnings, Warning{Message: err.Error()})
		}
		found = append(found, here...)
	}
	return g, g.observe(ctx, found)
}

// observe observes measurements side by side, as many as there are
// processors, and keeps their order. One that cannot be observed is a
// warning. The error is the context's.
func (g *Gathered) observe(ctx context.Context, found []measurement.Measurement) error {
	all := make([]*Observation, len(found))
	failed := make([]error, len(found))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, m := range found {
		group.Go(func() error {
			all[i], failed[i] = Observe(ctx, m, g.opts)
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, o := range all {
		if failed[i] != nil {
			g.Warnings = append(g.Warnings, Warning{Path: found[i].Path, Message: fmt.Sprint(failed[i])})
			continue
		}
		g.Observations = append(g.Observations, o)
	}
	return nil
}
