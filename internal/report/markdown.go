// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/quantity"
	"example.invalid/starlark-memls/starlark"
)

// Markdown that may leave the company: no previews of values. Every text from
// outside is escaped, so that a label or a message is shown and not rendered.

// WriteMarkdown writes the report as Markdown.
func WriteMarkdown(w io.Writer, r *attribution.Report, o Options) error {
	out := bufio.NewWriter(w)
	m := markdown{out, o}
	m.line("# Starlark memory report")
	m.line("")
	m.line("**%s**", escape(Answer(r, o)))
	if len(r.Suspects) == 0 {
		m.surer(r.Surer)
	} else {
		m.line("")
		m.heldLines(r)
		title := "## First suspect: "
		if n := r.Tied(); n > 1 {
			title = fmt.Sprintf("## One of %d that nothing tells apart: ", n)
		}
		at := answered(r)
		if heldElsewhere(r) {
			at = spotOf(&r.Suspects[0])
		}
		m.suspect(&r.Suspects[0], title, at)
		m.surer(r.Surer)
		m.suspectTable(top(r.Suspects, o.Top, defaultTop))
	}
	for i := range r.Crashes {
		m.line("")
		m.line("## Crash %d: %s", i+1, escape(crashHead(&r.Crashes[i])))
		m.line("")
		m.crash(&r.Crashes[i], "###")
	}
	m.rules(r)
	m.again(r)
	m.measurementTable(r.Measurements)
	m.warnings(r.Warnings)
	if o.Version != "" {
		m.line("")
		m.line("_starlark-memls %s_", escape(o.Version))
	}
	return out.Flush()
}

// WriteEvidence writes the page on one function: the whole evidence, the
// reasons with their weights, the lines, and what all this cannot see.
func WriteEvidence(w io.Writer, r *attribution.Report, s *attribution.Suspect, o Options) error {
	out := bufio.NewWriter(w)
	m := markdown{out, o}
	m.suspect(s, "# ", spotOf(s))
	m.line("")
	m.line("Rank %d of %d, score %.2f, from %s with %s.", s.Rank, len(r.Suspects), s.Score,
		quantity.Count(len(r.Measurements), "measurement", "measurements"), quantity.Count(len(r.Crashes), "crash", "crashes"))
	m.lineTable(s)
	m.uses(s)
	m.warnings(r.Warnings)
	return out.Flush()
}

// WriteCrashPage writes the page on one crash of a report, a section for each
// thread. That on the newest begins with the report's answer.
func WriteCrashPage(w io.Writer, r *attribution.Report, c *attribution.Crash, o Options) error {
	out := bufio.NewWriter(w)
	m := markdown{out, o}
	m.line("# Crash: %s", escape(crashHead(c)))
	m.line("")
	if c == &r.Crashes[0] && len(r.Measurements) > 0 {
		m.line("**%s**", escape(Answer(r, o)))
		m.line("")
		m.heldLines(r)
	}
	m.crash(c, "##")
	return out.Flush()
}

// Hover is the short Markdown that an editor shows over a suspect.
func Hover(s *attribution.Suspect, o Options) string {
	var text strings.Builder
	out := bufio.NewWriter(&text)
	m := markdown{out, o}
	m.line("**%s** suspect no. %d, score %.2f", code(s.Name), s.Rank, s.Score)
	m.body(s)
	m.locals(s)
	out.Flush()
	return strings.TrimRight(text.String(), "\n") + "\n"
}

// locals lists the variables at the lines of crashes, with previews: a hover is
// shown to the one who holds the dump.
func (m markdown) locals(s *attribution.Suspect) {
	for _, l := range s.Lines {
		if len(l.Locals) == 0 {
			continue
		}
		m.line("")
		m.line("Variables at line %d, in the newest crash there:", l.Line)
		m.line("")
		for i := range l.Locals {
			m.line("- %s", escape(localText(&l.Locals[i], true)))
		}
	}
}

type markdown struct {
	out *bufio.Writer
	o   Options
}

func (m markdown) line(format string, args ...any) { fmt.Fprintf(m.out, format+"\n", args...) }

// escape keeps Markdown from reading text as markup.
func escape(s string) string {
	return strings.NewReplacer("\\", "\\\\", "|", "\\|", "*", "\\*", "_", "\\_", "`", "\\`", "<", "&lt;", ">", "&gt;",
		"[", "\\[", "]", "\\]", "#", "\\#").Replace(printable(s))
}

