// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log/slog"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/lsp"
)

func newServe() *cobra.Command {
	var level string
	c := &cobra.Command{
		Use:     "serve",
		Short:   "Run the language server on stdin and stdout",
		GroupID: "setup",
		Long: `Run the language server on stdin and stdout, as editors start it. The log goes
to stderr.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			options := lsp.Options{Log: c.ErrOrStderr()}
			if err := options.LogLevel.UnmarshalText([]byte(level)); err != nil {
				return usagef("unknown --log-level %q: it is debug, info, warn or error", level)
			}
			options.Version, _ = buildVersion()
			return lsp.Serve(c.Context(), lsp.Stdio(), options)
		},
	}
	c.Flags().Bool("stdio", true, "talk over stdin and stdout (the only way there is)")
	c.Flags().StringVar(&level, "log-level", slog.LevelInfo.String(), "debug, info, warn or error")
	completeWords(c, "log-level", "debug", "info", "warn", "error")
	return c
}
