// SPDX-License-Identifier: Apache-2.0

package gauge

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"example.invalid/starlark-memls/internal/perfdata"
)

// A recording is JSON lines: a header, then a line for every sample in which a
// counter moved, and once a second where none did. It is whole at every line,
// so that what was recorded until a crash counts.

// A Header begins a recording.
type Header struct {
	Schema      int                `json:"schema"`
	Start       time.Time          `json:"start"`
	PID         int                `json:"pid,omitempty"`
	Collector   perfdata.Collector `json:"collector,omitempty"`
	JavaVersion string             `json:"java_version,omitempty"`
	LimitBytes  int64              `json:"limit_bytes,omitempty"`
}

// recordedSample is a sample as it is recorded: times in microseconds, sizes in bytes;
// counts and times of pauses since the JVM's start, by kind.
type recordedSample struct {
	Micros     int64    `json:"t"`
	Used       int64    `json:"used"`
	Old        int64    `json:"old"`
	OldLimit   int64    `json:"old_limit,omitempty"`
	Young      [2]int64 `json:"young"` // count, microseconds
	Full       [2]int64 `json:"full"`
	Concurrent [2]int64 `json:"concurrent"`
	Cause      string   `json:"cause,omitempty"` // of the last collection
	Now        string   `json:"now,omitempty"`   // of the one under way
	Safepoints int64    `json:"safepoints,omitempty"`
	Threads    int64    `json:"threads,omitempty"`
	Working    bool     `json:"working,omitempty"`
	Gone       bool     `json:"gone,omitempty"`
}

const recordingSchema = 1

// ErrNotRecording says that a file is no recording of counters.
var ErrNotRecording = errors.New("not a recording of a server's counters (starlark-memls watch --record)")

// A Recorder writes a recording.
type Recorder struct {
	w     io.Writer
	start time.Time
	last  recordedSample
	wrote time.Time
}

// NewRecorder begins a recording.
func NewRecorder(w io.Writer, h Header) (*Recorder, error) {
	h.Schema = recordingSchema
	r := &Recorder{w: w, start: h.Start}
	return r, r.write(h)
}

// heartbeat is how often a sample is recorded in which nothing moved.
const heartbeat = time.Second

// Add records a sample.
func (r *Recorder) Add(s Sample) error {
	l := recordedSample{Used: s.UsedBytes, Old: s.OldBytes, OldLimit: s.OldLimitBytes, Young: pair(s.Young), Full: pair(s.Full), Concurrent: pair(s.Concurrent),
		Cause: s.LastCause, Now: s.Cause, Safepoints: s.Safepoints.Microseconds(), Threads: s.Threads, Working: s.Working}
	if l == r.last && s.At.Sub(r.wrote) < heartbeat {
		return nil
	}
	r.last, r.wrote = l, s.At
	l.Micros = s.At.Sub(r.start).Microseconds()
	return r.write(l)
}

// Gone records that the server has gone.
func (r *Recorder) Gone(at time.Time) error {
	l := r.last
	l.Micros, l.Gone = at.Sub(r.start).Microseconds(), true
	return r.write(l)
}

func pair(p perfdata.Pauses) [2]int64 { return [2]int64{p.Count, p.Time.Microseconds()} }

func (r *Recorder) write(v any) error {
	text, err := json.Marshal(v)
	if err == nil {
		_, err = r.w.Write(append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("recording the counters: %w", err)
	}
	return nil
}

// A Recording is what was recorded of one server.
type Recording struct {
	Header
	Samples []Sample
	// GoneAt is when the server was found gone; zero: it was not.
	GoneAt time.Time
	// Lost says what could not be read; empty: nothing.
	Lost string
}

const (
	longestLine    = 64 << 10
	longestSamples = 4 << 20 // some 9 days
)

// IsRecording reports whether a file that begins with head is a recording.
func IsRecording(head []byte) bool {
	head, _, _ = bytes.Cut(head, []byte("\n"))
	var h Header
	return json.Unmarshal(head, &h) == nil && h.Schema > 0 && !h.Start.IsZero() && bytes.Contains(head, []byte(`"start"`))
}

// Read reads a recording. One that is damaged gives what comes before the
// damage.
func Read(r io.Reader) (*Recording, error) {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 4096), longestLine)
	if !in.Scan() {
		return nil, errors.Join(ErrNotRecording, in.Err())
	}
	rec := &Recording{}
	if !IsRecording(in.Bytes()) || json.Unmarshal(in.Bytes(), &rec.Header) != nil {
		return nil, ErrNotRecording
	}
	if rec.Schema > recordingSchema {
		return nil, fmt.Errorf("this recording has schema %d, and this version reads %d: use a newer starlark-memls", rec.Schema, recordingSchema)
	}
	for n := 2; in.Scan(); n++ {
		var l recordedSample
		if err := json.Unmarshal(in.Bytes(), &l); err != nil || len(rec.Samples) >= longestSamples {
			rec.Lost = fmt.Sprintf("line %d and what follows cannot be read", n)
			return rec, nil
		}
		if !rec.take(l) {
			rec.Lost = fmt.Sprintf("line %d goes back in time; it and what follows are left out", n)
			return rec, nil
		}
	}
	if err := in.Err(); err != nil {
		rec.Lost = err.Error()
	}
	return rec, nil
}

// take adds a line; false where it is older than the one before.
func (rec *Recording) take(l recordedSample) bool {
	s := Sample{At: rec.Start.Add(time.Duration(l.Micros) * time.Microsecond), Working: l.Working}
	if n := len(rec.Samples); n > 0 && s.At.Before(rec.Samples[n-1].At) {
		return false
	}
	if l.Gone {
		rec.GoneAt = s.At
		return true
	}
	s.Sample = perfdata.Sample{Collector: rec.Collector, UsedBytes: l.Used, OldBytes: l.Old, LimitBytes: rec.LimitBytes, OldLimitBytes: l.OldLimit,
		Young: unpair(l.Young), Full: unpair(l.Full), Concurrent: unpair(l.Concurrent), LastCause: l.Cause, Cause: l.Now,
		Safepoints: time.Duration(l.Safepoints) * time.Microsecond, Threads: l.Threads}
	rec.Samples = append(rec.Samples, s)
	return true
}

func unpair(p [2]int64) perfdata.Pauses {
	return perfdata.Pauses{Count: p[0], Time: time.Duration(p[1]) * time.Microsecond}
}

// Replay runs a recording through a gauge, and calls show (may be nil) for
// every reading.
func (rec *Recording) Replay(rules Rules, show func(Reading)) BuildSummary {
	g := New(rules)
	var last perfdata.Sample
	for _, s := range rec.Samples {
		if s.Sample != last {
			g.Moved(s.At)
			last = s.Sample
		}
		if r := g.Add(s); show != nil {
			show(r)
		}
	}
	if !rec.GoneAt.IsZero() {
		if r := g.Gone(rec.GoneAt); show != nil {
			show(r)
		}
	}
	return g.Summary()
}
