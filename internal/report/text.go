// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.invalid/starlark-memls/attribution"
)

// defaultTop is how many suspects the text shows.
const defaultTop = 10

// WriteText writes the report for a terminal: the answer, why it is believed,
// what would make it surer, and then all else, as far as it is new; the last
// line says how to see the rest. It is plain ASCII but for what the sources and
// labels themselves hold, and for the escape sequences that the options ask for.
func WriteText(w io.Writer, r *attribution.Report, o Options) error {
	t := newTextWriter(w, r, o)
	sections := map[string]func(){
		"answer": t.answer, "lines": t.held, "why": t.why, "next": t.next, "suspects": t.suspects, "crashes": t.crashes,
		"evidence": t.evidence, "rules": t.rules, "restarts": t.again, "heap": t.heap, "measurements": t.measurements, "warnings": t.warnings,
	}
	shown := o.Sections
	if len(shown) == 0 {
		shown = sectionNames
	}
	for _, name := range shown {
		sections[name]()
	}
	if !o.Full && len(o.Sections) == 0 && len(r.Measurements) > 0 {
		t.more()
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
	if r == nil {
		r = &attribution.Report{}
	}
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
	if n := t.r.Tied(); n > 1 && holder(t.r) == nil {
		t.tied(n)
		return
	}
	if lines := excerptText(t.o.excerpt(answered(t.r)), ""); len(lines) > 0 {
		t.line("")
		for _, l := range lines {
			style := ""
			if strings.HasPrefix(l, ">") {
				style = yellow
			}
			t.inStyle(style, "%s", l)
		}
	}
	if heldElsewhere(t.r) {
		t.heading("The first suspect: %s, %s", s.Name, t.o.where(s))
	} else {
		t.heading("Why")
	}
	if s.Verdict != "" && len(t.r.Crashes) > 0 {
		t.wrapped(verdictText(s), "  ", "  ")
		if text := worth(t.r); text != "" && s.Verdict == attribution.Possible {
			t.wrapped(text, "  ", "  ")
		}
	}
	t.lines(candidateLines(t.o, s))
	if s.Stale {
		t.wrapped("The source was edited since the measurement: lines may have moved.", "  ! ", "    ")
	}
	// What is not sure comes first, and where all is sure last.
	if s.Verdict == attribution.Sure {
		t.reasons(s)
	}
	for _, b := range s.Blind {
		t.wrapped(b, "  ? ", "    ")
	}
	if s.Verdict != attribution.Sure {
		t.reasons(s)
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
	return fmt.Sprintf("%s: %s.", capital(string(s.Verdict)), s.Meaning())
}

// capital begins a sentence.
func capital(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// firstReasons is how many reasons the first look needs; they come in the order
// of their weight.
const firstReasons = 4

func (t *textWriter) reasons(s *attribution.Suspect) {
	shown := s.Reasons
	if !t.o.Full && len(shown) > firstReasons+1 {
		shown = shown[:firstReasons]
	}
	for _, reason := range shown {
		t.wrapped(reason, "  - ", "    ")
	}
	if more := len(s.Reasons) - len(shown); more > 0 {
		t.line("  and %d more of less weight (--sections why)", more)
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

// suspects shows the table.
func (t *textWriter) suspects() {
	list := top(t.r.Suspects, t.o.Top, worthListing(t.r.Suspects))
	if len(list) == 0 || len(t.r.Suspects) == 1 && !t.o.Full { // the answer has said it all
		return
	}
	head := "Suspects"
	if len(list) < len(t.r.Suspects) {
		head = fmt.Sprintf("Suspects (%d of %d; --top N lists more)", len(list), len(t.r.Suspects))
	}
	t.heading("%s", head)
	table := suspectColumns(list)
	rows := [][]string{{"", "score", "function"}}
	for _, c := range table {
		rows[0] = append(rows[0], c.title)
	}
	rows[0] = append(rows[0], "place")
	for i := range list {
		s := &list[i]
		row := []string{strconv.Itoa(s.Rank), fmt.Sprintf("%.2f", s.Score), shorten(s.Name, 26)}
		for _, c := range table {
			row = append(row, c.cell(s.Evidence))
		}
		rows = append(rows, append(row, t.suspectPlace(s)))
	}
	right := func(column int) bool { return column != 2 && column != 3+len(table) }
	laid := columns(rows, right)
	wide := !slices.ContainsFunc(laid, func(l string) bool { return utf8.RuneCountInString(l) > t.o.width() })
	if !wide { // the place has a line of its own
		for i := range rows {
			rows[i] = rows[i][:len(rows[i])-1]
		}
		laid = columns(rows, right)
	}
	t.inStyle(faint, "%s", laid[0])
	for i := range list {
		t.line("%s", laid[i+1])
		if !wide {
			t.line("          %s", shorten(t.suspectPlace(&list[i]), t.o.width()-10))
		}
	}
	legend := "score: the weight of the evidence, from 0 to 1; not a probability."
	for _, c := range table {
		if c.meaning != "" {
			legend += " " + c.title + ": " + c.meaning + "."
		}
	}
	t.wrapped(legend, "  ", "  ")
}

// A suspectColumn is a column of the table of suspects.
type suspectColumn struct {
	title, meaning string // no meaning where the title says it
	cell           func(attribution.Evidence) string
}

// suspectColumns are the columns in which any of the suspects has something.
func suspectColumns(list []attribution.Suspect) (shown []suspectColumn) {
	all := []suspectColumn{
		{"stack", "crashes with it on the failing stack", func(e attribution.Evidence) string { return partOf(e, attribution.CrashFrames) }},
		{"active", "crashes that followed a call of it within 0.1 s", func(e attribution.Evidence) string { return partOf(e, attribution.ActiveAtCrash) }},
		{"GCs", "", func(e attribution.Evidence) string { return numberOr(e, attribution.GCEvents) }},
		{"GC rate", "collections per second, at least so many times the rest of the build's", gcRate},
		{"self time", "", func(e attribution.Evidence) string { return numberOr(e, attribution.SelfMicros) }},
		{"bytes", "", mostBytes},
	}
	for _, c := range all {
		if slices.ContainsFunc(list, func(s attribution.Suspect) bool { return c.cell(s.Evidence) != "-" }) {
			shown = append(shown, c)
		}
	}
	return shown
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

// evidence shows all numbers on the first suspect. Those that speak are among
// the reasons already.
func (t *textWriter) evidence() {
	if !t.o.Full || len(t.r.Suspects) == 0 || len(t.r.Suspects[0].Evidence) == 0 {
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
	if len(legend) > 0 {
		t.wrapped(strings.Join(legend, " "), "  ", "  ")
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

// more says what was left out, and how to see it.
func (t *textWriter) more() {
	t.line("")
	t.inStyle(faint, "%s", "All numbers, restarts and builds: --sections all, or one of them by its name.")
}
