package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/bazel/server"
	"example.invalid/starlark-memls/internal/live"
)

func newArm() *cobra.Command {
	var workspace, outputBase string
	var off bool
	c := &cobra.Command{
		Use:     "arm [--off]",
		Short:   "Have the running server leave a heap dump if it dies",
		GroupID: "look",
		Long: `Tell the workspace's running Bazel server to leave a heap dump in its output
base, gzip'd where its JVM can, if it runs out of memory: without a restart, and
so without losing its analysis cache. From Bazel 5 on servers are not started so.
"report" finds the dump there. It lasts until the server ends; --off gives the
server back what it was started with.

The dump holds everything the server knew, secrets too; it is for this user
alone, and stays until it is deleted.`,
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
				if err := live.Disarm(c.Context(), s); err != nil {
					return err
				}
				fmt.Fprintf(c.OutOrStdout(), "server %d does again what it was started to do when it runs out of memory\n", s.PID)
				return nil
			}
			armed, err := live.Arm(c.Context(), s)
			if err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), armedWords(s, armed))
			return nil
		},
	}
	workspaceFlag(c, &workspace)
	outputBaseFlag(c, &outputBase)
	c.Flags().BoolVar(&off, "off", false, "back to what the server was started with")
	return c
}

func armedWords(s *server.Server, armed live.Armed) string {
	what := "java_pid%d.hprof"
	if armed.Gzip {
		what += ".gz"
	}
	return fmt.Sprintf("server %d will leave "+what+" in %s if it runs out of memory", s.PID, s.PID, armed.Folder)
}
