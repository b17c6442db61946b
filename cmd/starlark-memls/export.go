// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/export"
	"example.invalid/starlark-memls/internal/live"
	"example.invalid/starlark-memls/internal/page"
	"example.invalid/starlark-memls/internal/plain"
	"example.invalid/starlark-memls/internal/report"
	"example.invalid/starlark-memls/starlark"
)

// exportFormats are those for other tools, and the page, of heap, live and report.
var exportFormats = []string{"html", "pprof", "folded", "speedscope"}

func isExport(format string) bool { return slices.Contains(exportFormats, format) }

func measureFlag(c *cobra.Command, to *string) {
	c.Flags().StringVar(to, "measure", "", "what --format folded counts (default: retained where it is known)")
}

// writeExport writes stacks to stdout. A profile of pprof is binary, and so for
// no terminal.
func writeExport(c *cobra.Command, format, measure string, s *export.Stacks) error {
	if len(s.Samples) == 0 {
		return errors.New("there is nothing to export: no function, holder or crash is known")
	}
	switch format {
	case "folded":
		return export.WriteFolded(c.OutOrStdout(), s, measure)
	case "speedscope":
		return export.WriteSpeedscope(c.OutOrStdout(), s)
	}
	out := plain.Raw(c.OutOrStdout())
	if _, ok := terminal(out); ok {
		return usagef("a profile of pprof is binary: send it to a file, >heap.pb.gz")
	}
	return export.WritePprof(out, s)
}

// export writes who holds a heap.
func (r *heapRequest) export(c *cobra.Command, s *heap.Summary) error {
	if s.Owners == nil {
		return errors.New("who holds the memory could not be told, so there is nothing to export")
	}
	o, err := r.exportOptions(c.Context(), !s.Redacted)
	if err != nil {
		return err
	}
	if r.format == "html" {
		return page.Write(pageOut(c), page.FromHeap(s, o))
	}
	return writeExport(c, r.format, r.measure, export.FromHeap(s, o))
}

// pageOut is where a page goes: it escapes by itself what other people wrote.
func pageOut(c *cobra.Command) io.Writer { return plain.Raw(c.OutOrStdout()) }

// exportRetained writes what a measurement has kept of a heap.
func (r *heapRequest) exportRetained(c *cobra.Command, path string) error {
	retained, err := live.ReadRetained(c.Context(), path)
	if err != nil {
		return err
	}
	o, err := r.exportOptions(c.Context(), !r.redact)
	if err != nil {
		return err
	}
	if r.format == "html" {
		return usagef("a page is of a heap dump or a report; of a retained.json there are pprof, folded and speedscope")
	}
	s := export.FromRetained(retained, filepath.Base(filepath.Dir(path)), o)
	if r.redact {
		s = s.Redact(export.NewRedactor())
	}
	return writeExport(c, r.format, r.measure, s)
}

// exportOptions are those for the workspace that is named or around the current
// folder; sources are of no use where names are hashes.
func (r *heapRequest) exportOptions(ctx context.Context, sources bool) (export.StackOptions, error) {
	var o export.StackOptions
	root, err := findRoot(r.workspace)
	if err != nil || !sources {
		return o, nilIfUnnamed(err, r.workspace)
	}
	if r.workspace != "" {
		o.Root = root
	}
	o.Sources, err = loadWorkspace(ctx, root, ownOutputBase(root))
	return o, err
}

// nilIfUnnamed is no error where no workspace was named and none is around.
func nilIfUnnamed(err error, workspace string) error {
	if workspace == "" {
		return nil
	}
	return err
}

// reportTitle says what an export is of.
func reportTitle(paths []string, ws *starlark.Workspace) string {
	switch {
	case len(paths) == 1:
		return filepath.Base(paths[0])
	case ws != nil:
		return filepath.Base(ws.Root())
	}
	return "starlark-memls"
}

// An exportRequest says which export of a report is wanted.
type exportRequest struct {
	format, measure string
	redact          bool
}

func exportReport(c *cobra.Command, r *attribution.Report, ws *starlark.Workspace, paths []string, o report.Options, e exportRequest) error {
	options := export.StackOptions{Root: o.Root, Sources: ws}
	var redactor *export.Redactor
	if e.redact {
		redactor = export.NewRedactor()
	}
	if e.format == "html" {
		return page.Write(pageOut(c), page.FromReport(c.Context(), r, page.ReportOptions{StackOptions: options, Report: o, HeapCacheDir: heapCache(), Redactor: redactor}))
	}
	return writeExport(c, e.format, e.measure, export.FromReport(r, reportTitle(paths, ws), options).Redact(redactor))
}
