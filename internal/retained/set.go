// SPDX-License-Identifier: Apache-2.0

package retained

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/gauge"
	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/threshold"
)

// A Set is the builds at one path.
type Set struct {
	Builds []Build
	// Measured counts the builds there are, with a heap or without.
	Measured int
	bare     bool // there is nothing but heaps
	// Limit is the memory limit that the build needs; nil where nothing tells.
	Limit    *NeededLimit
	Warnings []string
}

// A Build is who held the heap of one build.
type Build struct {
	Path string // of the file
	// AtEnd: of the living server, after a build that passed; else of a dump
	// made whenever it was made, most often at a crash.
	AtEnd bool
	heap.Retained
}

// A NeededLimit is an estimate of the limit that a build needs, in bytes.
type NeededLimit struct {
	Bytes     int64  `json:"bytes"`
	LowBytes  int64  `json:"low_bytes"`
	HighBytes int64  `json:"high_bytes"`
	From      string `json:"from"` // builds, counters
}

// The sources of a Limit: builds that passed and crashed under several limits
// (95 % interval), or the counters of one that passed (9 of 10).
const (
	FromBuilds   = "builds"
	FromCounters = "counters"
)

// ErrNone says that a path has no heap to compare.
var ErrNone = errors.New("nothing there says who held the heap; give a retained.json (starlark-memls measure) or a heap dump")

// Read reads who held the heaps of the builds at the paths, which are files,
// measurements or folders of them. Files below root are given relative to it.
// The Set is there with ErrNone, too, for its Limit.
func Read(ctx context.Context, paths []string, root string, opts heap.OpenOptions) (Set, error) {
	s := Set{bare: true}
	var records []*measurement.Record
	for _, path := range paths {
		found, warnings, err := measurement.Open(ctx, path)
		if err != nil {
			return s, err
		}
		for _, w := range warnings {
			s.Warnings = append(s.Warnings, w.String())
		}
		for i := range found {
			m := &found[i]
			if m.Record != nil && m.Record.Warmup {
				continue
			}
			s.Measured++
			s.bare = s.bare && bare(m)
			records = append(records, m.Record)
			b, ok, err := readBuild(ctx, m, opts)
			switch {
			case ctx.Err() != nil:
				return s, ctx.Err()
			case err != nil:
				s.Warnings = append(s.Warnings, err.Error())
			case ok:
				b.Retained = b.RelativeTo(root)
				s.Builds = append(s.Builds, b)
			}
		}
	}
	s.Limit = limitOf(records)
	s.onlyPassed()
	if len(s.Builds) == 0 {
		if len(s.Warnings) > 0 {
			return s, fmt.Errorf("%w (%s)", ErrNone, s.Warnings[0])
		}
		return s, ErrNone
	}
	return s, nil
}

// Bare reports whether there is nothing there but heaps: no profile, no console.
func (s *Set) Bare() bool { return s.bare }

func bare(m *measurement.Measurement) bool {
	for part := range m.Parts {
		switch part {
		case measurement.HeapDump, measurement.HeapSummary, measurement.Retained, measurement.Counters:
		default:
			return false
		}
	}
	return true
}

// readBuild reads the best there is of one measurement.
func readBuild(ctx context.Context, m *measurement.Measurement, opts heap.OpenOptions) (b Build, ok bool, err error) {
	if list := m.Parts[measurement.Retained]; len(list) > 0 {
		r, err := readRetained(ctx, list[0])
		return Build{Path: list[0], AtEnd: true, Retained: r}, err == nil, err
	}
	var path string
	var summary *heap.Summary
	if list := m.Parts[measurement.HeapDump]; len(list) > 0 {
		path = list[0]
		summary, err = heap.Read(ctx, path, heap.ReadOptions{OpenOptions: opts})
	} else if list := m.Parts[measurement.HeapSummary]; len(list) > 0 {
		path = list[0]
		summary, err = readSummary(ctx, path)
	}
	if err != nil || summary == nil {
		return b, false, err
	}
	r, ok := summary.Retained()
	if !ok {
		return b, false, fmt.Errorf("%s: who holds the memory is not known", path)
	}
	return Build{Path: path, Retained: r}, true, nil
}

func readRetained(ctx context.Context, path string) (heap.Retained, error) {
	f, err := input.Open(ctx, path)
	if err != nil {
		return heap.Retained{}, err
	}
	defer f.Close()
	r, err := heap.ReadRetained(f)
	if err != nil {
		return r, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func readSummary(ctx context.Context, path string) (*heap.Summary, error) {
	const longest = 256 << 20
	f, err := input.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := new(heap.Summary)
	if err := json.NewDecoder(io.LimitReader(f, longest)).Decode(s); err != nil {
		return nil, fmt.Errorf("%s: not what was kept of a heap dump: %w", path, err)
	}
	return s, nil
}

// One is the set of one heap of a living server.
func One(r heap.Retained) Set {
	return Set{Builds: []Build{{AtEnd: true, Retained: r}}, Measured: 1}
}

// onlyPassed leaves out the dumps where there are heaps of builds that passed:
// a crash comes at any moment, and holds more or less by that alone.
func (s *Set) onlyPassed() {
	if slices.ContainsFunc(s.Builds, func(b Build) bool { return b.AtEnd }) {
		s.Builds = slices.DeleteFunc(s.Builds, func(b Build) bool { return !b.AtEnd })
	}
}

// AtEnd reports whether the heaps are those of builds that passed.
func (s *Set) AtEnd() bool { return len(s.Builds) > 0 && s.Builds[0].AtEnd }

// limitOf estimates the limit from how builds ended, else from the counters of
// those that passed.
func limitOf(records []*measurement.Record) *NeededLimit {
	var found threshold.Judgement
	var needs []gauge.Need
	for _, r := range records {
		if r == nil || r.MemoryLimitBytes == 0 {
			continue
		}
		found.Learn(*r)
		if r.Status == measurement.OK && r.Heap != nil && r.Heap.PeakAfterBytes != nil {
			needs = append(needs, gauge.NeedOf(*r.Heap.PeakAfterBytes, r.MemoryLimitBytes))
		}
	}
	if judged, err := threshold.JudgeTrials(found.Trials); err == nil && judged.Crashes > 0 && judged.Crashes < len(judged.Trials) && !judged.AtEdge {
		half := judged.Half
		return &NeededLimit{int64(half.Bytes), int64(half.LowBytes), int64(half.HighBytes), FromBuilds}
	}
	if len(needs) == 0 {
		return nil
	}
	// The least of them: what a build with more room left uncollected is no need.
	n := slices.MinFunc(needs, func(a, b gauge.Need) int { return int(a.HighBytes - b.HighBytes) })
	return &NeededLimit{n.Bytes, n.LowBytes, n.HighBytes, FromCounters}
}
