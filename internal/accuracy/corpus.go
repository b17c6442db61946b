// SPDX-License-Identifier: Apache-2.0

package accuracy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/accuracy/generate"
	"example.invalid/starlark-memls/internal/accuracy/pack"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/starlark"
)

// A Case is a recorded scenario with its sources.
type Case struct {
	generate.Scenario
	Workspace *starlark.Workspace
	// Crashed and Passed are its builds, by folder name, as profile and
	// console tell them.
	Crashed, Passed []*observe.Observation
	// Dumped are those of the crashes that left a heap dump, with it.
	Dumped []*observe.Observation
}

// number is that of the scenario among its kind.
func (c *Case) number() int {
	n, _ := strconv.Atoi(c.ID[strings.LastIndex(c.ID, "-")+1:]) // recorded has read it
	return n
}

// readable reports whether a build left a profile with Starlark calls.
func readable(o *observe.Observation) bool { return o.Trace != nil && o.Trace.StarlarkCalls > 0 }

// Load reads the corpus in dir. The sources are made anew below scratch; a
// scenario that was recorded from other sources is an error, for then the
// answers would be about something else.
func Load(ctx context.Context, dir, scratch string) ([]Case, error) {
	every := func(generate.Scenario) bool { return true }
	return loadEach(dir, scratch, every, func(s generate.Scenario, folder string) (Case, error) {
		return loadCase(ctx, s, folder, filepath.Join(scratch, s.ID))
	})
}

// loadEach loads the recorded scenarios that are wanted, unpacked below scratch.
func loadEach(dir, scratch string, wanted func(generate.Scenario) bool, load func(s generate.Scenario, folder string) (Case, error)) ([]Case, error) {
	names, err := pack.Scenarios(dir)
	if err != nil {
		return nil, fmt.Errorf("reading the corpus: %w", err)
	}
	var cases []Case
	for _, name := range names {
		folder := filepath.Join(scratch, "recorded", name)
		if err := pack.Read(filepath.Join(dir, name+pack.Ending), folder); err != nil {
			return nil, fmt.Errorf("corpus: %w", err)
		}
		s, err := recorded(folder)
		if err != nil {
			return nil, fmt.Errorf("corpus %s: %w", name, err)
		}
		if !wanted(s) {
			continue
		}
		c, err := load(s, folder)
		if err != nil {
			return nil, fmt.Errorf("corpus %s: %w", name, err)
		}
		if len(c.Crashed) > 0 { // one that never crashed asks no question
			cases = append(cases, c)
		}
	}
	return cases, nil
}

func loadCase(ctx context.Context, s generate.Scenario, dir, scratch string) (Case, error) {
	c := Case{Scenario: s}
	var err error
	if c.Workspace, err = writeSources(ctx, s, scratch); err != nil {
		return Case{}, err
	}
	return c, c.observe(ctx, dir)
}

// recorded is the scenario that a folder of the corpus was recorded from.
func recorded(dir string) (generate.Scenario, error) {
	var told struct {
		ID     string `json:"id"`
		Digest string `json:"sources_sha256"`
	}
	text, err := os.ReadFile(filepath.Join(dir, "scenario.json"))
	if err == nil {
		err = json.Unmarshal(text, &told)
	}
	if err != nil {
		return generate.Scenario{}, err
	}
	dash := strings.LastIndex(told.ID, "-")
	n, err := strconv.Atoi(told.ID[dash+1:])
	if err != nil {
		return generate.Scenario{}, fmt.Errorf("scenario %q has no number: %w", told.ID, err)
	}
	if kind := told.ID[:max(dash, 0)]; !generate.Known(kind) {
		return generate.Scenario{}, fmt.Errorf("no kind %q", kind)
	}
	s := generate.New(told.ID[:dash], n)
	if s.Digest() != told.Digest {
		return generate.Scenario{}, errors.New("recorded from other sources than accuracy/generate makes now; record it again")
	}
	return s, nil
}

func writeSources(ctx context.Context, s generate.Scenario, root string) (*starlark.Workspace, error) {
	if err := writeFiles(filepath.Join(root, "workspace"), s.Files); err != nil {
		return nil, err
	}
	o := starlark.LoadOptions{}
	if len(s.External) > 0 {
		o.OutputBase = filepath.Join(root, "output_base")
		if err := writeFiles(o.OutputBase, s.External); err != nil {
			return nil, err
		}
	}
	return starlark.Load(ctx, filepath.Join(root, "workspace"), o)
}

func writeFiles(root string, files map[string]string) error {
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// rel is a source's path as answers have it: below the workspace, or from
// external/ on.
func (c *Case) rel(file string) string {
	if i := strings.Index(file, "/output_base/external/"); i >= 0 && len(c.External) > 0 {
		return file[i+len("/output_base/"):]
	}
	return c.Workspace.Rel(file)
}

func (c *Case) observe(ctx context.Context, dir string) error {
	found, _, err := measurement.Open(ctx, dir)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	observe := func(m measurement.Measurement) (*observe.Observation, error) {
		o, err := observe.Read(ctx, m, observe.ReadOptions{})
		if err == nil {
			// The path is that of this machine; the order shall not be.
			o.Summary.Path, o.Summary.Series = c.ID+"/"+filepath.Base(m.Path), c.ID
		}
		return o, err
	}
	for _, m := range found {
		if len(m.Parts[measurement.HeapSummary]) > 0 {
			with, err := observe(m)
			if err != nil {
				return err
			}
			if with.Crashed() {
				c.Dumped = append(c.Dumped, with)
			}
			m.Parts = maps.Clone(m.Parts)
			delete(m.Parts, measurement.HeapSummary)
		}
		o, err := observe(m)
		if err != nil {
			return err
		}
		switch {
		case o.Crashed():
			c.Crashed = append(c.Crashed, o)
		case o.Summary.Status == measurement.OK:
			c.Passed = append(c.Passed, o)
		}
	}
	return nil
}
