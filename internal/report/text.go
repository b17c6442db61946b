package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/quantity"
)

// defaultTop is how many suspects the text shows.
const defaultTop = 10

// WriteText writes the report for a terminal: the answer, why it is believed,
// what would make it surer, and then all else. It is plain ASCII but for what
// the sources and labels themselves hold, and for the escape sequences that
// the options ask for.
func WriteText(w io.Writer, r *attribution.Report, o Options) error {
	t := newTextWriter(w, r, o)
	sections := map[string]func(){
		"answer": t.answer, "lines": t.held, "why": t.why, "next": t.next, "suspects": t.suspects, "crashes": t.crashes,
		"evidence": t.evidence, "rules": t.rules, "restarts": t.again, "measurements": t.measurements, "warnings": t.warnings,
	}
	shown := o.Sections
	if len(shown) == 0 {
		shown = sectionNames
	}
	for _, name := range shown {
		sections[name]()
	}
	if o.Repeat && len(r.Suspects) > 0 && slices.Contains(shown, "answer") && len(shown) > 1 {
		t.line("")
		t.answer()
	}
	return t.out.Flush()
}

type textWriter struct {
	out   *bufio.Writer
	o     Options
	r     *attribution.Report
	files map[string]string // see linked
}

func newTextWriter(w io.Writer, r *attribution.Report, o Options) *textWriter {
	t := &textWriter{out: bufio.NewWriter(w), o: o, r: r}
	t.files = t.knownFiles()
	return t
}

// line writes one line. Names, paths and messages come from files that anybody
// may have written, so nothing but text gets to the terminal.
func (t *textWriter) line(format string, args ...any) { t.inStyle("", format, args...) }

// inStyle writes one line in a style.
func (t *textWriter) inStyle(style, format string, args ...any) {
	text := t.linked(printable(fmt.Sprintf(format, args...)))
	if style != "" {
		text = t.styled(style, text)
	}
	fmt.Fprintln(t.out, text)
}

func (t *textWriter) lines(lines []string) {
	for _, l := range lines {
		t.line("%s", l)
	}
}

// wrapped writes a text in lines of the terminal's width.
func (t *textWriter) wrapped(text, first, rest string) {
	t.lines(wrapTo(t.o.width(), text, first, rest))
}

// heading begins a part.
func (t *textWriter) heading(format string, args ...any) {
	t.line("")
	t.inStyle(bold, format, args...)
}

// answer is the report in a sentence.
func (t *textWriter) answer() {
	for _, l := range wrapTo(t.o.width(), Answer(t.r, t.o), "", "") {
		t.inStyle(bold, "%s", l)
	}
}

// why shows the first suspect's source and the reasons.
func (t *textWriter) why() {
	if len(t.r.Suspects) == 0 {
		return
	}
	s := &t.r.Suspects[0]
	if n := t.r.Tied(); n > 1 {
		t.tied(n)
		return
	}
	t.line("")
	for _, l := range excerptText(t.o.excerpt(s), "") {
		style := ""
		if strings.HasPrefix(l, ">") {
			style = yellow
		}
		t.inStyle(style, "%s", l)
	}
	t.heading("Why")
	if s.Verdict != "" && len(t.r.Crashes) > 0 {
		t.wrapped(verdictText(s), "  ", "  ")
	}
	t.reasons(s)
	t.lines(candidateLines(t.o, s))
	if s.Stale {
		t.wrapped("The source was edited since the measurement: lines may have moved.", "  ! ", "    ")
	}
	for _, b := range s.Blind {
		t.wrapped(b, "  ? ", "    ")
	}
}

// tied shows suspects that nothing tells apart: no one of them is the first.
func (t *textWriter) tied(n int) {
	t.line("")
	for i := range t.r.Suspects[:min(n, defaultTop)] {
		s := &t.r.Suspects[i]
		t.wrapped(fmt.Sprintf("%s, %s", s.Name, t.o.where(s)), "  = ", "    ")
	}
	t.heading("Why")
	t.reasons(&t.r.Suspects[0])
}

// next says what would make the answer surer.
func (t *textWriter) next() {
	if len(t.r.Surer) == 0 {
		return
	}
	t.heading("%s", surerTitle(t.r))
	for _, advice := range t.r.Surer {
		t.wrapped(advice, "  + ", "    ")
	}
}

// verdictText says how far the evidence goes, and what the word means.
func verdictText(s *attribution.Suspect) string {
	return fmt.Sprintf("%s: %s.", capital(string(s.Verdict)), s.Verdict.Meaning())
}

