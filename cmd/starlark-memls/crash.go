// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/report"
)

func newCrash() *cobra.Command {
	var workspace string
	c := &cobra.Command{
		Use:     "crash [PATH…]",
		Short:   "Print each crash's guilty line and stack, for a quickfix list",
		GroupID: "crash",
		Long: `Print one block a crash, newest first. Each line is FILE:LINE[:COL]: message,
as editors read it into a quickfix list: first the guilty frame, then all frames
from innermost to outermost; a frame without a file (a builtin) is told in the
next one's message. Where no stack names a function, the definition that the
activity at the crash points at is printed, marked as inferred.`,
		Example: `  vim -q <(starlark-memls crash)
  starlark-memls crash --workspace . ci-artifacts/console.log`,
		RunE: func(c *cobra.Command, paths []string) error {
			r, ws, err := conclude(c.Context(), workspace, paths)
			if err != nil {
				return err
			}
			if len(r.Crashes) == 0 {
				if r.Older != nil {
					return fmt.Errorf("no crash in the last build; an older one is kept: starlark-memls crash %s", shellLine([]string{r.Older.Path}))
				}
				return errors.New("no crash in what was read")
			}
			return report.WriteCrash(c.OutOrStdout(), r, report.Options{Root: shownRoot(workspace, ws)})
		},
	}
	workspaceFlag(c, &workspace)
	return c
}
