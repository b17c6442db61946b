package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"starlark-memls/measure"
	"starlark-memls/measure/threshold"
	"starlark-memls/series"
)

// limitStep is what limits are rounded to.
const limitStep = 1 << 20

// runSweep builds under all limits and says what they have shown.
func runSweep(c *cobra.Command, s *measure.Sweep) error {
	progress := newSweepProgress(c.ErrOrStderr())
	err := s.Run(c.Context(), io.Discard, progress.tell)
	progress.close()
	if err != nil {
		return howToGoOn(c, err)
	}
	var errs []error
	for _, mode := range s.Modes {
		found, err := measure.Judge(c.Context(), s.Out, mode)
		errs = append(errs, printFinding(c, s.Out, mode, found, err))
	}
	return errors.Join(errs...)
}

// search looks for the limit that the build needs.
func (r *sweepRequest) search(c *cobra.Command, s *measure.Sweep) error {
	if len(s.Modes) != 1 || s.Shards > 1 || s.Jobs > 1 {
		return usagef("--find-limit takes one --mode, no shards and one job: each limit depends on the builds before")
	}
	precision, err := parseShare(r.precision)
	if err != nil {
		return usageError{err}
	}
	search := &measure.Search{Options: s.Options, Bazel: s.Bazel, Out: s.Out, Mode: s.Modes[0],
		Range:     threshold.Range{LowBytes: slices.Min(s.Limits), HighBytes: slices.Max(s.Limits)},
		StepBytes: limitStep, Precision: precision, Budget: r.budget}
	progress := newSweepProgress(c.ErrOrStderr())
	found, err := search.Run(c.Context(), io.Discard, func(e measure.Event, f measure.Finding) {
		progress.tell(e)
	})
	progress.close()
	if err != nil {
		return howToGoOn(c, err)
	}
	if !found.Reached {
		fmt.Fprintf(c.ErrOrStderr(), "starlark-memls: --budget %d is used up before --precision %s was reached; the same command with a larger budget goes on\n", r.budget, r.precision)
	}
	return printFinding(c, s.Out, search.Mode, found, nil)
}

// howToGoOn adds to an interruption how the sweep is taken up again.
func howToGoOn(c *cobra.Command, err error) error {
	if errors.Is(err, context.Canceled) {
		fmt.Fprintf(c.ErrOrStderr(), "stopped; what is done stays done. To go on:\n  %s\n", sameAgain(c))
		return context.Canceled
	}
	return err
}

// printFinding says what limit to use and at what risk.
func printFinding(c *cobra.Command, out string, mode measure.Mode, found measure.Finding, err error) error {
	if errors.Is(err, measure.ErrNoOutcome) {
		return fmt.Errorf("%s: %w in mode %s; see starlark-memls stats --format table %s", out, err, mode, shellLine([]string{out}))
	}
	if err != nil {
		return err
	}
	w := c.OutOrStdout()
	fmt.Fprintf(w, "%s: %d builds, %d of them crashed\n", mode, found.Estimate.Trials, found.Crashes)
	switch {
	case found.Crashes == 0:
		fmt.Fprintf(w, "  no build crashed: the build needs less than the lowest limit tried\n")
		printFloor(c, w, out, mode)
	case found.Crashes == found.Estimate.Trials:
		fmt.Fprintf(w, "  every build crashed: the build needs more than the highest limit tried\n")
	default:
		printEstimate(w, found)
	}
	return nil
}

// printFloor predicts what no crash has shown yet.
func printFloor(c *cobra.Command, w io.Writer, out string, mode measure.Mode) {
	rows, _, err := series.Open(c.Context(), out)
	if err != nil {
		return // the sweep itself has succeeded
	}
	floor, err := series.Floor(rows, string(mode))
	if err != nil {
		fmt.Fprintf(w, "  no prediction either: %v\n", err)
		return
	}
	fmt.Fprintf(w, "  predicted, from what garbage collection cost, not observed: it cannot pass under %s (95 %% interval %s to %s)\n",
		megabytes(floor.Bytes), megabytes(floor.LowBytes), megabytes(floor.HighBytes))
}

func printEstimate(w io.Writer, found measure.Finding) {
	fmt.Fprintf(w, "  half of the builds crash at %s (95 %% interval %s to %s)\n", megabytes(found.Half.Bytes), megabytes(found.Half.LowBytes), megabytes(found.Half.HighBytes))
	fmt.Fprintf(w, "  99 %% pass at %s (95 %% interval %s to %s)\n", megabytes(found.Safe.Bytes), megabytes(found.Safe.LowBytes), megabytes(found.Safe.HighBytes))
	fmt.Fprintf(w, "  chance decides within a band of %.0f %% (%.0f %% to %.0f %%)\n", 100*found.Band, 100*found.BandLow, 100*found.BandHigh)
	line, risk := found.Advice()
	fmt.Fprintf(w, "to .bazelrc, where at most %.1f %% of the builds will crash (with 97.5 %% certainty):\n  %s\n", 100*risk, line)
}

// megabytes writes a limit as -Xmx takes it.
func megabytes(bytes float64) string { return fmt.Sprintf("%.0fm", bytes/(1<<20)) }

// parseShare reads 5% or 0.05.
func parseShare(text string) (float64, error) {
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	share, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if percent {
		share /= 100
	}
	if err != nil || !(share > 0 && share < 1) {
		return 0, fmt.Errorf("--precision %q: a share such as 5%% or 0.05", text)
	}
	return share, nil
}
