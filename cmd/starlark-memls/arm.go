// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/bazel/server"
	"example.invalid/starlark-memls/internal/live"
)

// armed is whether the running server of an output base was armed.
func armed(ctx context.Context) func(outputBase string) bool {
	return func(outputBase string) bool {
		s, err := server.Find(outputBase)
		return err == nil && live.IsArmed(ctx, liveFolder(), s)
	}
}

func newArm() *cobra.Command {
	var workspace, outputBase string
	var off bool
	c := &cobra.Command{
		Use:     "arm [--off]",
		Short:   "Have the running server leave a heap dump if it dies",
		GroupID: "look",
		Long: `Set the workspace's running Bazel server to leave a heap dump in its output
base, gzip'd where its JVM can, if it runs out of memory: without a restart, so
it keeps its analysis cache. Bazel 4 and older do this by themselves.
"report" finds the dump there. It lasts until the server ends; --off gives the
server back what it was started with.

The dump holds everything the server knew, secrets too; only this user can read
it, and it stays until it is deleted.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			base, err := outputBaseOf(outputBase, workspace)
			if err != nil {
				return err
			}
			s, err := server.Find(base)
			if err != nil {
				return err
			}
			if off {
				if err := live.Disarm(c.Context(), s, liveFolder()); err != nil {
					return err
				}
				fmt.Fprintln(c.OutOrStdout(), live.DisarmedText(s))
				return nil
			}
			armed, err := live.Arm(c.Context(), s, liveFolder())
			if err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), armed.Text(s))
			return nil
		},
	}
	workspaceFlag(c, &workspace)
	outputBaseFlag(c, &outputBase)
	c.Flags().BoolVar(&off, "off", false, "back to what the server was started with")
	return c
}
