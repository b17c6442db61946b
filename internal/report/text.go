package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/quantity"
)

// defaultTop is how many suspects the text shows.
const defaultTop = 10

// WriteText writes the report for a terminal of 80 columns: the first suspect
// with its source and the reasons, the table of suspects, the crashes, the
// measurements, and what is doubtful about the data. It is plain ASCII but for
// what the sources and labels themselves hold.
func WriteText(w io.Writer, r *attribution.Report, o Options) error {
	out := bufio.NewWriter(w)
	t := textWriter{out, o, r}
	t.guilty()
	t.suspects()
	t.crashes()
	t.evidence()
	t.rules()
	t.again()
	t.measurements()
	t.warnings()
	return out.Flush()
}

type textWriter struct {
	out *bufio.Writer
	o   Options
	r   *attribution.Report
}

// line writes one line. Names, paths and messages come from files that anybody
// may have written, so nothing but text gets to the terminal.
func (t *textWriter) line(format string, args ...any) {
	fmt.Fprintln(t.out, printable(fmt.Sprintf(format, args...)))
}

func (t *textWriter) lines(lines []string) {
	for _, l := range lines {
		t.line("%s", l)
	}
}

// guilty shows the first suspect.
func (t *textWriter) guilty() {
	lead := t.o.leadLines(t.r)
	for _, l := range lead {
		t.lines(wrap(l, "", ""))
	}
	if len(lead) > 0 {
		t.line("")
	}
	if len(t.r.Suspects) == 0 {
		switch {
		case len(t.r.Measurements) == 0:
			t.line("Nothing to report: no measurement was read.")
		default:
			t.line("No function is suspected: no evidence names a Starlark function.")
		}
		t.surer()
		return
	}
	t.heldFirst()
	s := &t.r.Suspects[0]
	if n := t.r.Tied(); n > 1 {
		t.tied(n)
		return
	}
	title := "The first suspect"
	if len(t.r.Crashes) == 0 {
		title = "No crash. The function that weighs most"
	}
	t.line("%s: %s, %s", title, s.Name, t.o.where(s))
	if s.Verdict != "" && len(t.r.Crashes) > 0 {
		t.lines(wrap(verdictText(s), "", ""))
	}
	t.lines(excerptText(t.o.excerpt(s), ""))
	t.line("")
	t.reasons(s)
	t.lines(candidateLines(t.o, s))
	if s.Stale {
		t.lines(wrap("The source was edited since the measurement: lines may have moved.", "  ! ", "    "))
	}
	for _, b := range s.Blind {
		t.lines(wrap(b, "  ? ", "    "))
	}
	t.surer()
}

// tied shows suspects that nothing tells apart: no one of them is the first.
func (t *textWriter) tied(n int) {
	t.lines(wrap(fmt.Sprintf("No first suspect: %d functions tie, and nothing known tells them apart.", n), "", ""))
	for i := range t.r.Suspects[:min(n, defaultTop)] {
		s := &t.r.Suspects[i]
		t.lines(wrap(fmt.Sprintf("%s, %s", s.Name, t.o.where(s)), "  = ", "    "))
	}
	t.reasons(&t.r.Suspects[0])
	t.surer()
}

// surer says what would decide.
func (t *textWriter) surer() {
	for i, advice := range t.r.Surer {
		if i == 0 {
			t.line("")
			t.line("%s", surerTitle(t.r))
		}
		t.lines(wrap(advice, "  + ", "    "))
	}
}

// verdictText says how far the evidence goes, and what the word means.
func verdictText(s *attribution.Suspect) string {
	return fmt.Sprintf("Verdict: %s (%s).", s.Verdict, s.Verdict.Meaning())
}

func (t *textWriter) reasons(s *attribution.Suspect) {
	for _, reason := range s.Reasons {
		t.lines(wrap(reason, "  - ", "    "))
	}
}

// candidateLines lists the definitions between which it stays open.
func candidateLines(o Options, s *attribution.Suspect) []string {
	if whose := o.whose(s); whose != "" {
		return wrap(whose, "  ? ", "    ")
	}
	if len(s.Candidates) == 0 {
		return nil
	}
	lines := []string{fmt.Sprintf("  ? one of %d functions of this name:", len(s.Candidates))}
	const most = 8
	for i, d := range s.Candidates {
		if i == most {
			lines = append(lines, fmt.Sprintf("      and %d more", len(s.Candidates)-most))
			break
		}
		lines = append(lines, "      "+o.place(d))
	}
	return lines
}

// suspects shows the table.
func (t *textWriter) suspects() {
	list := top(t.r.Suspects, t.o.Top, defaultTop)
	if len(list) == 0 {
		return
	}
	t.line("")
	head := "Suspects"
	if len(list) < len(t.r.Suspects) {
		head = fmt.Sprintf("Suspects (%d of %d)", len(list), len(t.r.Suspects))
	}
	t.line("%s", head)
	rows := [][]string{{"", "score", "function", "stack", "active", "GC", "GC rate", "own time", "bytes"}}
	for i := range list {
		s := &list[i]
		rows = append(rows, []string{
			strconv.Itoa(s.Rank), fmt.Sprintf("%.2f", s.Score), shorten(s.Name, 26),
			partOf(s.Evidence, attribution.CrashFrames), partOf(s.Evidence, attribution.ActiveAtCrash),
			numberOr(s.Evidence, attribution.GCEvents), gcRate(s.Evidence),
			numberOr(s.Evidence, attribution.SelfMicros), mostBytes(s.Evidence),
		})
	}
	laid := columns(rows, func(column int) bool { return column != 2 })
	t.line("%s", laid[0])
	for i := range list {
		t.line("%s", laid[i+1])
		place := t.o.where(&list[i])
		if list[i].Stale {
			place += " (edited since)"
		}
		t.line("          %s", shorten(place, width-10))
	}
}

