// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"example.invalid/starlark-memls/internal/plot"
	"example.invalid/starlark-memls/internal/series"
	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/internal/wire"
)

// PlotArguments holds the command line's options of plot by name.
type PlotArguments struct {
	Paths          []string `json:"paths,omitempty"`
	Workspace      string   `json:"workspace,omitempty"`
	Out            string   `json:"out,omitempty"`
	Show           string   `json:"show,omitempty"`
	ExcludeCrashes bool     `json:"exclude-crashes,omitempty"`
	Min            float64  `json:"min,omitempty"` // MiB, as on the command line
	Max            float64  `json:"max,omitempty"`
	Dark           bool     `json:"dark,omitempty"`
}

// UnmarshalJSON takes no option that there is not.
func (a *PlotArguments) UnmarshalJSON(raw []byte) error {
	type plain PlotArguments
	return wire.DecodeOptions(raw, (*plain)(a))
}

// Check finds wrong usage, as the command line does, and says which picture is
// asked for.
func (a *PlotArguments) Check() (plot.Kind, error) {
	if a.Show == "" {
		a.Show = plot.ShowLimits
	}
	ext := strings.ToLower(filepath.Ext(a.Out))
	switch {
	case a.Out != "" && ext != ".svg" && ext != ".png":
		return plot.Kind{}, fmt.Errorf("out %s: the name must end in .svg or .png", a.Out)
	case a.Min < 0 || a.Max < 0 || a.Max > 0 && a.Max < a.Min:
		return plot.Kind{}, fmt.Errorf("max %g is below min %g, or one is negative", a.Max, a.Min)
	}
	return plot.KindOf(a.Show)
}

// picture draws what is asked for of the paths.
func (a *PlotArguments) picture(ctx context.Context, kind plot.Kind) (*plot.Picture, error) {
	if kind.Of == plot.OfProfile {
		if len(a.Paths) != 1 {
			return nil, wire.InvalidParams("the picture %s is of one profile: name its file, or its measurement's folder", a.Show)
		}
		return kind.OpenProfile(ctx, a.Paths[0])
	}
	list, warnings, err := Summaries(ctx, a.Paths, plot.Choice{MinBytes: int64(a.Min * (1 << 20)), MaxBytes: int64(a.Max * (1 << 20)), ExcludeCrashes: a.ExcludeCrashes})
	if err != nil {
		return nil, err
	}
	picture, err := plot.Limits(list)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(a.Paths, ", "), err)
	}
	picture.Warnings = append(warnings, picture.Warnings...)
	return picture, nil
}

// Draw draws what is named, or else what is loaded in the folder (which may be
// nil), and notes in Paths what that was.
func (a *PlotArguments) Draw(ctx context.Context, kind plot.Kind, f *show.Folder) (*plot.Picture, error) {
	if kind.Of == plot.OfReport {
		return a.ofReport(kind, f)
	}
	if len(a.Paths) == 0 && f != nil {
		a.Paths = f.LoadedSeries()
	}
	if len(a.Paths) == 0 {
		return nil, errNothingToPlot
	}
	return a.picture(ctx, kind)
}

// errNothingConcluded says what to do where a picture of a report is asked for
// and there is no report.
var errNothingConcluded = errors.New("there is no report that could be drawn: load the measurements first")

// ofReport draws what was concluded of the folder, which may be nil.
func (a *PlotArguments) ofReport(kind plot.Kind, f *show.Folder) (*plot.Picture, error) {
	switch {
	case len(a.Paths) > 0:
		return nil, wire.InvalidParams("the picture %s is of what is loaded: load the measurements instead of naming them in paths", a.Show)
	case f == nil || f.Analysis == nil || f.Analysis.Report == nil:
		return nil, errNothingConcluded
	}
	return kind.Report(f.Analysis.Report)
}

// Summaries sum up the series at some paths, by limits.
func Summaries(ctx context.Context, paths []string, choice plot.Choice) ([]plot.Series, []string, error) {
	var all []series.Row
	var told []string
	for _, path := range paths {
		rows, warnings, err := series.Open(ctx, path)
		for _, w := range warnings {
			told = append(told, w.String())
		}
		if err != nil {
			return nil, told, err
		}
		all = append(all, rows...)
	}
	return plot.Summarize(all, choice), told, nil
}

// Write writes a picture where the user wants it, or else as SVG to the cache.
func Write(pages *show.Pages, a *PlotArguments, picture *plot.Picture) (path string, svg []byte, err error) {
	if a.Out == "" {
		svg = picture.LinkedSVG()
		path, err = pages.Picture(fmt.Sprintf("%+v", *a), svg)
		return path, svg, err
	}
	theme := plot.Light
	if a.Dark {
		theme = plot.Dark
	}
	content, err := picture.Encode(a.Out, theme)
	if err != nil {
		return "", nil, err
	}
	if strings.EqualFold(filepath.Ext(a.Out), ".svg") {
		svg = content
	}
	if err := os.WriteFile(a.Out, content, 0o644); err != nil {
		return "", nil, fmt.Errorf("writing the picture: %w", err)
	}
	return a.Out, svg, nil
}

// errNothingToPlot says what to do where nothing is loaded and nothing named.
var errNothingToPlot = errors.New("nothing is loaded that could be drawn: load the folder of a sweep (Load Measurements…; :MemlsLoad FOLDER in Neovim), or run one (Sweep Memory Limits…; :MemlsSweep)")
