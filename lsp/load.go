package lsp

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"example.invalid/starlark-memls/attribution"
)

// loadConfigured loads the measurements that the settings name and that are
// not loaded yet.
func (s *server) loadConfigured(ctx context.Context, f *folder, settings Settings, loaded []*attribution.Observation) ([]*attribution.Observation, error) {
	var failure error
	for _, path := range settings.Measurements {
		path = pathFromArgument(path, filepath.FromSlash(f.root))
		if slices.ContainsFunc(loaded, func(o *attribution.Observation) bool {
			return o.Summary.Path == path || o.Summary.Series == path
		}) {
			continue
		}
		more, _, err := s.open(ctx, path)
		failure = errors.Join(failure, err)
		loaded = append(slices.Clip(loaded), more...)
	}
	return loaded, failure
}

// open observes everything that a path holds, however large: it was asked for.
func (s *server) open(ctx context.Context, path string) ([]*attribution.Observation, []string, error) {
	measurements, warnings, err := s.pipeline.open(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	var all []*attribution.Observation
	var told []string
	for _, w := range warnings {
		told = append(told, w.String())
	}
	for _, m := range measurements {
		o, err := s.pipeline.observe(ctx, m, attribution.ObserveOptions{})
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if err != nil {
			told = append(told, err.Error())
			continue
		}
		all = append(all, o)
	}
	if len(all) == 0 && len(told) > 0 {
		return nil, told, errors.New(told[0])
	}
	return all, told, nil
}
