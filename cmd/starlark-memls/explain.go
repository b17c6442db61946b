// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/codes"
)

func newExplain() *cobra.Command {
	return &cobra.Command{
		Use:     "explain [CODE]",
		Short:   "Say what a code means, with an example",
		GroupID: "look",
		Long: `Print the page of a code: what is found, what it costs, and the code before and
after. With no code, list all of them.`,
		Example: `  starlark-memls explain ML101`,
		Args:    cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return codes.Names(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				for _, d := range codes.All() {
					fmt.Fprintf(c.OutOrStdout(), "%s  %s\n", d.Code, d.Title)
				}
				return nil
			}
			d, ok := codes.Lookup(args[0])
			if !ok {
				return usagef("there is no code %q; starlark-memls explain lists them", args[0])
			}
			_, err := fmt.Fprint(c.OutOrStdout(), d.Markdown())
			return err
		},
	}
}
