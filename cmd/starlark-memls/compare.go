package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/report"
	"example.invalid/starlark-memls/starlark"
)

// comparisonFormats are the writers of `compare --format`.
var comparisonFormats = map[string]func(io.Writer, *attribution.Comparison, []string, report.Options) error{
	"text":     report.WriteComparison,
	"json":     report.WriteComparisonJSON,
	"markdown": report.WriteComparisonMarkdown,
}

// failOnHelp tells the conditions' language.
const failOnHelp = `conditions, separated by commas; exit 3 where one holds: crash, sure, likely, possible`

func newCompare() *cobra.Command {
	var workspace, format, failOn string
	var top int
	c := &cobra.Command{
		Use:     "compare A B",
		Short:   "Say what differs between two sets of measurements",
		GroupID: "look",
		Long: `Compare two sets of measurements function by function: before and after a
change, or low limits against high ones. A and B are what report takes: a
measurement, a folder of measurements, an output base, a bare file.

Each function's self time and calls per build are compared with a 95 % interval
over builds, so two builds or more are needed on either side to tell a
difference from chance. Bytes in heap dumps and allocation profiles are compared
exactly, per build. What got worse comes first.

--fail-on makes a gate of it. The conditions, any of which fails with exit 3:
  crash                   B crashes and A never did, or more beyond chance
  sure, likely, possible  a suspect of that verdict in B that A does not have
  worse                   a function's self time grew beyond its interval
  self_micros>+20%        self time (or calls) grew by more than that, and
                          beyond the interval
  retained_bytes>+5%      bytes grew by more than that (or allocated_bytes)`,
		Example: `  starlark-memls compare before/ after/
  starlark-memls compare --fail-on 'worse,crash' main-series/ branch-series/`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, paths []string) error {
			write, ok := comparisonFormats[format]
			if !ok {
				return usagef("unknown --format %q: it is text, json or markdown", format)
			}
			if top < 0 {
				return usagef("--top %d: it cannot be negative", top)
			}
			conditions, err := report.ParseConditions(failOn, true)
			if err != nil {
				return usageError{err}
			}
			comparison, ws, err := compareSets(c.Context(), workspace, paths[0], paths[1])
			if err != nil {
				return err
			}
			o := terminalOptions(c, shownRoot(workspace, ws))
			o.Top = top
			held := report.HeldBetween(conditions, comparison, o)
			if err := write(textOut(c, format, o), comparison, held, o); err != nil {
				return err
			}
			return gate(c.ErrOrStderr(), held)
		},
	}
	workspaceFlag(c, &workspace)
	c.Flags().StringVar(&format, "format", "text", "text, json or markdown")
	c.Flags().IntVar(&top, "top", 0, "how many functions to list (0: as many as the format usually does)")
	c.Flags().StringVar(&failOn, "fail-on", "", failOnHelp+", worse, self_micros>+20%, calls>+20%")
	completeWords(c, "format", "text", "json", "markdown")
	completeWords(c, "fail-on", "crash", "sure", "likely", "possible", "worse", "self_micros>+20%")
	return c
}

// compareSets concludes both sides against one workspace.
func compareSets(ctx context.Context, workspace, a, b string) (*attribution.Comparison, *starlark.Workspace, error) {
	first, ws, err := conclude(ctx, workspace, []string{a})
	if err != nil {
		return nil, nil, fmt.Errorf("reading A: %w", err)
	}
	second, _, err := conclude(ctx, workspace, []string{b})
	if err != nil {
		return nil, nil, fmt.Errorf("reading B: %w", err)
	}
	return attribution.Compare(first, second), ws, nil
}

// gate tells the conditions that hold, one line each, and is the error for the
// exit status.
func gate(stderr io.Writer, held []string) error {
	var err error
	for _, h := range held {
		_, wrote := fmt.Fprintln(stderr, "starlark-memls: --fail-on "+h)
		err = errors.Join(err, wrote)
	}
	if err != nil || len(held) == 0 {
		return err
	}
	return errGate
}
