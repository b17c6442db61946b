// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/bazel/trace"
	"example.invalid/starlark-memls/internal/input"
)

// views are the words that --show takes.
var views = []string{
	string(trace.ViewThreads), string(trace.ViewHistogram),
	string(trace.ViewClose), string(trace.ViewMedium), string(trace.ViewFar),
}

func newActive() *cobra.Command {
	var show, thresholds string
	c := &cobra.Command{
		Use:     "active PROFILE|MEASUREMENT",
		Short:   "Print the functions active at the end of a profile",
		GroupID: "look",
		Long: `Print which Starlark functions were active at the end of a trace profile (or that
of a measurement: a folder, an output base), in the form that memory-adventure's parse-profile.py prints:

  threads           each thread's last call: thread, function, end
  close|medium|far  the calls that ended within 0.1, 1, 10 s of the last one
  histogram         all three windows, each line with the window's name

Times are microseconds since the profile's start.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			t, err := trace.ParseThresholds(thresholds)
			if err != nil {
				return usageError{err}
			}
			view := trace.View(show)
			if !slices.Contains(views, show) {
				return usagef("unknown --show %q: it is one of %s", show, strings.Join(views, ", "))
			}
			path := args[0]
			if info, err := os.Stat(path); err == nil && info.IsDir() {
				if path, _, err = profileAt(c.Context(), path); err != nil {
					return err
				}
			}
			file, err := input.OpenNamed(c.Context(), path)
			if err != nil {
				return err
			}
			defer file.Close()
			active, summary, err := trace.ReadActive(c.Context(), file, t)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			switch {
			case len(active.Threads) > 0 && summary.Damage != "":
				fmt.Fprintf(c.ErrOrStderr(), "starlark-memls: %s: %s\n", args[0], summary.Damage)
			case summary.Damage != "":
				return fmt.Errorf("%s: no Starlark call in this profile: %s", args[0], summary.Damage)
			case len(active.Threads) == 0:
				return errors.New(args[0] + ": no Starlark call in this profile")
			}
			return active.Print(c.OutOrStdout(), view)
		},
	}
	c.Flags().StringVar(&show, "show", string(trace.ViewThreads), "threads, histogram, close, medium or far")
	c.Flags().StringVar(&thresholds, "thresholds", "1e5,1e6,1e7", "lengths of the windows close,medium,far in microseconds")
	completeWords(c, "show", views...)
	return c
}
