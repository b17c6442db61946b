// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/examples"
	"example.invalid/starlark-memls/internal/report"
)

func newDemo() *cobra.Command {
	return &cobra.Command{
		Use:     "demo",
		Short:   "Report on a recorded crash; needs nothing installed",
		GroupID: "crash",
		Long: `Report on the recorded example: a workspace in which an aspect runs a real
Bazel out of memory, built three times under each of several limits. The
sources and the recordings are in this program.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			dir, err := os.MkdirTemp("", "starlark-memls-demo-")
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
			if err := os.CopyFS(dir, examples.MemoryEater()); err != nil {
				return fmt.Errorf("unpacking the example: %w", err)
			}
			r, ws, err := conclude(c.Context(), dir, []string{filepath.Join(dir, "measurements")})
			if err != nil {
				return err
			}
			o := terminalOptions(c, ws.Root())
			return report.WriteText(textOut(c, "text", o), r, o)
		},
	}
}