// code is a name as code; a backquote cannot stand in one. It may stand in a
// table, where a bar would end the cell.
func code(s string) string {
	return "`" + strings.NewReplacer("`", "'", "|", "\\|").Replace(printable(s)) + "`"
}

// suspect writes the section on a function, with the source around a line.
func (m markdown) suspect(s *attribution.Suspect, title string, at spot) {
	m.line("%s%s", title, code(s.Name))
	m.line("")
	m.line("%s", code(m.o.where(s)))
	if s.Verdict != "" {
		m.line("")
		m.line("%s", verdictText(s))
	}
	if lines := excerptText(m.o.excerpt(at), ""); len(lines) > 0 {
		m.line("")
		m.line("```")
		for _, l := range lines {
			m.line("%s", strings.ReplaceAll(l, "```", "'''"))
		}
		m.line("```")
	}
	m.body(s)
}

// body is what hover and page share.
func (m markdown) body(s *attribution.Suspect) {
	if whose := m.o.whose(s); whose != "" {
		m.line("")
		m.line("Of the functions of this name it is %s.", escape(whose))
	} else if len(s.Candidates) > 0 {
		m.line("")
		m.line("It is one of these; the evidence does not tell which:")
		m.line("")
		m.places(s.Candidates)
	}
	if len(s.Reasons) > 0 {
		m.line("")
		for i, reason := range s.Reasons {
			weight := ""
			if i < len(s.Weights) {
				weight = fmt.Sprintf(" (weight %.2f)", s.Weights[i])
			}
			m.line("- %s%s", escape(reason), weight)
		}
	}
	if len(s.Evidence) > 0 {
		m.line("")
		m.line("| evidence | | |")
		m.line("|---|---:|---|")
		for _, v := range s.Evidence {
			m.line("| %s | %s | %s |", v.Measure.Label, ValueText(v, s.Evidence), v.Measure.Meaning)
		}
	}
	if s.Stale {
		m.line("")
		m.line("**Stale:** the source was edited since the measurement; lines may have moved.")
	}
	if len(s.Blind) > 0 {
		m.line("")
		m.line("What this cannot see:")
		m.line("")
		for _, b := range s.Blind {
			m.line("- %s", escape(b))
		}
	}
}

func (m markdown) places(all []*starlark.Definition) {
	for _, d := range all {
		m.line("- %s", code(m.o.place(d)))
	}
}

// surer says what would make the answer surer.
func (m markdown) surer(advice []string) {
	if len(advice) == 0 {
		return
	}
	m.line("")
	m.line("What to do next, to be more certain:")
	m.line("")
	for _, a := range advice {
		m.line("- %s", escape(a))
	}
}

func (m markdown) suspectTable(list []attribution.Suspect) {
	m.line("")
	m.line("## Suspects")
	m.line("")
	m.line("| | score | function | place | stacks | active | GC rate | self time | bytes |")
	m.line("|---:|---:|---|---|---:|---:|---:|---:|---:|")
	for i := range list {
		s, e := &list[i], list[i].Evidence
		m.line("| %d | %.2f | %s | %s | %s | %s | %s | %s | %s |", s.Rank, s.Score, code(s.Name), code(m.o.where(s)),
			partOf(e, attribution.CrashFrames), partOf(e, attribution.ActiveAtCrash), gcRate(e),
			numberOr(e, attribution.SelfMicros), mostBytes(e))
	}
}

func (m markdown) lineTable(s *attribution.Suspect) {
	if len(s.Lines) == 0 {
		return
	}
	m.line("")
	m.line("## Lines")
	m.line("")
	m.line("The line of a stack or of a sample is that of the last call that the function began, not of the allocation itself.")
	m.line("")
	m.line("| line | crashes | allocated | CPU | variables at the newest crash |")
	m.line("|---:|---:|---:|---:|---|")
	for _, l := range s.Lines {
		var locals []string
		for i := range l.Locals {
			locals = append(locals, escape(localText(&l.Locals[i], false)))
		}
		m.line("| %d | %d | %s | %s | %s |", l.Line, l.CrashFrames, quantity.Bytes(l.AllocatedBytes), quantity.Micros(l.CPUMicros), strings.Join(locals, "; "))
	}
}

