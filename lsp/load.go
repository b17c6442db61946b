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
func (s *session) loadConfigured(ctx context.Context, f *folder, settings Settings, loaded []*attribution.Observation) ([]*attribution.Observation, error) {
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
func (s *session) open(ctx context.Context, path string) ([]*attribution.Observation, []string, error) {
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

// Loaded is the answer to loadMeasurements.
type Loaded struct {
	Measurements []MeasurementOverview `json:"measurements"`
	Warnings     []string              `json:"warnings"`
}

// loadPaths loads paths into a folder and concludes. It fails only if none of
// them gave anything.
func (s *session) loadPaths(ctx context.Context, id folderID, paths []string) (*Loaded, error) {
	answer := &Loaded{Measurements: []MeasurementOverview{}, Warnings: []string{}}
	var loaded []*attribution.Observation
	var failure error
	for _, path := range paths {
		more, warnings, err := s.open(ctx, path)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		answer.Warnings = append(answer.Warnings, warnings...)
		if err != nil {
			failure = errors.Join(failure, err)
			if !slices.Contains(warnings, err.Error()) {
				answer.Warnings = append(answer.Warnings, err.Error())
			}
		}
		loaded = append(loaded, more...)
	}
	if len(loaded) == 0 {
		return nil, failure
	}
	again := map[string]bool{}
	for _, o := range loaded {
		again[o.Summary.Path] = true
		answer.Measurements = append(answer.Measurements, overviewOf(o))
	}
	err := s.reobserve(ctx, id, func(o *observed) {
		o.loaded = slices.DeleteFunc(slices.Clone(o.loaded), func(old *attribution.Observation) bool { return again[old.Summary.Path] })
		o.loaded = append(o.loaded, loaded...)
	})
	return answer, err
}

// reobserve changes what was observed of a folder, and concludes.
func (s *session) reobserve(ctx context.Context, id folderID, change func(*observed)) error {
	s.update(func(next *snapshot) bool {
		f := next.folder(id)
		if f == nil {
			return false
		}
		with, o := *f, observed{}
		if f.observed != nil {
			o = *f.observed
		}
		change(&o)
		o.generation = s.clock.tick()
		with.observed = &o
		return next.setFolder(&with)
	})
	return s.conclude(ctx, id)
}
