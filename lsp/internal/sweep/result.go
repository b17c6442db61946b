// SPDX-License-Identifier: Apache-2.0

package sweep

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"example.invalid/starlark-memls/internal/measure"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/plot"
	"example.invalid/starlark-memls/internal/series"
	"example.invalid/starlark-memls/internal/threshold"
	"example.invalid/starlark-memls/lsp/internal/picture"
	"example.invalid/starlark-memls/lsp/internal/show"
)

// finished shows what a sweep has found: the limit to set and its risk in a
// message, and all of it, with the picture, on a page.
func (r *run) finished(ctx context.Context, outcomes []measure.Outcome) {
	var limits []show.LimitOverview
	var said []string
	for _, f := range outcomes {
		if f.Err == nil {
			limits = append(limits, limitOverview(f.Mode, f.Found))
		}
		said = append(said, inWords(f))
	}
	if r.Search != nil && len(outcomes) == 1 && !outcomes[0].Found.Reached {
		said = append(said, fmt.Sprintf("The budget of %d builds is used up before the precision of %s was reached; the same with a larger budget goes on.", r.Search.Budget, r.Request.Precision))
	}
	list, picture := r.draw(ctx)
	page, err := r.pages.Write("sweep-"+r.Request.Out, r.page(ctx, outcomes, said, list, picture))
	if err != nil {
		r.Log.Warn("the page of the sweep could not be written", "error", err)
	}
	message := strings.Join(said, " ")
	r.changeSweep(func(o *show.SweepOverview) {
		o.State, o.Building, o.LeftMicros = show.SweepFinished, "", nil
		o.Message, o.Limits, o.Plot, o.Page = message, limits, picture, page
	})
	r.Log.Info("the sweep has ended", "out", r.Request.Out, "result", message, "plot", picture)
	if picture != "" {
		message += " Plot: " + picture
	}
	r.ShowMessage(protocol.MessageTypeInfo, message)
	if page != "" {
		r.ShowDocument(ctx, uri.File(page), nil)
	}
}

// draw draws the series. The result stands without a picture, too.
func (r *run) draw(ctx context.Context) ([]plot.Series, string) {
	a := &picture.PlotArguments{Paths: []string{r.Request.Out}, Show: plot.ShowLimits}
	list, _, err := picture.Summaries(ctx, a.Paths, plot.Choice{})
	if err != nil {
		r.Log.Warn("the sweep could not be summed up", "error", err)
		return nil, ""
	}
	drawn, err := plot.Limits(list)
	if err != nil {
		r.Log.Info("the sweep was not drawn", "reason", err)
		return list, ""
	}
	path, _, err := picture.Write(r.pages, a, drawn)
	if err != nil {
		r.Log.Warn("the sweep's drawn could not be written", "error", err)
		return list, ""
	}
	r.Update(func(next *show.Snapshot) bool { next.Plot = path; return true })
	return list, path
}

// inWords is a finding in one or two sentences.
func inWords(f measure.Outcome) string {
	if f.Err != nil {
		return fmt.Sprintf("%s: %v; the console of each build says why.", f.Mode, f.Err)
	}
	text := fmt.Sprintf("%s: %d of %d builds crashed", f.Mode, f.Found.Crashes, f.Found.Estimate.Trials)
	switch f.Found.Crashes {
	case 0:
		return text + "; the build needs less than the lowest limit tried."
	case f.Found.Estimate.Trials:
		return text + "; the build needs more than the highest limit tried."
	}
	line, risk := f.Found.Advice()
	return fmt.Sprintf("%s. To .bazelrc, where at most %.1f %% of the builds will crash (with 97.5 %% certainty): %s", text, 100*risk, line)
}

// page is the whole result in Markdown.
func (r *run) page(ctx context.Context, outcomes []measure.Outcome, said []string, list []plot.Series, picture string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Memory limit of %s\n\n", strings.Join(r.Request.Args, " "))
	for _, text := range said {
		fmt.Fprintf(&b, "%s\n\n", text)
	}
	for _, f := range outcomes {
		if f.Err == nil {
			b.WriteString("```\n")
			series.WriteFinding(ctx, &b, r.Request.Out, f.Mode, f.Found)
			b.WriteString("```\n\n")
		}
	}
	if picture != "" {
		fmt.Fprintf(&b, "![Build duration and crashes over the memory limit](%s)\n\n", uri.File(picture))
	}
	for _, s := range list {
		fmt.Fprintf(&b, "## %s\n\n| memory limit | builds | crashed | duration (mean ± deviation) |\n|---:|---:|---:|---:|\n", s.Name)
		for _, l := range s.Limits {
			duration := "not known"
			if l.Seconds.Count > 0 {
				duration = fmt.Sprintf("%.1f s ± %.1f s", l.Seconds.Mean, l.Seconds.Deviation)
			}
			fmt.Fprintf(&b, "| %s | %d | %d | %s |\n", measurement.Limit(l.Bytes), l.Builds, l.Crashes, duration)
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "The measurements are in `%s`.\n", filepath.FromSlash(r.Request.Out))
	return b.String()
}

func limitOverview(mode measurement.Mode, f threshold.Judgement) show.LimitOverview {
	o := show.LimitOverview{Mode: string(mode), Builds: f.Estimate.Trials, Crashes: f.Crashes}
	if f.Crashes == 0 || f.Crashes == f.Estimate.Trials {
		return o
	}
	o.Half = &show.IntervalOverview{Bytes: int64(f.Half.Bytes), LowBytes: int64(f.Half.LowBytes), HighBytes: int64(f.Half.HighBytes)}
	o.Safe = &show.IntervalOverview{Bytes: int64(f.Safe.Bytes), LowBytes: int64(f.Safe.LowBytes), HighBytes: int64(f.Safe.HighBytes)}
	line, risk := f.Advice()
	o.Bazelrc, o.Risk = line, &risk
	return o
}