// uses lists what the function implements.
func (m markdown) uses(s *attribution.Suspect) {
	if s.Definition == nil || len(s.Definition.Uses) == 0 {
		return
	}
	const most = 20
	m.line("")
	m.line("## Used as")
	m.line("")
	for i, u := range s.Definition.Uses {
		if i == most {
			m.line("- and %d more", len(s.Definition.Uses)-most)
			return
		}
		m.line("- %s %s, %s", u.Kind, code(u.Name), code(m.o.place(u)))
	}
}

// crash writes one crash; number 0 is a page of its own.
func (m markdown) crash(c *attribution.Crash, level string) {
	if c.Message != "" {
		m.line("%s", escape(c.Message))
		m.line("")
	}
	for _, l := range deathSentences(c) {
		m.line("%s", escape(l))
		m.line("")
	}
	if !c.Time.IsZero() {
		m.line("- Time: %s", c.Time.UTC().Format("2006-01-02 15:04:05 UTC"))
	}
	if c.Path != "" {
		m.line("- Measurement: %s", code(m.o.path(c.Path)))
	}
	if t := c.TargetDefinition; t != nil {
		m.line("- Target: %s, %s", code(c.Target), code(m.o.place(t)))
	} else if c.Target != "" {
		m.line("- Target: %s", code(c.Target))
	}
	if c.HeapDump != "" {
		m.line("- Heap dump: %s", code(m.o.path(c.HeapDump)))
	}
	if s := c.Inferred; s != nil {
		m.line("- Probably (no stack names it): %s, %s: %s", code(s.Name), code(m.o.where(s)), escape(c.InferredWhy))
	}
	for i := range c.Threads {
		m.thread(c, &c.Threads[i], level, i+1)
	}
	if len(c.Threads) == 0 && !c.Death.Other && c.HeapDump == "" {
		m.line("")
		if c.UnreadDump != "" {
			m.line("The crash left no Starlark stack, or it is in the heap dump: %s.", escape(c.UnreadDump))
			return
		}
		m.line("The crash left no Starlark stack. A heap dump would have one (`--host_jvm_args=-XX:+HeapDumpOnOutOfMemoryError`).")
	}
}

func (m markdown) thread(c *attribution.Crash, t *attribution.Thread, level string, number int) {
	name := t.Name
	if name == "" {
		name = fmt.Sprintf("Thread %d", number)
	}
	if t.Failed {
		name += " (failed)"
	}
	m.line("")
	m.line("%s %s", level, escape(name))
	m.line("")
	if t.Target != "" && t.Target != c.Target {
		m.line("Evaluating %s.", code(t.Target))
		m.line("")
	}
	if t.Statement != "" {
		m.line("Running in the innermost function: %s.", escape(t.Statement))
		m.line("")
	}
	m.line("| function | place | variables |")
	m.line("|---|---|---|")
	for i := range t.Frames {
		f := &t.Frames[i]
		at := "builtin"
		if !isBuiltin(f.File) {
			file, line := m.o.frame(f)
			at = code(position(file, line, f.Column))
		}
		if f.Mapped != "" {
			at += " (matched: " + escape(f.Mapped) + ")"
		}
		if f.Stale {
			at += " (edited since)"
		}
		var locals []string
		for k := range f.Locals {
			locals = append(locals, escape(localText(&f.Locals[k], false)))
		}
		m.line("| %s | %s | %s |", code(f.Function), at, strings.Join(locals, "; "))
	}
}

func (m markdown) measurementTable(list []observe.Summary) {
	if len(list) == 0 {
		return
	}
	m.line("")
	m.line("## Measurements")
	m.line("")
	m.line("| limit | run | status | GCs | duration | path |")
	m.line("|---:|---|---|---:|---:|---|")
	for i := range list {
		s := &list[i]
		limit, gcs, length := "-", "-", "-"
		if s.MemoryLimitBytes > 0 {
			limit = quantity.Bytes(s.MemoryLimitBytes)
		}
		if s.GCKnown {
			gcs = fmt.Sprint(s.GCCount)
		}
		if s.DurationMicros > 0 {
			length = quantity.Micros(s.DurationMicros)
		}
		m.line("| %s | %s | %s | %s | %s | %s |", limit, escape(s.Run), s.Status, gcs, length, code(m.o.path(s.Path)))
	}
}

func (m markdown) warnings(list []observe.Warning) {
	if len(list) == 0 {
		return
	}
	m.line("")
	m.line("## What to know about the data")
	m.line("")
	for _, w := range list {
		m.line("- %s", escape(m.o.warning(w)))
	}
}
