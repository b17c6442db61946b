// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/budget"
	"example.invalid/starlark-memls/internal/problems"
	"example.invalid/starlark-memls/internal/quantity"
)

// A BudgetCheck is a build held against a budget.
type BudgetCheck struct {
	*budget.Result
	File   string // the budget's, as it is shown
	Builds int
	Notes  []string
}

// BrokenBudgets says what is over its budget, a line each, for a gate.
func BrokenBudgets(c *BudgetCheck, o Options) (lines []string) {
	for _, l := range c.Broken() {
		lines = append(lines, o.budgetSubject(&l)+budgetText(&l))
	}
	return lines
}

// budgetSubject is "memory/eat.bzl:55, traverse_impl,".
func (o Options) budgetSubject(l *budget.BudgetLine) string {
	switch l.Kind {
	case "live_heap":
		return "the live heap"
	case "memory_limit":
		return "the build"
	}
	name := l.Name
	if l.Kind != "function" {
		name = kindWord(l.Kind) + " " + l.Name
	}
	if l.File == "" || l.Line == 0 {
		return name
	}
	return position(o.heapFile(l.File), l.Line, 0) + ", " + name + ","
}

// budgetText is " holds 203 MiB of a budget of 180 MiB: 23 MiB too much".
func budgetText(l *budget.BudgetLine) string {
	verb := " holds "
	held := quantity.Bytes(l.HeldBytes)
	if l.Kind == "memory_limit" {
		verb = " needs a limit of "
		held = "at least " + held
	}
	text := verb + held + " of a budget of " + quantity.Bytes(l.BudgetBytes)
	if l.Each {
		text += " (each)"
	}
	if l.Broken {
		text += ": " + quantity.Bytes(l.Over()) + " too much"
	}
	return text
}

// answer is the check in a sentence.
func (c *BudgetCheck) answer(o Options) string {
	broken := c.Broken()
	switch {
	case len(broken) == 0 && len(c.Lines) == 0:
		return "Nothing of the build has a budget."
	case len(broken) == 0:
		return fmt.Sprintf("The build keeps its budget (%s).", quantity.Count(len(c.Lines), "line", "lines"))
	}
	text := o.budgetSubject(&broken[0]) + budgetText(&broken[0])
	if more := len(broken) - 1; more > 0 {
		text += fmt.Sprintf("; %s", quantity.Count(more, "other is over its budget", "others are over theirs"))
	}
	if rest, ok := strings.CutPrefix(text, "the "); ok {
		text = "The " + rest
	}
	return text + "."
}

// budgetRows are the lines that are over or near their budgets.
func (c *BudgetCheck) budgetRows(o Options) (rows [][]string, left int) {
	n := o.Top
	if n == 0 {
		n = 2 * defaultTop
	}
	rows = [][]string{{"used", "held", "budget", "", "of"}}
	for i := range c.Lines {
		l := &c.Lines[i]
		if len(rows) > n && !l.Broken {
			left++
			continue
		}
		held := quantity.Bytes(l.HeldBytes)
		if l.HighBytes > 0 {
			held += " to " + quantity.Bytes(l.HighBytes)
		}
		word := ""
		switch {
		case l.Broken:
			word = "over"
		case l.Loose:
			word = "loose"
		}
		limit := quantity.Bytes(l.BudgetBytes)
		if l.Each {
			limit += " each"
		}
		name := map[string]string{"live_heap": "the live heap", "memory_limit": "the memory limit needed"}[l.Kind]
		if name == "" {
			name = l.Name
			if l.File != "" {
				name += " " + position(o.heapFile(l.File), l.Line, 0)
			}
		}
		rows = append(rows, []string{quantity.Share(float64(l.HeldBytes) / float64(l.BudgetBytes)), held, limit, word, printable(name)})
	}
	return rows, left
}

