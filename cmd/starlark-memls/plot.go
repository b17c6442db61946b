// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/plain"
	"example.invalid/starlark-memls/internal/plot"
)

// A plotRequest is the command line of plot.
type plotRequest struct {
	out, show      string
	excludeCrashes bool
	header         bool
	min, max       float64
	dark           bool
	workspace      string
}

func newPlot() *cobra.Command {
	var r plotRequest
	c := &cobra.Command{
		Use:     "plot --out FILE.{svg,png} CSV-OR-SERIES…",
		Short:   "Draw duration, collections and crashes over the memory limit",
		GroupID: "measure",
		Long: `Draw series of measurements, or tables that stats (or memory-adventure's
stats.sh) printed: duration with its standard deviation over the memory limit,
limits under which a build crashed as crosses with their share, the number of
garbage collections where there is one series, and below the fitted
probability of a crash with its 95 % interval and the limit to set. A line for
each limit is printed: MiB, mean and deviation of the duration in seconds, mean
minus deviation, ok or crash, crashes of builds; --header names them. The
duration is that of the profile, as in the CSV of stats. What was drawn, and
the limit to set, is told on standard error.

With --show the picture is of one PROFILE (or measurement) over its time:

` + pictureRows(plot.OfProfile) + `
or of what report says of the PATHs:

` + pictureRows(plot.OfReport) + `
An SVG follows the viewer's light or dark setting and needs no font.`,
		Example: `  starlark-memls plot --out sweep.svg series
  starlark-memls plot --out modes.png --exclude-crashes regular.csv skymeld.csv
  starlark-memls plot --out pauses.svg --show gc-duration series/200m-1
  starlark-memls plot --out suspects.svg --show suspects series`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, paths []string) error {
			switch {
			case r.out == "":
				return usagef("--out is missing: name the picture, FILE.svg or FILE.png")
			case !slices.Contains([]string{".svg", ".png"}, strings.ToLower(filepath.Ext(r.out))):
				return usagef("--out %s: the name must end in .svg or .png", r.out)
			case r.max > 0 && r.max < r.min:
				return usagef("--max %g is below --min %g", r.max, r.min)
			}
			kind, err := plot.KindOf(r.show)
			if err != nil {
				return usageError{err}
			}
			if kind.Of == plot.OfProfile && len(paths) != 1 {
				return usagef("--show %s draws one profile", r.show)
			}
			picture, err := r.picture(c, kind, absolute(paths))
			if err != nil {
				return err
			}
			return r.write(c, picture)
		},
	}
	f := c.Flags()
	f.StringVar(&r.out, "out", "", "the picture: FILE.svg or FILE.png (required)")
	f.StringVar(&r.show, "show", plot.ShowLimits, strings.Join(plot.Shows(), ", "))
	f.BoolVar(&r.excludeCrashes, "exclude-crashes", false, "leave crashed builds out of means and deviations")
	f.Float64Var(&r.min, "min", 0, "lowest limit drawn, in MiB")
	f.Float64Var(&r.max, "max", 0, "highest limit drawn, in MiB")
	workspaceFlag(c, &r.workspace)
	f.BoolVar(&r.header, "header", false, "a line with the names of the fields before the printed lines")
	f.BoolVar(&r.dark, "dark", false, "draw a PNG on dark ground")
	completeWords(c, "show", plot.Shows()...)
	return c
}

// pictureRows are the pictures of a subject, as the help has them.
func pictureRows(of plot.Subject) string {
	var b strings.Builder
	for _, k := range plot.Kinds() {
		if k.Of == of {
			fmt.Fprintf(&b, "  %-15s %s\n", k.Show, k.What)
		}
	}
	return b.String()
}

func (r *plotRequest) picture(c *cobra.Command, kind plot.Kind, paths []string) (*plot.Picture, error) {
	switch kind.Of {
	case plot.OfReport:
		concluded, _, err := conclude(c.Context(), r.workspace, paths)
		if err != nil {
			return nil, err
		}
		return kind.Report(concluded)
	case plot.OfProfile:
		return kind.OpenProfile(c.Context(), paths[0])
	}
	rows, err := openSeries(c.Context(), c.ErrOrStderr(), paths)
	if err != nil {
		return nil, err
	}
	choice := plot.Choice{MinBytes: int64(r.min * (1 << 20)), MaxBytes: int64(r.max * (1 << 20)), ExcludeCrashes: r.excludeCrashes}
	list := plot.Summarize(rows, choice)
	picture, err := plot.Limits(list)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(paths, ", "), err)
	}
	if r.header {
		fmt.Fprintln(c.OutOrStdout(), plot.LinesHeader)
	}
	if err := plot.WriteLines(c.OutOrStdout(), c.ErrOrStderr(), list); err != nil {
		return nil, err
	}
	for _, line := range plot.Results(list) {
		fmt.Fprintln(c.ErrOrStderr(), "starlark-memls: "+line)
	}
	return picture, nil
}

func (r *plotRequest) write(c *cobra.Command, picture *plot.Picture) error {
	for _, w := range picture.Warnings {
		fmt.Fprintf(c.ErrOrStderr(), "starlark-memls: %s\n", w)
	}
	theme := plot.Light
	if r.dark {
		theme = plot.Dark
	}
	content, err := picture.Encode(r.out, theme)
	if err != nil {
		return err
	}
	if err := os.WriteFile(r.out, content, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(c.ErrOrStderr(), "starlark-memls: %s: %s\n", plain.Path(r.out), plain.Line(picture.Title))
	return nil
}
