// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"example.invalid/starlark-memls/internal/gauge"
	"example.invalid/starlark-memls/internal/quantity"
)

// Terminal is a display of five lines that renews itself in place.
type Terminal struct {
	mu      sync.Mutex
	w       io.Writer
	columns int
	color   bool
	title   string
	lines   int // drawn, to go back over
	drawn   time.Time
	began   time.Time
	state   gauge.State
	history []float64 // shares of the limit in use, one a redraw
}

// NewTerminal draws to a terminal of so many columns.
func NewTerminal(w io.Writer, columns int, color bool) *Terminal {
	if columns < 40 {
		columns = 80
	}
	return &Terminal{w: w, columns: min(columns, 100), color: color}
}

// Title is what is watched.
func (t *Terminal) Title(text string) { t.title = text }

// redraw is how often the display changes.
const redraw = 500 * time.Millisecond

// Show implements Printer.
func (t *Terminal) Show(r gauge.Reading) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.began.IsZero() {
		t.began = r.At
	}
	if r.State == t.state && r.At.Sub(t.drawn) < redraw {
		return
	}
	t.state, t.drawn = r.State, r.At
	t.history = append(t.history, part(r.UsedBytes, r.LimitBytes))
	t.draw(Screen(r, r.At.Sub(t.began), t.title, t.history, t.columns, t.color))
}

func (t *Terminal) draw(lines []string) {
	var b strings.Builder
	if t.lines > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", t.lines)
	}
	for _, l := range lines {
		b.WriteString("\r" + l + "\x1b[K\n")
	}
	b.WriteString("\x1b[J") // there may have been more lines before
	t.lines = len(lines)
	_, _ = io.WriteString(t.w, b.String())
}

// Say implements Printer: the line stays above the display.
func (t *Terminal) Say(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lines > 0 {
		fmt.Fprintf(t.w, "\x1b[%dA\x1b[J", t.lines)
		t.lines = 0
	}
	t.print(text)
}

// print breaks a text at blanks, where the terminal would break it anywhere.
func (t *Terminal) print(text string) {
	column := 0
	for word := range strings.FieldsSeq(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case column == 0:
		case column+1+n >= t.columns:
			word, column = "\n  "+word, 2
		default:
			word, column = " "+word, column+1
		}
		fmt.Fprint(t.w, word)
		column += n
	}
	fmt.Fprintln(t.w)
}

// End implements Printer.
func (t *Terminal) End(result Observed, need Need) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, line := range Sentences(result, need) {
		t.print(line)
	}
}

// Screen is the display: what, heap, what is left after collections, the
// collector, the last minutes.
func Screen(r gauge.Reading, since time.Duration, title string, history []float64, columns int, color bool) []string {
	paint := func(text string) string {
		if code := colours[r.State]; color && code != "" {
			return "\x1b[" + code + "m" + text + "\x1b[0m"
		}
		return text
	}
	fit := func(text string, columns int) string { // a line that is broken would not be drawn over
		runes := []rune(text)
		return string(runes[:min(len(runes), max(columns, 0))])
	}
	state := words[r.State] + " " + strings.TrimSpace(clock(since))
	title = fit(title, columns-2-utf8.RuneCountInString(state))
	gap := max(columns-1-utf8.RuneCountInString(title)-utf8.RuneCountInString(state), 1)
	lines := []string{title + strings.Repeat(" ", gap) + paint(state)}
	width := max(columns-42, 4)
	after := "no collection yet"
	if r.AfterBytes >= 0 {
		after = fmt.Sprintf("%s, %s", quantity.Bytes(r.AfterBytes), quantity.Share(part(r.AfterBytes, r.LimitBytes)))
	}
	lines = append(lines,
		fmt.Sprintf("heap     %s %s of %s", paint(bar(part(r.UsedBytes, r.LimitBytes), width)), quantity.Bytes(r.UsedBytes), quantity.Bytes(r.LimitBytes)),
		fmt.Sprintf("after GC %s %s", paint(bar(part(max(r.AfterBytes, 0), r.LimitBytes), width)), after),
		"history  "+sparkline(history, columns-10))
	collector := fmt.Sprintf("GC       %s of the last 5 s, %s of 60 s; %s", quantity.Share(r.PauseShare5), quantity.Share(r.PauseShare60),
		quantity.Count(r.FullCollections, "full collection", "full collections"))
	if r.SecondsToLimit > 0 && r.SecondsToLimit < 3600 {
		collector += "; full in " + roughly(r.SecondsToLimit)
	}
	lines = append(lines, fit(collector, columns-1))
	if r.Why != "" {
		lines = append(lines, paint(fit(r.Why, columns-1)))
	}
	return lines
}

// colours by state: yellow, red.
var colours = map[gauge.State]string{gauge.NearLimit: "33", gauge.Dying: "1;31", gauge.Gone: "2"}

func part(of, whole int64) float64 {
	if whole <= 0 {
		return 0
	}
	return min(float64(of)/float64(whole), 1)
}

func bar(share float64, width int) string {
	full := int(share*float64(width) + 0.5)
	return strings.Repeat("█", full) + strings.Repeat("░", width-full)
}

const sparks = "▁▂▃▄▅▆▇█"

// sparkline is the newest of the history, as much as fits.
func sparkline(history []float64, width int) string {
	var b strings.Builder
	for _, h := range history[max(len(history)-width, 0):] {
		steps := []rune(sparks)
		b.WriteRune(steps[min(int(h*float64(len(steps))), len(steps)-1)])
	}
	return b.String()
}
