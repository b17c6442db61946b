package lsp

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"go.lsp.dev/jsonrpc2"

	"example.invalid/starlark-memls/attribution"
)

// loadArgument names what to load; Workspace the folder it is for, where
// there are several and the path does not tell.
type loadArgument struct {
	Paths     []string `json:"paths"`
	Workspace string   `json:"workspace"`
}

// Loaded is the answer to loadMeasurements.
type Loaded struct {
	Measurements []MeasurementOverview `json:"measurements"`
	Warnings     []string              `json:"warnings"`
}

// loadMeasurements reads measurements that the user names, however large, and
// adds them to what is known. Loading a path again reads it again.
func loadMeasurements(ctx context.Context, c *call, a loadArgument) (any, error) {
	if len(a.Paths) == 0 {
		return nil, jsonrpc2.NewError(jsonrpc2.InvalidParams, `invalid params: name what to load: {"paths": ["…"]}`)
	}
	if !c.trusted {
		return nil, errors.New("this workspace is not trusted: only its sources are read")
	}
	first := pathFromArgument(a.Paths[0], "")
	if a.Workspace != "" {
		first = pathFromArgument(a.Workspace, "")
	}
	f := c.view.folderArgument(first)
	if f == nil {
		return nil, errors.New("no workspace is open; open a folder with a MODULE.bazel or WORKSPACE, or a file in one")
	}
	ctx, p, end := c.begin(ctx, c.token, "Loading measurements")
	defer end()
	p.report("reading")
	var paths []string
	for _, path := range a.Paths {
		paths = append(paths, pathFromArgument(path, filepath.FromSlash(f.root)))
	}
	return c.loadPaths(ctx, f.id, paths)
}

// loadPaths loads paths into a folder and concludes. It fails only if none of
// them gave anything.
func (s *server) loadPaths(ctx context.Context, id folderID, paths []string) (*Loaded, error) {
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
func (s *server) reobserve(ctx context.Context, id folderID, change func(*observed)) error {
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