// capital begins a sentence.
func capital(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

func (t *textWriter) reasons(s *attribution.Suspect) {
	for _, reason := range s.Reasons {
		t.wrapped(reason, "  - ", "    ")
	}
}

// candidateLines lists the definitions between which it stays open.
func candidateLines(o Options, s *attribution.Suspect) []string {
	if whose := o.whose(s); whose != "" {
		return wrapTo(o.width(), whose, "  ? ", "    ")
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

// wideTable is the width from which a suspect's place has a column.
const wideTable = 110

// suspects shows the table.
func (t *textWriter) suspects() {
	list := top(t.r.Suspects, t.o.Top, worthListing(t.r.Suspects))
	if len(list) == 0 {
		return
	}
	head := "Suspects"
	if len(list) < len(t.r.Suspects) {
		head = fmt.Sprintf("Suspects (%d of %d; --top N lists more)", len(list), len(t.r.Suspects))
	}
	t.heading("%s", head)
	wide := t.o.width() >= wideTable
	rows := [][]string{{"", "score", "function", "stack", "active", "GCs", "GC rate", "self time", "bytes"}}
	if wide {
		rows[0] = append(rows[0], "place")
	}
	for i := range list {
		s := &list[i]
		row := []string{
			strconv.Itoa(s.Rank), fmt.Sprintf("%.2f", s.Score), shorten(s.Name, 26),
			partOf(s.Evidence, attribution.CrashFrames), partOf(s.Evidence, attribution.ActiveAtCrash),
			numberOr(s.Evidence, attribution.GCEvents), gcRate(s.Evidence),
			numberOr(s.Evidence, attribution.SelfMicros), mostBytes(s.Evidence),
		}
		if wide {
			row = append(row, t.suspectPlace(s))
		}
		rows = append(rows, row)
	}
	laid := columns(rows, func(column int) bool { return column != 2 && column != 9 })
	t.inStyle(faint, "%s", laid[0])
	for i := range list {
		t.line("%s", laid[i+1])
		if !wide {
			t.line("          %s", shorten(t.suspectPlace(&list[i]), t.o.width()-10))
		}
	}
	t.wrapped("score: how suspicious, from 0 to 1, to order by; not a probability. stack, active: in how many crashes it was on the failing stack, or one of its calls ended last. GC rate: at least so many times the collections per second of the rest of the build.", "  ", "  ")
}

func (t *textWriter) suspectPlace(s *attribution.Suspect) string {
	place := t.o.where(s)
	if s.Stale {
		place += " (edited since)"
	}
	return place
}

// worthListing is how many suspects a table shows that nobody asked the length
// of: those with a twentieth of the first one's score, and three at least.
func worthListing(all []attribution.Suspect) int {
	n := 0
	for n < min(len(all), defaultTop) && (n < 3 || all[n].Score >= all[0].Score/20) {
		n++
	}
	return max(n, 1)
}

// evidence shows all numbers on the first suspect.
func (t *textWriter) evidence() {
	if len(t.r.Suspects) == 0 || len(t.r.Suspects[0].Evidence) == 0 {
		return
	}
	s := &t.r.Suspects[0]
	t.heading("Evidence on %s", s.Name)
	var rows [][]string
	var legend []string
	for _, v := range s.Evidence {
		rows = append(rows, []string{v.Measure.Label, ValueText(v, s.Evidence)})
		if v.Measure.Term {
			legend = append(legend, v.Measure.Label+": "+v.Measure.Meaning)
		}
	}
	t.lines(sideBySide(columns(rows, func(int) bool { return false }), t.o.width()-2, "  "))
	t.wrapped(strings.Join(append(legend, "All are explained in docs/measures.md."), " "), "  ", "  ")
}

// crashes shows each crash with its frames.
func (t *textWriter) crashes() {
	if len(t.r.Crashes) == 0 {
		return
	}
	const most = 5
	t.heading("Crashes, newest first")
	for i := range t.r.Crashes {
		if i == most {
			t.line("  and %d more", len(t.r.Crashes)-most)
			return
		}
		c := &t.r.Crashes[i]
		t.wrapped(t.crashTitle(c), "  ", "      ")
		for _, l := range deathSentences(c) {
			t.wrapped(l, "    ", "    ")
		}
		if c.Message != "" {
			t.wrapped("message: "+shorten(c.Message, 300), "    ", "      ")
		}
		if c.HeapDump != "" {
			t.wrapped("heap dump: "+t.o.path(c.HeapDump), "    ", "      ")
		}
		t.frames(c)
		for i, f := range c.Instantiated {
			file, line := t.o.frame(&c.Instantiated[i])
			t.lines(wrap("made by: "+f.Function+", "+position(file, line, f.Column), "    ", "      "))
		}
	}
}

func (t *textWriter) crashTitle(c *attribution.Crash) string {
	title := capital(crashHead(c))
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
			t.wrapped(at+": "+strings.TrimPrefix(frameMessage(f, nil), "in "), "    ", "      ")
			for _, l := range f.Locals {
				t.wrapped(localText(&l, true), "      ", "        ")
			}
		}
		if thread.Statement != "" {
			t.wrapped("running: "+thread.Statement, "    ", "      ")
		}
	}
	if s := c.Inferred; s != nil {
		t.wrapped(fmt.Sprintf("probably %s, %s: %s", s.Name, t.o.where(s), c.InferredWhy), "    ", "      ")
	} else if len(c.Threads) == 0 {
		t.line("    no Starlark stack was printed, and no function was seen running")
	}
}

// localText is "joined: string of 3800000, 3.6 MiB", with the preview if that
// may be shown.
func localText(l *observe.Local, preview bool) string {
	text := l.Name + ": " + l.Type
	if l.Length != nil {
		text += fmt.Sprintf(" of %d", *l.Length)
	}
	text += ", " + quantity.Bytes(l.Bytes())
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
		t.wrapped("MMU (minimum mutator utilisation): the smallest share of any one second that garbage collection left to the build. thrash: when collection began to take most of the time, to the end.", "  ", "  ")
	}
}

func (t *textWriter) warnings() {
	if len(t.r.Warnings) == 0 {
		return
	}
	t.heading("What to know about the data")
	for _, w := range t.r.Warnings {
		t.wrapped(t.o.warning(w), "  - ", "    ")
	}
}
