// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/internal/doctor"
	"example.invalid/starlark-memls/internal/plain"
)

func newDoctor() *cobra.Command {
	var workspace string
	c := &cobra.Command{
		Use:     "doctor",
		Short:   "Check what evidence is here, and say how to get what is missing",
		GroupID: "setup",
		Long: `Look at the workspace, Bazel, its output base, server, last command, profile
and heap dumps, and say what to do about what is missing or limited; first, that
the last build died, if it did. No Bazel server is started.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			root, err := findRoot(workspace)
			if err != nil {
				return err
			}
			o := terminalOptions(c, "")
			put := func(before, text string) {
				for _, l := range o.Wrapped(plain.Path(text), before, "         ") {
					fmt.Fprintln(c.OutOrStdout(), l)
				}
			}
			for _, f := range doctor.Examine(c.Context(), root, outputbase.HostEnvironment(), armed(c.Context())) {
				put(fmt.Sprintf("%-9s", f.State), f.What+": "+f.Found)
				if f.Advice != "" {
					put("         ", f.Advice)
				}
			}
			return c.Context().Err()
		},
	}
	workspaceFlag(c, &workspace)
	return c
}