// evidence shows all numbers on the first suspect.
func (t *textWriter) evidence() {
	if len(t.r.Suspects) == 0 || len(t.r.Suspects[0].Evidence) == 0 {
		return
	}
	s := &t.r.Suspects[0]
	t.line("")
	t.line("Evidence on %s", s.Name)
	var rows [][]string
	for _, v := range s.Evidence {
		rows = append(rows, []string{v.Measure.Label, ValueText(v, s.Evidence)})
	}
	for _, l := range columns(rows, func(int) bool { return false }) {
		t.line("  %s", l)
	}
}

// crashes shows each crash with its frames.
func (t *textWriter) crashes() {
	if len(t.r.Crashes) == 0 {
		return
	}
	const most = 5
	t.line("")
	t.line("Crashes, newest first")
	for i := range t.r.Crashes {
		if i == most {
			t.line("  and %d more", len(t.r.Crashes)-most)
			return
		}
		c := &t.r.Crashes[i]
		t.lines(wrap(t.crashTitle(c), "  ", "      "))
		for _, l := range deathSentences(c) {
			t.lines(wrap(l, "    ", "    "))
		}
		if c.Message != "" {
			t.lines(wrap("it said: "+shorten(c.Message, 300), "    ", "      "))
		}
		if c.HeapDump != "" {
			t.lines(wrap("heap dump: "+t.o.path(c.HeapDump), "    ", "      "))
		}
		t.frames(c)
		for i, f := range c.Instantiated {
			file, line := t.o.frame(&c.Instantiated[i])
			t.lines(wrap("made by: "+f.Function+", "+position(file, line, f.Column), "    ", "      "))
		}
	}
}

func (t *textWriter) crashTitle(c *attribution.Crash) string {
	title := crashHead(c)
	if !c.Time.IsZero() {
		title += ", " + c.Time.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	if p := t.o.path(c.Path); p != "" {
		title += ", in " + p
	}
	return title
}

func (t *textWriter) frames(c *attribution.Crash) {
	for i := range c.Threads {
		thread := &c.Threads[i]
		if len(c.Threads) > 1 {
			t.line("    %s", strings.TrimSuffix(threadPrefix(c, thread), ": "))
		}
		for k := range thread.Frames {
			f := &thread.Frames[k]
			file, line := t.o.frame(f)
			at := "builtin"
			if !isBuiltin(f.File) {
				at = position(file, line, f.Column)
			}
			t.lines(wrap(at+": "+strings.TrimPrefix(frameMessage(f, nil), "in "), "    ", "      "))
			for _, l := range f.Locals {
				t.line("      %s", localText(&l, true))
			}
		}
		if thread.Statement != "" {
			t.lines(wrap("under way: "+thread.Statement, "    ", "      "))
		}
	}
	if s := c.Inferred; s != nil {
		t.lines(wrap(fmt.Sprintf("inferred: %s, %s (%s)", s.Name, t.o.where(s), c.InferredWhy), "    ", "      "))
	} else if len(c.Threads) == 0 {
		if c.Death.Doing == "" && c.Death.What == "" {
			t.line("    %s", noStack(c))
		}
	}
}

// localText is "joined: string of 3800000, 3.6 MiB", with the preview if that
// may be shown.
func localText(l *attribution.Local, preview bool) string {
	text := l.Name + ": " + l.Type
	if l.Length > 0 {
		text += fmt.Sprintf(" of %d", l.Length)
	}
	text += ", " + quantity.Bytes(max(l.RetainedBytes, l.ShallowBytes))
	if preview && l.Preview != "" {
		text += " = " + printable(l.Preview)
	}
	return text
}

// measurements shows the table of builds.
func (t *textWriter) measurements() {
	if len(t.r.Measurements) == 0 {
		return
	}
	const most = 20
	t.line("")
	t.line("Measurements")
	rows := [][]string{{"limit", "run", "status", "GCs", "MMU", "thrash", "duration", "path"}}
	list := t.r.Measurements
	for i := range list[:min(len(list), most)] {
		m := &list[i]
		row := []string{"-", m.Run, string(m.Status), "-", "-", "-", "-", shorten(t.o.path(m.Path), 15)}
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
	for _, l := range columns(rows, func(column int) bool { return column == 0 || column >= 3 && column <= 6 }) {
		t.line("  %s", l)
	}
	if len(list) > most {
		t.line("  and %d more", len(list)-most)
	}
	if slices.ContainsFunc(list, func(s attribution.Summary) bool { return s.Utilisation != nil }) {
		t.lines(wrap("MMU: the least share of any second that collections left to the program; thrash: when they began to take most of the time until the end.", "  ", "  "))
	}
}

func (t *textWriter) warnings() {
	if len(t.r.Warnings) == 0 {
		return
	}
	t.line("")
	t.line("What is doubtful about the data")
	for _, w := range t.r.Warnings {
		t.lines(wrap(t.o.warning(w), "  - ", "    "))
	}
}
