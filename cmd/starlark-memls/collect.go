// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/gather"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/fleet"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/quantity"
	"example.invalid/starlark-memls/internal/retained"
	"example.invalid/starlark-memls/starlark"
)

// A collectRequest is the command line of collect.
type collectRequest struct {
	workspace, out, project, commit string
}

func newCollect() *cobra.Command {
	var r collectRequest
	c := &cobra.Command{
		Use:     "collect --out DIR [PATH…]",
		Short:   "Write builds and crashes as Parquet rows, for a fleet's database",
		GroupID: "measure",
		Long: `Write what builds left as rows for a team's own database: Parquet in Hive folders
by date, which DuckDB, Spark, ClickHouse, BigQuery and Trino read directly:

  DIR/v1/builds/date=2026-12-01/BUILD.parquet     passing ones, too
  DIR/v1/crashes/…   suspects/…   owners/…

A PATH is what report takes; give builds that passed as well, or the number of
crashes means nothing. With no PATH it is what the last Bazel command in this
workspace left in its output base. A heap dump of gigabytes becomes some
kilobytes.

The rows hold no content, no environment, no flags, no target's label and no
path of the machine. A build's rows are the same wherever they are made, and
replace those of an earlier run: any number of workers may write to one folder.
Each crash has signatures from coarse to fine, and each function that may have
caused it has its probability. docs/fleet.md has the columns and the queries.`,
		Example: `  starlark-memls collect --out rows --project app --commit "$(git rev-parse HEAD)"
  starlark-memls collect --out rows ci-artifacts/*/`,
		RunE: func(c *cobra.Command, paths []string) error { return r.run(c, paths) },
	}
	workspaceFlag(c, &r.workspace)
	f := c.Flags()
	f.StringVar(&r.out, "out", "", "the folder of the rows (required)")
	f.StringVar(&r.project, "project", "", "name of the project, written into each row")
	f.StringVar(&r.commit, "commit", "", "revision that was built, written into each row")
	return c
}

func (r *collectRequest) run(c *cobra.Command, paths []string) error {
	if r.out == "" {
		return usagef("--out is missing: name the folder of the rows")
	}
	ctx := c.Context()
	root, err := findRoot(r.workspace)
	if err != nil && (r.workspace != "" || len(paths) == 0) {
		return err
	}
	options := observe.ReadOptions{HeapCacheDir: heapCache()}
	var evidence gather.Gathered
	if len(paths) > 0 {
		evidence, err = gather.Paths(ctx, absolute(paths), options)
	} else {
		evidence, err = gather.Workspace(ctx, root, options)
	}
	if err != nil {
		return err
	}
	if len(evidence.Observations) == 0 {
		return noFacts(evidence.Warnings)
	}
	for _, w := range evidence.Warnings {
		fmt.Fprintf(c.ErrOrStderr(), "starlark-memls: %s: %s\n", w.Path, w.Message)
	}
	var ws *starlark.Workspace
	if root != "" {
		if ws, err = loadWorkspace(ctx, root, ownOutputBase(root)); err != nil {
			return err
		}
	}
	out := absolute([]string{r.out})[0]
	var builds, crashes int
	var size int64
	for _, o := range evidence.Observations {
		rows, err := r.rows(c, o, ws, root)
		if err != nil {
			return err
		}
		_, bytes, err := fleet.Write(out, rows)
		if err != nil {
			return err
		}
		builds, crashes, size = builds+1, crashes+len(rows.Crashes), size+bytes
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "%s: %s, %s, %s\n", r.out, quantity.Count(builds, "build", "builds"), quantity.Count(crashes, "crash", "crashes"), quantity.Bytes(size))
	return err
}

// rows concludes one build by itself: what others have shown is the database's
// to join.
func (r *collectRequest) rows(c *cobra.Command, o *observe.Observation, ws *starlark.Workspace, root string) (fleet.Rows, error) {
	s := fleet.BuildFacts{Root: root, Project: r.project, Commit: r.commit, Now: time.Now()}
	if ws != nil {
		s.Resolve = func(printed string) string { return ws.Resolve(printed).Path }
	}
	s.Report = attribution.Conclude(c.Context(), []*observe.Observation{o}, ws, attribution.ConcludeOptions{})
	path := o.Summary.Path
	if found, _, err := measurement.Open(c.Context(), path); err == nil && len(found) == 1 {
		s.Record = found[0].Record
	}
	heaps, err := retained.Read(c.Context(), []string{path}, root, heap.OpenOptions{CacheDir: heapCache()})
	if err == nil && heaps.Measured == 1 {
		s.Heap = heaps
	}
	return fleet.FromSource(s), c.Context().Err()
}
