// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"example.invalid/starlark-memls/internal/bisect"
	"example.invalid/starlark-memls/internal/quantity"
)

// What bisect has found: the commit, the bytes, the lines.

// mostBisectedLines bounds the lines of the diff that text shows.
const mostBisectedLines = 30

// bisectedAnswer is the commit in a sentence.
func bisectedAnswer(r *bisect.Report) string {
	who := short(r.Commit.ID)
	if n := len(r.Suspects); n > 0 {
		who = fmt.Sprintf("One of %d commits, of which only the last, %s, builds,", n+1, who)
	}
	text := fmt.Sprintf("%s made %s grow from %s to %s", who, r.Metric, quantity.Bytes(r.Before.Bytes), valueText(&r.After))
	if before := r.Before.Bytes; before > 0 && !r.After.Crashed {
		text += fmt.Sprintf(" (%+.3g %%)", 100*float64(r.After.Bytes-before)/float64(before))
	}
	return text + "."
}

// valueText is "203 MiB", or that it was too much.
func valueText(v *bisect.Measured) string {
	if v.Crashed {
		return "more than " + quantity.Bytes(v.Bytes) + " allow (it ran out of memory)"
	}
	return quantity.Bytes(v.Bytes)
}

// spanText is "203 MiB (203 MiB to 203 MiB, 1 build)".
func spanText(v *bisect.Measured) string {
	if v.Crashed {
		return "ran out of memory"
	}
	return fmt.Sprintf("%s (%s to %s, %s)", quantity.Bytes(v.Bytes), quantity.Bytes(v.Low), quantity.Bytes(v.High), quantity.Count(v.Builds, "build", "builds"))
}

func short(commit string) string { return commit[:min(len(commit), 10)] }

// rest says that the growth came with other commits, too.
func rest(r *bisect.Report) string {
	if r.Bad.Crashed || r.After.Crashed {
		return ""
	}
	all, here := r.Bad.Bytes-r.Good.Bytes, r.After.Bytes-r.Before.Bytes
	if all <= 0 || float64(here) > .9*float64(all) {
		return ""
	}
	return fmt.Sprintf("Of the %s between the ends this commit brought %s, the largest step; the others are before and after it.", quantity.Bytes(all), quantity.Bytes(here))
}

// WriteBisected writes what was found for a terminal.
func WriteBisected(w io.Writer, r *bisect.Report, o Options) error {
	t := newTextWriter(w, nil, o)
	for _, l := range wrapTo(o.width(), bisectedAnswer(r), "", "") {
		t.inStyle(bold, "%s", l)
	}
	t.line("")
	for _, c := range append(r.Suspects, r.Commit) {
		t.line("commit %s", c.ID)
		t.line("Author: %s", printable(c.Author))
		t.line("Date:   %s", printable(c.Date))
		t.line("    %s", printable(c.Subject))
	}
	t.line("")
	t.line("before  %s", spanText(&r.Before))
	t.line("after   %s", spanText(&r.After))
	if l := rest(r); l != "" {
		t.wrapped(l, "", "")
	}
	t.wrapped(fmt.Sprintf("%s to choose from, %s built beside the two ends, %s in all; %s.", quantity.Count(r.Commits, "commit", "commits"),
		quantity.Count(r.Steps, "revision", "revisions"), quantity.Count(r.Builds, "build", "builds"), skippedText(r)), "", "")
	related, others := 0, 0
	for i := range r.Lines {
		l := &r.Lines[i]
		if l.Why == "" && related > 0 {
			others++
			continue
		}
		if l.Why != "" {
			related++
		}
		if i == 0 {
			title := "Lines of its diff that touch " + r.Metric.Name + " or what it calls"
			if l.Why == "" {
				title = "Lines of its diff (none is of " + r.Metric.String() + " or of what it calls, as far as calls can be followed)"
			}
			t.line("")
			for _, h := range wrapTo(o.width(), title, "", "") {
				t.line("%s", h)
			}
		}
		if i >= mostBisectedLines {
			others++
			continue
		}
		t.line("  %s", bisectedLine(l))
	}
	if others > 0 {
		t.line("  and %d more lines of the diff", others)
	}
	return t.out.Flush()
}

func skippedText(r *bisect.Report) string {
	if len(r.Skipped) == 0 {
		return "all of them built"
	}
	return quantity.Count(len(r.Skipped), "does not build", "do not build")
}

// bisectedLine is "rules/eat.bzl:9 + text = joined  (traverse_impl, owner)".
func bisectedLine(l *bisect.DiffLine) string {
	sign := "+"
	if l.Removed {
		sign = "-"
	}
	text := fmt.Sprintf("%s:%d %s %s", l.File, l.Line, sign, strings.TrimRight(l.Text, " \t\r"))
	switch {
	case l.Why == "owner":
		text += "   # in " + l.Within
	case l.Why != "":
		text += "   # in " + l.Within + ", " + l.Why
	}
	return printable(text)
}

// WriteBisectedMarkdown writes the same to share.
func WriteBisectedMarkdown(w io.Writer, r *bisect.Report, o Options) error {
	m := markdown{bufio.NewWriter(w), o}
	m.line("<!-- starlark-memls bisect -->\n# Bisected\n\n**%s**\n", escape(bisectedAnswer(r)))
	for _, c := range append(r.Suspects, r.Commit) {
		m.line("- %s %s (%s, %s)", code(short(c.ID)), escape(c.Subject), escape(c.Author), escape(c.Date))
	}
	m.line("\n| | bytes |\n|---|---|\n| before | %s |\n| after | %s |", spanText(&r.Before), spanText(&r.After))
	if l := rest(r); l != "" {
		m.line("\n%s", escape(l))
	}
	if len(r.Lines) > 0 {
		m.line("\n```diff")
		for i := range r.Lines {
			if i == mostBisectedLines {
				m.line("# and %d more lines", len(r.Lines)-i)
				break
			}
			l := &r.Lines[i]
			sign := "+"
			if l.Removed {
				sign = "-"
			}
			m.line("%s %s", sign, strings.ReplaceAll(printable(fmt.Sprintf("%s:%d %s", l.File, l.Line, l.Text)), "```", "'''"))
		}
		m.line("```")
	}
	return m.out.Flush()
}

// WriteBisectedJSON writes the same as JSON, with all lines.
func WriteBisectedJSON(w io.Writer, r *bisect.Report, _ Options) error {
	return encodeIndented(w, struct {
		Schema int `json:"schema"`
		*bisect.Report
	}{Schema, r})
}
