// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
)

// damage is what was lost of a profile, and why.
type damage struct {
	cutShort     error // errEnd, errSyntax, or nil
	inEvent      bool  // the text ends inside an event
	allEvents    bool  // the array of events was closed
	damaged      int   // events passed over because they are no JSON
	oversize     int   // events passed over because of their length
	impossible   int   // events passed over because of their time
	trailingText bool
	packing      error // how the gzip stream ended, if not well
}

// writerBufferBytes is what Bazel keeps back before it writes to the gzip
// stream or the file (JsonTraceFileWriter.java, Profiler.java): a dead server
// loses all of it.
const writerBufferBytes = 262_144

func (d *damage) cut(err error, w *textWindow) {
	d.cutShort = err
	d.inEvent = separators(w.rest()) < len(w.rest())
}

// packed takes in how the gzip stream ended. A stream that gives no text is
// empty only if it stopped before there was any; else it is corrupt.
func (t *tally) packed(how error) {
	t.packing = how
	if how != nil && !errors.Is(how, io.ErrUnexpectedEOF) {
		t.empty = false
	}
}

// lost says that events may be missing.
func (d *damage) lost() bool {
	return d.cutShort != nil && !d.allEvents || d.damaged > 0 || d.oversize > 0
}

// sentence says what is lost and how much may be missing, or nothing.
func (d *damage) sentence(t *tally) string {
	if t.empty {
		return "the profile is empty: the server died before it wrote a first event"
	}
	var parts []string
	if d.cutShort != nil {
		parts = append(parts, d.cutSentence(t))
	}
	if d.damaged > 0 {
		parts = append(parts, fmt.Sprintf("%s no JSON and passed over", wasWere(d.damaged, "event")))
	}
	if d.oversize > 0 {
		parts = append(parts, fmt.Sprintf("%s longer than %d bytes and passed over", wasWere(d.oversize, "event"), maxElementBytes))
	}
	if d.impossible > 0 {
		parts = append(parts, fmt.Sprintf("%s of a time that cannot be and passed over", wasWere(d.impossible, "event")))
	}
	if d.cutShort == nil {
		if s := d.packingSentence(); s != "" {
			parts = append(parts, s+"; all events are there")
		}
		if d.trailingText {
			parts = append(parts, "text follows the end of the profile and was not read")
		}
	}
	return strings.Join(parts, "; ")
}

// cutSentence is about a profile that stops before its end.
func (d *damage) cutSentence(t *tally) string {
	where := "the profile ends before it is closed"
	switch {
	case errors.Is(d.cutShort, errSyntax):
		where = fmt.Sprintf("the profile is not JSON from byte %d on", t.read)
	case t.events == 0:
		where = "the profile ends before its first event"
	case d.inEvent:
		where = "the profile ends inside an event"
	}
	if s := d.packingSentence(); s != "" {
		where += " (" + s + ")"
	}
	if d.allEvents {
		return where + "; all events are there"
	}
	if t.events == 0 {
		return where
	}
	where += ", after " + plural(t.events, "event")
	if t.first <= t.last {
		where += fmt.Sprintf(" and %.3f s of the build", float64(t.last)/1e6)
	}
	perEvent := max(1, t.read/t.events)
	where += fmt.Sprintf("; up to %d bytes that Bazel had not written out, about %s, are missing",
		writerBufferBytes, plural(writerBufferBytes/perEvent, "event"))
	if !t.counters {
		where += ", and so are all counters, which come last"
	}
	return where
}

// packingSentence is about the gzip stream.
func (d *damage) packingSentence() string {
	var corrupt flate.CorruptInputError
	switch {
	case d.packing == nil:
		return ""
	case errors.Is(d.packing, errTrailing):
		return "bytes that are not gzip follow the gzip stream"
	case errors.Is(d.packing, gzip.ErrChecksum):
		return "the gzip stream fails its checksum"
	case errors.Is(d.packing, io.ErrUnexpectedEOF):
		return "the gzip stream is cut"
	case errors.As(d.packing, &corrupt), errors.Is(d.packing, gzip.ErrHeader):
		return "the gzip stream is corrupt"
	}
	return ""
}

func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func wasWere(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return plural(int64(n), noun) + " are"
}
