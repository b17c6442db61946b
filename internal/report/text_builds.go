// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/quantity"
)

// measurements shows the table of builds.
func (t *textWriter) measurements() {
	if len(t.r.Measurements) == 0 {
		return
	}
	if !t.o.Full { // the crashes say what is new of them
		return
	}
	const most = 20
	t.heading("Measurements")
	list := t.r.Measurements
	rows := [][]string{{"limit", "run", "ended", "GCs", "MMU", "thrash", "duration", "path"}}
	for i := range list[:min(len(list), most)] {
		m := &list[i]
		row := []string{"-", m.Run, statusText(m.Status), "-", "-", "-", "-", shorten(t.o.path(m.Path), t.o.width()-65)}
		if m.MemoryLimitBytes > 0 {
			row[0] = quantity.Bytes(m.MemoryLimitBytes)
		}
		if m.GCKnown {
			row[3] = strconv.Itoa(m.GCCount)
		}
		if m.Utilisation != nil {
			row[4] = quantity.Share(*m.Utilisation)
		}
		if m.ThrashingMicros != nil {
			row[5] = quantity.Micros(*m.ThrashingMicros)
		}
		if m.DurationMicros > 0 {
			row[6] = quantity.Micros(m.DurationMicros)
		}
		if m.Older {
			row[2] += " (older)"
		}
		rows = append(rows, row)
	}
	for i, l := range columns(rows, func(column int) bool { return column == 0 || column >= 3 && column <= 6 }) {
		style := ""
		switch {
		case i == 0:
			style = faint
		case list[i-1].Status.Crashed():
			style = red
		}
		t.inStyle(style, "  %s", l)
	}
	if len(list) > most {
		t.line("  and %d more", len(list)-most)
	}
	if slices.ContainsFunc(list, func(s observe.Summary) bool { return s.Utilisation != nil }) {
		t.wrapped("MMU (minimum mutator utilisation): the smallest share of any one second that garbage collection left to the build. thrash: the time before the end in which garbage collection took most of it.", "  ", "  ")
	}
}

// byLimit says in a sentence how many builds crashed under each limit; of one
// limit the answer says it.
func (t *textWriter) byLimit() {
	crashed, all := map[int64]int{}, map[int64]int{}
	var limits []int64
	for _, m := range t.r.Measurements {
		limit := m.MemoryLimitBytes
		if limit <= 0 || m.Older {
			continue
		}
		if all[limit]++; all[limit] == 1 {
			limits = append(limits, limit)
		}
		if m.Status.Crashed() {
			crashed[limit]++
		}
	}
	if len(limits) < 2 {
		return
	}
	slices.Sort(limits)
	var parts []string
	for _, l := range limits {
		parts = append(parts, fmt.Sprintf("%d of %d at %s", crashed[l], all[l], quantity.Bytes(l)))
	}
	t.wrapped("Builds that crashed: "+strings.Join(parts, ", ")+".", "  ", "  ")
}
