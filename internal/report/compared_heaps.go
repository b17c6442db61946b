// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/quantity"
	"example.invalid/starlark-memls/internal/retained"
)

// What differs between heaps, in tables.

// heapTables divide the holders: each table, but the last, is another way to
// divide the same heap.
var heapTables = []struct {
	title string
	kinds []string
	usual int
}{
	{"By function", []string{"function"}, 10},
	{"By provider and field", []string{"provider_field"}, 5},
	{"By rule and aspect", []string{"rule", "aspect"}, 5},
	{"What no function holds", []string{"bzl", "package", "shared", "bazel"}, 5},
}

// heapRows is the table of those kinds, of what is more than noise; left counts
// the rows that were left out.
func (o Options) heapRows(h *retained.Comparison, kinds []string, usual int) (rows [][]string, left int) {
	if o.Top > 0 {
		usual = o.Top
	}
	rows = [][]string{{"growth", "", "before", "after", "targets", "a target", "held by"}}
	for i := range h.Changes {
		c := &h.Changes[i]
		if !c.Real() || !slices.Contains(kinds, c.Kind) {
			continue
		}
		if len(rows) > usual {
			left++
			continue
		}
		rows = append(rows, []string{signed(c.Growth()), percent(c), quantity.Bytes(c.Before.Bytes), quantity.Bytes(c.After.Bytes),
			targetsText(c), eachText(c), o.heldBy(c)})
	}
	return rows, left
}

// heldBy is "traverse_impl memory/eat.bzl:55".
func (o Options) heldBy(c *retained.Change) string {
	name := printable(c.Name)
	if c.Kind == heap.KindShared {
		return sharedName
	}
	if c.Kind == "rule" || c.Kind == "aspect" || c.Kind == "package" {
		name = c.Kind + " " + name
	}
	if c.File != "" && c.Line > 0 {
		name += " " + printable(position(o.heapFile(c.File), c.Line, 0))
	}
	return name
}

func targetsText(c *retained.Change) string {
	switch {
	case c.Before.Targets == 0 && c.After.Targets == 0:
		return "-"
	case c.Before.Targets == c.After.Targets || c.Before.Objects == 0:
		return thousands(c.After.Targets)
	case c.After.Objects == 0:
		return thousands(c.Before.Targets)
	}
	return thousands(c.Before.Targets) + " to " + thousands(c.After.Targets)
}

func eachText(c *retained.Change) string {
	switch {
	case c.Before.Targets == 0 && c.After.Targets == 0:
		return "-"
	case c.Before.Targets == 0:
		return quantity.Bytes(c.After.Each())
	case c.After.Targets == 0:
		return quantity.Bytes(c.Before.Each())
	}
	before, after := quantity.Bytes(c.Before.Each()), quantity.Bytes(c.After.Each())
	if before == after {
		return after
	}
	return before + " to " + after
}

// noiseLine says what the tables leave out.
func noiseLine(h *retained.Comparison) string {
	n := 0
	for i := range h.Changes {
		if !h.Changes[i].Real() {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%s changed by no more than equal builds differ: that is noise.", quantity.Count(n, "other holder", "other holders"))
}

// heapsAnswer is what differs, in a sentence.
func (o Options) heapsAnswer(h *retained.Comparison) string {
	var grew, shrank *retained.Change
	more := 0
	for _, t := range heapTables {
		for i := range h.Changes {
			c := &h.Changes[i]
			if !c.Real() || !slices.Contains(t.kinds, c.Kind) {
				continue
			}
			switch {
			case c.Growth() > 0 && grew == nil:
				grew = c
			case c.Growth() > 0 && c.Kind == grew.Kind:
				more++
			case c.Growth() < 0 && shrank == nil:
				shrank = c
			}
		}
		if grew != nil {
			break
		}
	}
	switch {
	case grew != nil:
		text := o.holderSubject(grew) + changedBytes(grew)
		if more > 0 {
			text += fmt.Sprintf("; %s", quantity.Count(more, "other grew, too", "others grew, too"))
		}
		return strings.TrimSpace(text) + "."
	case shrank != nil:
		return "Nobody holds more than before. " + strings.TrimSpace(o.holderSubject(shrank)+changedBytes(shrank)) + "."
	}
	return "Nobody holds more or less of the heap than equal builds differ by."
}

func (t *textWriter) heaps(h *retained.Comparison) {
	t.line("")
	for _, l := range heapsHead(h) {
		t.wrapped(l, "", "")
	}
	for _, table := range heapTables {
		rows, left := t.o.heapRows(h, table.kinds, table.usual)
		if len(rows) == 1 {
			continue
		}
		t.heading("%s", table.title)
		for i, l := range columns(rows, func(column int) bool { return column < 6 }) {
			style := ""
			if i == 0 {
				style = faint
			}
			t.inStyle(style, "  %s", l)
		}
		if left > 0 {
			t.line("  and %d more", left)
		}
	}
	if l := noiseLine(h); l != "" {
		t.line("")
		t.wrapped(l, "", "")
	}
}

func (m markdown) heaps(h *retained.Comparison) {
	for _, l := range heapsHead(h) {
		m.line("\n%s", escape(l))
	}
	for i, table := range heapTables {
		rows, left := m.o.heapRows(h, table.kinds, table.usual)
		if len(rows) == 1 {
			continue
		}
		// The first table is the answer; the others are opened by who wants them.
		if folded := i > 0; folded {
			m.line("\n<details><summary>%s</summary>\n", table.title)
		} else {
			m.line("\n%s:\n", table.title)
		}
		rows[0][1] = "%"
		m.line("| %s |", strings.Join(rows[0], " | "))
		m.line("|%s---|", strings.Repeat("---:|", len(rows[0])-1))
		for _, row := range rows[1:] {
			last := len(row) - 1
			row[last] = code(row[last])
			m.line("| %s |", strings.Join(row, " | "))
		}
		if left > 0 {
			m.line("\nand %d more", left)
		}
		if i > 0 {
			m.line("\n</details>")
		}
	}
	if l := noiseLine(h); l != "" {
		m.line("\n%s", escape(l))
	}
}
