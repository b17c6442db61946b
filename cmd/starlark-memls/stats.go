// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/series"
)

// statsFormats are the writers of `stats --format`.
var statsFormats = map[string]func(io.Writer, []series.Row) error{
	"csv":   series.WriteCSV,
	"json":  series.WriteJSON,
	"table": series.WriteTable,
}

func newStats() *cobra.Command {
	var format string
	var header bool
	c := &cobra.Command{
		Use:     "stats DIR…",
		Short:   "Print a line for each measurement",
		GroupID: "measure",
		Long: `Print a line for each measurement in the folders: memory limit, run, lines of
the profile with GC, microseconds, ok or crash; the same that
memory-adventure's stats.sh prints, which is also what its folders give.

--format table and json tell far more: how each build ended and with which
error, collections by kind and their pauses, the heap's peak where a file has
it, the time in Starlark.

The CSV and the others count differently, because the CSV keeps to
memory-adventure's scripts. Its third field is the number of lines that contain
"GC", which is a few more than the collections. Its microseconds, which plot
draws, are those from the profile's first event to its last; the seconds of the
table, and duration_micros in JSON, are those of the whole command.`,
		Example: `  starlark-memls stats series > regular.csv
  starlark-memls stats --format table series`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, paths []string) error {
			write, ok := statsFormats[format]
			if !ok {
				return usagef("unknown --format %q: it is csv, json or table", format)
			}
			rows, err := openSeries(c.Context(), c.ErrOrStderr(), absolute(paths))
			if err != nil {
				return err
			}
			if header && format == "csv" {
				fmt.Fprintln(c.OutOrStdout(), series.CSVHeader)
			}
			if format == "csv" {
				complainOfLines(c.ErrOrStderr(), rows)
			}
			return write(c.OutOrStdout(), rows)
		},
	}
	c.Flags().StringVar(&format, "format", "csv", "csv, json or table")
	c.Flags().BoolVar(&header, "header", false, "a first line with the names of the CSV's fields")
	completeWords(c, "format", "csv", "json", "table")
	return c
}

// openSeries makes one table of all paths. Warnings go to complaints.
func openSeries(ctx context.Context, complaints io.Writer, paths []string) ([]series.Row, error) {
	var all []series.Row
	for _, path := range paths {
		rows, warnings, err := series.Open(ctx, path)
		for _, w := range warnings {
			fmt.Fprintf(complaints, "starlark-memls: %s\n", w)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// complainOfLines says which lines of the CSV count less than a whole
// measurement, with the folder, as the origin does.
func complainOfLines(complaints io.Writer, rows []series.Row) {
	for _, row := range rows {
		if row.Origin == nil {
			continue
		}
		for _, w := range row.Origin.Warnings {
			fmt.Fprintf(complaints, "starlark-memls: %s: %s\n", row.Path, w)
		}
	}
}
