// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/quantity"
	"example.invalid/starlark-memls/internal/retained"
)

// WriteHeapPathText writes a path to a root for a terminal, the root first.
func WriteHeapPathText(w io.Writer, p *heap.Path) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "GC root: %s\n", p.Root)
	for _, s := range p.Steps {
		through := ""
		if s.Through != "" {
			through = "." + s.Through + " -> "
		}
		fmt.Fprintf(out, "  %s%s, %s (object %#x)\n", printable(through), printable(s.Class), quantity.Bytes(s.Bytes), s.ID)
	}
	return out.Flush()
}

// WriteHeapPathJSON writes a path to a root as JSON.
func WriteHeapPathJSON(w io.Writer, p *heap.Path) error {
	return encodeIndented(w, struct {
		Schema int `json:"schema"`
		*heap.Path
	}{Schema, p})
}

// WriteHeapDiffText writes what differs between two dumps, each view by
// itself, what changed most first.
func WriteHeapDiffText(w io.Writer, changes []retained.ViewChange, o Options) error {
	out := bufio.NewWriter(w)
	titles := append(slices.Clip(viewTitles), struct{ by, title string }{"class", "By class"})
	for _, v := range titles {
		rows := [][]string{{"growth", "before", "after", "objects", "held by"}}
		left := 0
		for _, c := range changes {
			switch {
			case c.By != v.by || c.Growth() == 0 && c.Objects == 0:
			case len(rows) > o.limit(len(changes)):
				left++
			default:
				name := c.Name
				if c.Kind == heap.KindShared {
					name = sharedName
				}
				rows = append(rows, []string{signed(c.Growth()), quantity.Bytes(c.Before), quantity.Bytes(c.After),
					fmt.Sprintf("%+d", c.Objects), printable(o.placesIn(name))})
			}
		}
		if len(rows) == 1 {
			continue
		}
		fmt.Fprintln(out, v.title)
		for _, l := range columns(rows, func(column int) bool { return column < 4 }) {
			fmt.Fprintf(out, "  %s\n", l)
		}
		if left > 0 {
			fmt.Fprintf(out, "  and %d more\n", left)
		}
		fmt.Fprintln(out)
	}
	return out.Flush()
}

func signed(bytes int64) string {
	if bytes > 0 {
		return "+" + quantity.Bytes(bytes)
	}
	return quantity.Bytes(bytes)
}

// WriteHeapDiffJSON writes what differs between two dumps as JSON.
func WriteHeapDiffJSON(w io.Writer, changes []retained.ViewChange) error {
	return encodeIndented(w, struct {
		Schema  int                   `json:"schema"`
		Changes []retained.ViewChange `json:"changes"`
	}{Schema, append([]retained.ViewChange{}, changes...)})
}

func encodeIndented(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(v)
}
