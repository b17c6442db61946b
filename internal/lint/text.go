// SPDX-License-Identifier: Apache-2.0

package lint

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"example.invalid/starlark-memls/internal/lint/flow"
	"example.invalid/starlark-memls/internal/plain"
	"example.invalid/starlark-memls/internal/problems"
	"example.invalid/starlark-memls/internal/quantity"
)

// A RunResult is what one run shows, and how many it does not.
type RunResult struct {
	// Name writes a path as the reader wants it.
	Name     func(path string) string
	Findings []*Finding
	// Unsure is how many findings are not shown because their cost was not
	// measured, Harmless how many because it was measured and is small.
	Unsure, Harmless int
	// Measured: there was evidence.
	Measured bool
	Checks   []*Check
}

// WriteText writes one block a finding, whose first line fits an editor's
// quickfix list, and a summary.
func WriteText(w io.Writer, o *RunResult) error {
	out := bufio.NewWriter(w)
	for _, f := range o.Findings {
		fmt.Fprintf(out, "%s: %s: %s: %s\n", o.place(f.Place), f.Severity, f.Code, f.Message)
		if f.Bill != nil {
			fmt.Fprintf(out, "    measured: %s\n", f.Bill)
		}
		for _, r := range f.Related {
			fmt.Fprintf(out, "    %s: %s\n", o.place(r.Place), r.Message)
		}
		fix := ""
		if f.Fix != nil {
			fix = " (--fix does it)"
		}
		fmt.Fprintf(out, "    to do: %s%s\n", f.Advice, fix)
	}
	fmt.Fprintln(out, o.summary())
	return out.Flush()
}

func (o *RunResult) place(p flow.SourceRange) string {
	return fmt.Sprintf("%s:%d:%d", plain.Path(o.Name(p.File)), p.Line, p.Column)
}

// summary is the last line.
func (o *RunResult) summary() string {
	text := "Nothing found."
	if n := len(o.Findings); n > 0 {
		text = quantity.Count(n, "finding", "findings") + "."
	}
	if o.Unsure > 0 {
		it := "cost depends on the build"
		text += fmt.Sprintf(" %s not shown, because %s: give a heap dump, retained.json or a profile by --evidence, or --all.",
			quantity.Count(o.Unsure, "other is", "others are"), map[bool]string{false: "their " + it, true: "its " + it}[o.Unsure == 1])
	}
	if o.Harmless > 0 {
		text += fmt.Sprintf(" %s not shown: measured, and small.", quantity.Count(o.Harmless, "other is", "others are"))
	}
	return text
}

// String tells what was measured.
func (b *Bill) String() string {
	text := b.Of
	switch {
	case b.RetainedBytes > 0 && b.Share > 0:
		text += fmt.Sprintf(" retains %s, %s of what Starlark code keeps", quantity.Bytes(b.RetainedBytes), quantity.Share(b.Share))
	case b.RetainedBytes > 0:
		text += " retains " + quantity.Bytes(b.RetainedBytes)
	case b.AllocatedBytes > 0:
		text += " allocated " + quantity.Bytes(b.AllocatedBytes)
	}
	if b.Targets > 0 {
		text += fmt.Sprintf(" in %s", quantity.Count(int(b.Targets), "target", "targets"))
	}
	return text
}

type jsonPlace struct {
	File      string `json:"file"`
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	EndLine   int    `json:"end_line"`
	EndColumn int    `json:"end_column"`
}

type jsonRelated struct {
	jsonPlace
	Message string `json:"message"`
}

type jsonFinding struct {
	Code     string `json:"code"`
	Severity string `json:"severity"`
	jsonPlace
	Function       string        `json:"function,omitempty"`
	Field          string        `json:"field,omitempty"`
	Message        string        `json:"message"`
	Advice         string        `json:"advice"`
	Certain        bool          `json:"certain"`
	Fixable        bool          `json:"fixable"`
	RetainedBytes  *int64        `json:"retained_bytes,omitempty"`
	AllocatedBytes *int64        `json:"allocated_bytes,omitempty"`
	Targets        *int64        `json:"targets,omitempty"`
	Related        []jsonRelated `json:"related,omitempty"`
}

// WriteJSON writes one object with the findings in order.
func WriteJSON(w io.Writer, o *RunResult) error {
	place := func(p flow.SourceRange) jsonPlace {
		return jsonPlace{o.Name(p.File), p.Line, p.Column, p.EndLine, p.End}
	}
	document := struct {
		Schema   int           `json:"schema"`
		Findings []jsonFinding `json:"findings"`
		Unsure   int           `json:"unsure"`
		Harmless int           `json:"harmless"`
	}{1, []jsonFinding{}, o.Unsure, o.Harmless}
	for _, f := range o.Findings {
		j := jsonFinding{Code: f.Code, Severity: f.Severity.String(), jsonPlace: place(f.Place), Function: f.Function,
			Message: f.Message, Advice: f.Advice, Certain: f.Certain, Fixable: f.Fix != nil}
		if f.Field != (flow.Field{}) {
			j.Field = f.Field.String()
		}
		if b := f.Bill; b != nil {
			for _, n := range []struct {
				to   **int64
				from int64
			}{{&j.RetainedBytes, b.RetainedBytes}, {&j.AllocatedBytes, b.AllocatedBytes}, {&j.Targets, b.Targets}} {
				if n.from > 0 {
					*n.to = &n.from
				}
			}
		}
		for _, r := range f.Related {
			j.Related = append(j.Related, jsonRelated{place(r.Place), r.Message})
		}
		document.Findings = append(document.Findings, j)
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(document)
}

// Problems are the findings in the forms of code hosts.
func (o *RunResult) Problems(tool problems.Tool) *problems.Set {
	set := &problems.Set{Tool: tool}
	for _, c := range o.Checks {
		set.Rules = append(set.Rules, problems.Rule{ID: c.Code, Title: c.Title, Help: c.Text + "\n\n" + c.Cost, Severity: c.Severity.problem()})
	}
	place := func(p flow.SourceRange) problems.Place {
		return problems.Place{File: o.Name(p.File), Line: p.Line, Column: p.Column, EndLine: p.EndLine, EndColumn: p.End}
	}
	for _, f := range o.Findings {
		p := problems.Problem{Rule: f.Code, Severity: f.Severity.problem(), Message: f.Message + " " + f.Advice, Place: place(f.Place), Subject: f.Function}
		if f.Field != (flow.Field{}) {
			p.Subject = f.Field.String()
		}
		if f.Bill != nil {
			p.Message = f.Message + " Measured: " + f.Bill.String() + ". " + f.Advice
		}
		for _, r := range f.Related {
			p.Related = append(p.Related, problems.Related{Place: place(r.Place), Message: r.Message})
		}
		set.Problems = append(set.Problems, p)
	}
	return set
}

// problem is the severity in the terms of code hosts.
func (s Severity) problem() problems.Level {
	if s == Warning {
		return problems.Warning
	}
	return problems.Note
}