// WriteBudget writes the check for a terminal.
func WriteBudget(w io.Writer, c *BudgetCheck, o Options) error {
	t := newTextWriter(w, nil, o)
	for _, l := range wrapTo(o.width(), c.answer(o), "", "") {
		t.inStyle(bold, "%s", l)
	}
	if rows, left := c.budgetRows(o); len(rows) > 1 {
		t.heading("%s", o.path(c.File))
		for _, l := range columns(rows, func(column int) bool { return column < 3 }) {
			t.line("  %s", l)
		}
		if left > 0 {
			t.line("  and %d more that keep theirs", left)
		}
	}
	if notes := slices.Concat(c.Unknown, c.Notes); len(notes) > 0 {
		t.heading("What to know about the data")
		for _, n := range notes {
			t.wrapped(n, "  - ", "    ")
		}
	}
	return t.out.Flush()
}

// WriteBudgetMarkdown writes the check to share.
func WriteBudgetMarkdown(w io.Writer, c *BudgetCheck, o Options) error {
	m := markdown{bufio.NewWriter(w), o}
	m.line("<!-- starlark-memls check -->\n# Memory budget\n\n**%s**", escape(c.answer(o)))
	rows, left := c.budgetRows(o)
	if len(rows) > 1 {
		m.line("\n| %s |\n|---:|---:|---:|---|---|", strings.Join(rows[0], " | "))
		for _, row := range rows[1:] {
			row[4] = code(row[4])
			m.line("| %s |", strings.Join(row, " | "))
		}
	}
	if left > 0 {
		m.line("\nand %d more that keep theirs", left)
	}
	for i, n := range slices.Concat(c.Unknown, c.Notes) {
		if i == 0 {
			m.line("")
		}
		m.line("- %s", escape(n))
	}
	return m.out.Flush()
}

// WriteBudgetJSON writes the check as JSON.
func WriteBudgetJSON(w io.Writer, c *BudgetCheck, o Options) error {
	d := struct {
		Schema int                 `json:"schema"`
		Budget string              `json:"budget"`
		Builds int                 `json:"builds"`
		Kept   bool                `json:"kept"`
		Lines  []budget.BudgetLine `json:"lines"`
		// Unknown and Notes are sentences.
		Unknown []string `json:"unknown,omitempty"`
		Notes   []string `json:"notes,omitempty"`
	}{Schema, o.path(c.File), c.Builds, len(c.Broken()) == 0, []budget.BudgetLine{}, c.Unknown, c.Notes}
	for _, l := range c.Lines {
		l.File = o.heapFile(l.File)
		d.Lines = append(d.Lines, l)
	}
	return encodeIndented(w, d)
}

// BudgetProblems are the lines that are over their budget, each on its function.
func BudgetProblems(c *BudgetCheck, o Options) *problems.Set {
	s := &problems.Set{Fallback: o.path(c.File), Rules: []problems.Rule{{
		ID: "budget", Title: "This is over its memory budget", Severity: problems.Error,
		Help: "The build needs more than the budget file allows. Change what holds the memory, or raise the budget on purpose: edit the file, or `starlark-memls check --write` with this build's measurement.",
	}}}
	for i := range c.Lines {
		l := &c.Lines[i]
		subject := l.Kind
		if l.Name != "" {
			subject += " " + l.Name
		}
		if !l.Broken {
			if !l.Each {
				s.Held = append(s.Held, subject)
			}
			continue
		}
		p := problems.Problem{Rule: "budget", Severity: problems.Error, Message: o.budgetSubject(l) + budgetText(l) + ".", Subject: subject}
		if l.File != "" {
			p.Place = problems.Place{File: o.heapFile(l.File), Line: l.Line}
			p.Related = []problems.Related{{Place: problems.Place{File: o.path(c.File), Line: 1}, Message: "the budget"}}
		}
		s.Problems = append(s.Problems, p)
	}
	if len(s.Problems)+len(s.Held) == 0 {
		s.Held = []string{"every function is within its budget"}
	}
	return s
}
