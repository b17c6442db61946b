// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// A usageError is wrong usage that only the command itself can see, such as
// a format it does not know.
type usageError struct{ error }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// checkArguments has a command say what it takes, where cobra counts; and
// refuse an empty argument, which would mean the current folder: it is what a
// script's variable leaves that was never set.
func checkArguments(c *cobra.Command) {
	check := c.Args
	c.Args = func(c *cobra.Command, args []string) error {
		if check != nil && check(c, args) != nil {
			given := "1 argument was given"
			if len(args) != 1 {
				given = fmt.Sprintf("%d arguments were given", len(args))
			}
			return fmt.Errorf("%s; usage: %s", given, c.UseLine())
		}
		if i := slices.Index(args, ""); i >= 0 {
			return fmt.Errorf("argument %d is empty; name a path (. is the current folder)", i+1)
		}
		return nil
	}
}

// kinds are the values that flags of a type take, in words.
var kinds = map[string]string{
	"int":      "a whole number",
	"int64":    "a whole number",
	"uint64":   "a whole number, 0 or more",
	"float64":  "a number",
	"bool":     "true or false",
	"duration": "a length of time, such as 90s or 10m",
}

// plainFlagError says what a flag takes, where pflag hands on the complaint of
// the parser's own function.
func plainFlagError(_ *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return err
	}
	flag := invalid.GetFlag()
	kind, ok := kinds[flag.Value.Type()]
	switch {
	case errors.Is(err, strconv.ErrRange):
		return fmt.Errorf("--%s %s: that is out of range", flag.Name, invalid.GetValue())
	case !ok:
		return err
	}
	return fmt.Errorf("--%s %s: not %s", flag.Name, invalid.GetValue(), kind)
}

// usageText is wrong usage in one line, with what was probably meant.
func usageText(c *cobra.Command, err error) string {
	first, suggested, _ := strings.Cut(err.Error(), "\n")
	meant := strings.Fields(strings.TrimPrefix(strings.TrimSpace(suggested), "Did you mean this?")) // cobra's, of commands
	if flag, unknown := strings.CutPrefix(first, "unknown flag: --"); unknown {
		for _, name := range similarFlags(c, flag) {
			meant = append(meant, "--"+name)
		}
	}
	if len(meant) > 0 {
		first += ": did you mean " + strings.Join(meant, " or ")
	}
	return first
}

// similarFlags are a command's flags that are spelled alike, by the distance
// that cobra goes by for commands.
func similarFlags(c *cobra.Command, name string) []string {
	flags := &cobra.Command{SuggestionsMinimumDistance: 2}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			flags.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
		}
	})
	return flags.SuggestionsFor(name)
}

// wrapFlags has the help's list of flags keep to a terminal's width; without one
// a flag has a line.
func wrapFlags(root *cobra.Command, width int) {
	if width > 0 {
		root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), "FlagUsages |", fmt.Sprintf("FlagUsagesWrapped %d |", width)))
	}
}
