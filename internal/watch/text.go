// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"example.invalid/starlark-memls/internal/gauge"
	"example.invalid/starlark-memls/internal/quantity"
)

// A Printer shows readings, and the summary at the end.
type Printer interface {
	Show(gauge.Reading)
	// Say prints a line of text beside the readings.
	Say(text string)
	// End prints the summary.
	End(Observed, Need)
}

// A Need is the limit that a build would need, in bytes: an estimate with the
// interval that the recorded builds give it. The zero value is not known.
type Need = gauge.Need

// Text prints a line when the state changes, and now and then: one every so often
// while the server works, more when all is not well, none while it is idle. It is
// what a log wants.
type Text struct {
	mu      sync.Mutex
	w       io.Writer
	every   time.Duration // while all is well; a second when it is not
	prefix  string
	began   time.Time
	printed time.Time
	state   gauge.State
}

// NewText prints to w, each line behind prefix.
func NewText(w io.Writer, prefix string, every time.Duration) *Text {
	return &Text{w: w, prefix: prefix, every: every}
}

// Show implements Printer.
func (t *Text) Show(r gauge.Reading) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.began.IsZero() {
		t.began = r.At
	}
	every := t.every
	if r.State == gauge.NearLimit || r.State == gauge.Dying {
		every = min(every, worried)
	}
	if r.State == t.state && (r.State == gauge.Idle || r.At.Sub(t.printed) < every) {
		return
	}
	changed := r.State != t.state
	t.state, t.printed = r.State, r.At
	fmt.Fprintf(t.w, "%s%s\n", t.prefix, Line(r, r.At.Sub(t.began)))
	if changed && r.State == gauge.Dying {
		fmt.Fprintf(t.w, "%sBazel will probably run out of memory: %s\n", t.prefix, r.Why)
	}
}

// Say implements Printer.
func (t *Text) Say(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.w, "%s%s\n", t.prefix, text)
}

// End implements Printer.
func (t *Text) End(result Observed, need Need) {
	for _, line := range Sentences(result, need) {
		fmt.Fprintf(t.w, "%s%s\n", t.prefix, line)
	}
}

// worried is how often a line is printed when all is not well.
const worried = 5 * time.Second

// words are the states as they are printed.
var words = map[gauge.State]string{
	gauge.Idle: "idle", gauge.Building: "building", gauge.NearLimit: "NEAR LIMIT", gauge.Dying: "DYING", gauge.Gone: "gone",
}

// Line is a reading in one line of less than 80 columns.
func Line(r gauge.Reading, since time.Duration) string {
	head := fmt.Sprintf("%s %-10s", clock(since), words[r.State])
	if r.State == gauge.Gone {
		return head + " the server has ended"
	}
	line := fmt.Sprintf("%s %s of %s MiB", head, mebibytes(r.UsedBytes), mebibytes(r.LimitBytes))
	if r.AfterBytes >= 0 {
		line += fmt.Sprintf(", %s after GC", mebibytes(r.AfterBytes))
	}
	line += ", GC " + quantity.Share(r.PauseShare5)
	if r.FullCollections > 0 {
		line += fmt.Sprintf(", %d full", r.FullCollections)
	}
	if r.SecondsToLimit > 0 && r.SecondsToLimit < 3600 && r.State != gauge.Dying {
		line += ", full in " + roughly(r.SecondsToLimit)
	}
	return line
}

func mebibytes(n int64) string { return strconv.FormatInt(n>>20, 10) }

// clock is the time since the start: 0:42, 1:02:03.
func clock(d time.Duration) string {
	s := int(d.Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%3d:%02d", s/60, s%60)
}

// roughly is an estimate of a time: it is never good to the second.
func roughly(seconds float64) string {
	switch {
	case seconds < 10:
		return "seconds"
	case seconds < 90:
		return fmt.Sprintf("~%.0f s", 10*float64(int(seconds/10+0.5)))
	}
	return fmt.Sprintf("~%.0f min", seconds/60)
}

// Sentences say what there is to say at the end.
func Sentences(result Observed, need Need) []string {
	s := result.BuildSummary
	if s.Samples == 0 {
		return []string{"no Bazel server was seen"}
	}
	first := fmt.Sprintf("watched for %s: heap at most %s of %s", strings.TrimSpace(clock(s.Took)), quantity.Bytes(s.PeakBytes), quantity.Bytes(s.LimitBytes))
	if s.PeakAfterBytes >= 0 {
		first += fmt.Sprintf(", %s after a collection", quantity.Bytes(s.PeakAfterBytes))
	}
	lines := []string{first}
	lost := 0.0
	if s.Took > 0 {
		lost = float64(s.Paused) / float64(s.Took)
	}
	collected := fmt.Sprintf("%s (%s) lost to %s", quantity.Micros(s.Paused.Microseconds()), quantity.Share(lost), quantity.Count(int(s.Collections), "collection", "collections"))
	if s.FullCollections > 0 {
		collected += ", " + quantity.Count(s.FullCollections, "of them a full GC", "of them full GCs")
	}
	lines = append(lines, collected)
	if lead, ok := s.Foretold(); ok {
		early := fmt.Sprintf("%.0f s", lead.Seconds())
		if lead < time.Second {
			early = "less than 1 s"
		}
		lines = append(lines, "the warning came "+early+" before it died: "+s.DyingWhy)
	} else if !s.DyingAt.IsZero() {
		lines = append(lines, "it was close to its end, and came through: "+s.DyingWhy)
	}
	switch {
	case !s.GoneAt.IsZero():
		lines = append(lines, "the server has ended; starlark-memls report tells what it left")
	case need.Bytes > 0:
		lines = append(lines, fmt.Sprintf("first guess of the limit that this build needs: %s (%s to %s); starlark-memls sweep --find-limit measures it", quantity.Bytes(need.Bytes), quantity.Bytes(need.LowBytes), quantity.Bytes(need.HighBytes)))
	}
	return lines
}
