// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/lsp/internal/paths"
	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/settings"
)

// loadConfigured loads the measurements that the settings name and that are
// not loaded yet.
func (s *Session) loadConfigured(ctx context.Context, f *show.Folder, settings settings.Settings, loaded []*observe.Observation) ([]*observe.Observation, error) {
	var failure error
	for _, path := range settings.Measurements {
		path = paths.FromArgument(path, filepath.FromSlash(f.Root))
		if slices.ContainsFunc(loaded, func(o *observe.Observation) bool {
			return o.Summary.Path == path || o.Summary.Series == path
		}) {
			continue
		}
		more, _, err := s.Open(ctx, path)
		failure = errors.Join(failure, err)
		loaded = append(slices.Clip(loaded), more...)
	}
	return loaded, failure
}

// Open observes everything that a path holds, however large: it was asked for.
func (s *Session) Open(ctx context.Context, path string) ([]*observe.Observation, []string, error) {
	measurements, warnings, err := s.Pipeline.open(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	var all []*observe.Observation
	var told []string
	for _, w := range warnings {
		told = append(told, w.String())
	}
	for _, m := range measurements {
		o, err := s.Pipeline.observe(ctx, m, observe.ReadOptions{})
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
	Measurements []show.MeasurementOverview `json:"measurements"`
	Warnings     []string                   `json:"warnings"`
}

// LoadPaths loads paths into a folder and concludes. It fails only if none of
// them gave anything.
func (s *Session) LoadPaths(ctx context.Context, id show.FolderID, paths []string) (*Loaded, error) {
	answer := &Loaded{Measurements: []show.MeasurementOverview{}, Warnings: []string{}}
	var loaded []*observe.Observation
	var failure error
	for _, path := range paths {
		more, warnings, err := s.Open(ctx, path)
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
		answer.Measurements = append(answer.Measurements, show.MeasurementOverviewOf(o))
	}
	err := s.Reobserve(ctx, id, func(o *show.Observed) {
		o.Loaded = slices.DeleteFunc(slices.Clone(o.Loaded), func(old *observe.Observation) bool { return again[old.Summary.Path] })
		o.Loaded = append(o.Loaded, loaded...)
	})
	return answer, err
}

// Reobserve changes what was observed of a folder, and concludes.
func (s *Session) Reobserve(ctx context.Context, id show.FolderID, change func(*show.Observed)) error {
	s.Update(func(next *show.Snapshot) bool {
		f := next.Folder(id)
		if f == nil {
			return false
		}
		with, o := *f, show.Observed{}
		if f.Observed != nil {
			o = *f.Observed
		}
		change(&o)
		o.Generation = s.Clock.Tick()
		with.Observed = &o
		return next.SetFolder(&with)
	})
	return s.conclude(ctx, id)
}
