// SPDX-License-Identifier: Apache-2.0

package series

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/plain"
)

// WriteTable writes the table for people: a line a measurement, "-" for what
// is not known, and below it how many ended in which way.
func WriteTable(w io.Writer, rows []Row) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "limit\trun\tmode\tstatus\texit\tseconds\tGCs\tmajor\tGC s\tpeak heap\tStarlark s\t  first error")
	for i := range rows {
		r := &rows[i]
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
			limitCell(r), cell(r.Run), cell(r.Mode), cell(string(r.Status)), exitCell(r), secondsCell(r.DurationMicros),
			profileCell(r, func(p *ProfileFigures) string { return fmt.Sprint(p.GCs.Count) }),
			profileCell(r, func(p *ProfileFigures) string { return fmt.Sprint(p.GCs.Majors()) }),
			profileCell(r, func(p *ProfileFigures) string { return secondsCell(new(p.GCs.PauseMicros())) }),
			bytesCell(r.PeakHeapBytes),
			profileCell(r, func(p *ProfileFigures) string { return secondsCell(&p.StarlarkMicros) }),
			"  "+plain.Line(r.FirstError))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, "\n"+Outcomes(rows))
	return err
}

// Outcomes counts in words how builds ended: "36 builds: 20 ok, 16
// out_of_memory".
func Outcomes(rows []Row) string {
	counts := map[measurement.Status]int{}
	for i := range rows {
		counts[rows[i].Status]++
	}
	var parts []string
	for _, s := range []measurement.Status{measurement.OK, measurement.OutOfMemory, measurement.GCThrashing, measurement.ServerDied,
		StatusCrash, measurement.Timeout, measurement.Killed, measurement.Failed, measurement.Unknown} {
		if counts[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[s], s))
		}
	}
	return fmt.Sprintf("%d builds: %s", len(rows), strings.Join(parts, ", "))
}

func limitCell(r *Row) string {
	if r.MemoryLimitBytes == 0 {
		return "-"
	}
	return measurement.Limit(r.MemoryLimitBytes).String()
}

func exitCell(r *Row) string {
	if r.ExitCode == nil {
		return "-"
	}
	return fmt.Sprint(*r.ExitCode)
}

func profileCell(r *Row, figure func(*ProfileFigures) string) string {
	if r.Profile == nil {
		return "-"
	}
	return figure(r.Profile)
}

func secondsCell(micros *int64) string {
	if micros == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f", float64(*micros)/1e6)
}

func bytesCell(bytes *int64) string {
	if bytes == nil {
		return "-"
	}
	return fmt.Sprintf("%d MiB", *bytes>>20)
}

func cell(text string) string {
	if text == "" {
		return "-"
	}
	return plain.Cut(text, 200)
}
