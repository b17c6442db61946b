package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/measure"
	"example.invalid/starlark-memls/internal/measure/threshold"
	"example.invalid/starlark-memls/internal/series"
)

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
	precision, err := measure.ParsePrecision(r.precision)
	if err != nil {
		return usageError{err}
	}
	search := &measure.Search{Options: s.Options, Bazel: s.Bazel, Out: s.Out, Mode: s.Modes[0],
		Range:     threshold.Range{LowBytes: slices.Min(s.Limits), HighBytes: slices.Max(s.Limits)},
		StepBytes: measure.LimitStep, Precision: precision, Budget: r.budget}
	if search.Range.LowBytes == search.Range.HighBytes {
		return usagef("--memory %s is one limit; a search needs a span to look in, such as 200m,1g", r.memory)
	}
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
	series.WriteFinding(c.Context(), c.OutOrStdout(), out, mode, found)
	return nil
}
