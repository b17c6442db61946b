// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"example.invalid/starlark-memls/internal/bazel/heap"
)

// keptRows bounds each view of a dump's summary: what is further down holds
// little.
const keptRows = 8

// summariseDumps turns the dumps that were kept into heap.json beside the
// measurements they are of, and removes them: 100 MB become some kilobytes,
// without contents.
func summariseDumps(ctx context.Context, dumps, out string) error {
	found, err := filepath.Glob(filepath.Join(dumps, "*.hprof"))
	if err != nil {
		return err
	}
	for _, dump := range found {
		folder := filepath.Join(out, of(dump))
		if _, err := os.Stat(folder); err != nil {
			continue
		}
		s, err := heap.Read(ctx, dump, heap.ReadOptions{})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil { // a server that was killed while it wrote leaves half of one
			fmt.Fprintf(os.Stderr, "%s: %v\n", dump, err)
			continue
		}
		trim(s)
		if err := writeJSON(filepath.Join(folder, "heap.json"), s); err != nil {
			return err
		}
		if err := os.Remove(dump); err != nil {
			return err
		}
	}
	return nil
}

// of is the measurement that a dump is of, as a path in the corpus. Kinds have
// underscores of their own: the last one parts scenario from run.
func of(dump string) string {
	name := strings.TrimSuffix(filepath.Base(dump), ".hprof")
	i := strings.LastIndexByte(name, '_')
	return filepath.Join(name[:max(i, 0)], name[i+1:])
}

// trim leaves out what no evidence is drawn from.
func trim(s *heap.Summary) {
	s.Histogram, s.Failed, s.Findings = nil, nil, nil
	for i := range s.Threads {
		s.Threads[i].Java = nil
	}
	if s.Owners == nil {
		return
	}
	s.Owners.BazelClasses = nil
	for i := range s.Owners.Views {
		rows := s.Owners.Views[i].Rows
		s.Owners.Views[i].Rows = rows[:min(len(rows), keptRows)]
	}
}
