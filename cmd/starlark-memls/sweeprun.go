// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/measure"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/series"
	"example.invalid/starlark-memls/internal/threshold"
)

// runSweep builds under all limits, or looks for the one that the build needs,
// and says what the builds have shown.
func runSweep(c *cobra.Command, job *measure.Job) error {
	progress := newSweepProgress(c.ErrOrStderr())
	outcomes, err := job.Run(c.Context(), io.Discard, progress.tell)
	progress.close()
	if err != nil {
		return howToGoOn(c, err)
	}
	r := job.Request
	if r.FindLimit && !outcomes[0].Found.Reached {
		fmt.Fprintf(c.ErrOrStderr(), "starlark-memls: --budget %d is used up before --precision %s was reached; the same command with a larger budget goes on\n", r.Budget, r.Precision)
	}
	var errs []error
	for _, o := range outcomes {
		errs = append(errs, printFinding(c, r.Out, o.Mode, o.Found, o.Err))
	}
	return errors.Join(errs...)
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
func printFinding(c *cobra.Command, out string, mode measurement.Mode, found threshold.Judgement, err error) error {
	if errors.Is(err, threshold.ErrNoOutcome) {
		return fmt.Errorf("%s: %w in mode %s; see starlark-memls stats --format table %s", out, err, mode, shellLine([]string{out}))
	}
	if err != nil {
		return err
	}
	series.WriteFinding(c.Context(), c.OutOrStdout(), out, mode, found)
	return nil
}
