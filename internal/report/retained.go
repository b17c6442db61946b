package report

import (
	"bufio"
	"fmt"
	"io"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/quantity"
)

// WriteRetainedChanges writes what came and went between two heaps of one
// server, what changed most first.
func WriteRetainedChanges(w io.Writer, before, after heap.Retained, o Options) error {
	out := bufio.NewWriter(w)
	changes := after.Since(before)
	fmt.Fprintf(out, "Live heap %s, was %s (%s).\n", quantity.Bytes(after.LiveBytes), quantity.Bytes(before.LiveBytes), signed(after.LiveBytes-before.LiveBytes))
	const usual = 10
	left := len(changes)
	rows := [][]string{{"growth", "before", "after", "targets", "held by"}}
	for _, c := range changes[:min(len(changes), usual)] {
		if o.Top > 0 && len(rows) > o.Top || c.Growth() == 0 {
			break
		}
		held := c.Kind + " " + c.Name
		if c.File != "" {
			held += " " + o.placesIn(fmt.Sprintf("%s:%d", c.File, c.Line))
		}
		rows = append(rows, []string{signed(c.Growth()), quantity.Bytes(c.BeforeBytes), quantity.Bytes(c.AfterBytes), fmt.Sprintf("%+d", c.TargetsChange), printable(held)})
		left--
	}
	if len(rows) == 1 {
		fmt.Fprintln(out, "Nobody holds more or less than then.")
		return out.Flush()
	}
	fmt.Fprintln(out, "\nSince then")
	for _, l := range columns(rows, func(column int) bool { return column < 4 }) {
		fmt.Fprintf(out, "  %s\n", l)
	}
	if left > 0 {
		fmt.Fprintf(out, "  and %s that changed less\n", quantity.Count(left, "holder", "holders"))
	}
	return out.Flush()
}

// WriteRetainedChangesJSON writes the same as JSON, whole.
func WriteRetainedChangesJSON(w io.Writer, before, after heap.Retained) error {
	return encodeIndented(w, struct {
		Schema          int                   `json:"schema"`
		LiveBytes       int64                 `json:"live_bytes"`
		BeforeLiveBytes int64                 `json:"before_live_bytes"`
		Changes         []heap.RetainedChange `json:"changes"`
	}{Schema, after.LiveBytes, before.LiveBytes, append([]heap.RetainedChange{}, after.Since(before)...)})
}
