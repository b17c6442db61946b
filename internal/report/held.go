// SPDX-License-Identifier: Apache-2.0

package report

import (
	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/growth"
)

// The line to change, in each form of the report.

// shownHeld is how many lines the text shows besides the first.
const shownHeld = 4

// holder is the line that the answer names, nil where it names none.
func holder(r *attribution.Report) *attribution.HeldLine {
	if len(r.Held) == 0 || r.Held[0].Line <= 0 {
		return nil
	}
	return &r.Held[0]
}

// heldElsewhere is whether the answer names a line of another function than the
// first suspect.
func heldElsewhere(r *attribution.Report) bool {
	l, d := holder(r), r.Suspects[0].Definition
	return l != nil && (d == nil || l.Definition == nil || l.Definition.File != d.File || l.Definition.NameRange != d.NameRange)
}

// heldPlace is "audit.bzl:21".
func (o Options) heldPlace(l *attribution.HeldLine) string {
	file := l.Source
	if file == "" {
		file = l.File
	}
	return position(o.path(file), l.Line, 0)
}

// heldSubject is "audit.bzl:21, _audit_impl,", or the place alone.
func (o Options) heldSubject(l *attribution.HeldLine) string {
	if name := l.Function(); name != "" {
		return o.heldPlace(l) + ", " + name + ","
	}
	return o.heldPlace(l)
}

// heldText says which line holds the memory, and what would be saved there.
func (o Options) heldText(l *attribution.HeldLine) string {
	text := o.heldSubject(l) + " " + l.String() + "."
	if s := l.Saving(); s != "" {
		text += " " + s + "."
	}
	return text
}

// held lists the lines that hold memory beside the one in the answer.
func (t *textWriter) held() {
	if len(t.r.Held) < 2 {
		return
	}
	t.heading("Other lines that hold memory")
	for i := range t.r.Held[1:min(len(t.r.Held), 1+shownHeld)] {
		t.wrapped(t.o.heldText(&t.r.Held[1+i]), "  - ", "    ")
	}
}

// firstHeld is the line that holds most at a crash, nil where its dump does not
// tell, or no dump is there.
func firstHeld(r *attribution.Report, c *attribution.Crash) *attribution.HeldLine {
	for i := range r.Held {
		if l := &r.Held[i]; l.Crash == c.Path && l.Line > 0 {
			return l
		}
	}
	return nil
}

// A HeldLine is a line to change in JSON.
type HeldLine struct {
	File          string `json:"file"`
	Line          int    `json:"line"`
	Function      string `json:"function,omitempty"`
	What          string `json:"what"`
	RetainedBytes int64  `json:"retained_bytes"`
	LiveBytes     int64  `json:"live_bytes"`
	Targets       int64  `json:"targets,omitempty"`
	Caller        string `json:"caller,omitempty"`
	SavesBytes    int64  `json:"saves_bytes,omitempty"`
	Finding       string `json:"finding,omitempty"`
	Advice        string `json:"advice,omitempty"`
	Message       string `json:"message"`
	Crash         string `json:"crash,omitempty"`
	// Growth says how it grows with the targets, where that is known.
	Growth *growth.Growth `json:"growth,omitempty"`
}

func (o Options) heldLines(r *attribution.Report) []HeldLine {
	var lines []HeldLine
	for i := range r.Held {
		l := &r.Held[i]
		file := l.Source
		if file == "" {
			file = l.File
		}
		lines = append(lines, HeldLine{o.path(file), l.Line, l.Function(), l.What, l.Bytes, l.LiveBytes, l.Targets, l.Caller, l.SavesBytes, l.Finding, l.Advice, l.String(), o.path(l.Crash), l.Growth})
	}
	return lines
}

// heldLines lists the lines to change.
func (m markdown) heldLines(r *attribution.Report) {
	for i := range r.Held[:min(len(r.Held), 1+shownHeld)] {
		l := &r.Held[i]
		text := code(m.o.heldPlace(l))
		if name := l.Function(); name != "" {
			text += ", " + code(name) + ","
		}
		text += " " + escape(l.String()) + "."
		if s := l.Saving(); s != "" {
			text += " " + escape(s) + "."
		}
		m.line("- %s", text)
	}
	if len(r.Held) > 0 {
		m.line("")
	}
}
