// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"encoding/json"
	"io"
	"math"
	"sync"
	"time"

	"example.invalid/starlark-memls/internal/gauge"
)

// JSON prints one object a line: readings, once every so often and when the
// state changes; notices; last the summary.
type JSON struct {
	mu      sync.Mutex
	out     *json.Encoder
	every   time.Duration
	printed time.Time
	state   gauge.State
}

// NewJSON prints to w.
func NewJSON(w io.Writer, every time.Duration) *JSON {
	return &JSON{out: json.NewEncoder(w), every: every}
}

// reading is a line. Sizes in bytes, times in seconds; what is not known is
// absent.
type reading struct {
	Time            time.Time   `json:"time"`
	State           gauge.State `json:"state"`
	Why             string      `json:"why,omitempty"`
	UsedBytes       int64       `json:"used_bytes"`
	LimitBytes      int64       `json:"limit_bytes"`
	AfterBytes      *int64      `json:"after_collection_bytes,omitempty"`
	PauseShare5     float64     `json:"pause_share_5s"`
	PauseShare60    float64     `json:"pause_share_60s"`
	FullCollections int         `json:"full_collections"`
	BytesPerSecond  float64     `json:"growth_bytes_per_second,omitempty"`
	SecondsToLimit  float64     `json:"seconds_to_limit,omitempty"`
}

// Show implements Printer.
func (j *JSON) Show(r gauge.Reading) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if r.State == j.state && r.At.Sub(j.printed) < j.every {
		return
	}
	j.state, j.printed = r.State, r.At
	_ = j.out.Encode(Object(r))
}

// Object is a reading as it is printed in JSON.
func Object(r gauge.Reading) any {
	line := reading{Time: r.At.UTC(), State: r.State, Why: r.Why, UsedBytes: r.UsedBytes, LimitBytes: r.LimitBytes,
		PauseShare5: round(r.PauseShare5, 1e4), PauseShare60: round(r.PauseShare60, 1e4), FullCollections: r.FullCollections,
		BytesPerSecond: round(r.BytesPerSecond, 1), SecondsToLimit: round(r.SecondsToLimit, 10)}
	if r.AfterBytes >= 0 {
		line.AfterBytes = &r.AfterBytes
	}
	return line
}

func round(x, by float64) float64 { return math.Round(x*by) / by }

// Say implements Printer.
func (j *JSON) Say(text string) { j.Encode(map[string]string{"notice": text}) }

// Encode prints another object on a line of its own.
func (j *JSON) Encode(v any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	_ = j.out.Encode(v)
}

// summaryLine is the last line's.
type summaryLine struct {
	Seconds         float64    `json:"seconds"`
	LimitBytes      int64      `json:"limit_bytes,omitempty"`
	PeakBytes       int64      `json:"peak_bytes,omitempty"`
	PeakAfterBytes  *int64     `json:"peak_after_collection_bytes,omitempty"`
	Collections     int64      `json:"collections"`
	FullCollections int        `json:"full_collections"`
	PausedSeconds   float64    `json:"paused_seconds"`
	NearAt          *time.Time `json:"near_limit_at,omitempty"`
	DyingAt         *time.Time `json:"dying_at,omitempty"`
	DyingWhy        string     `json:"dying_why,omitempty"`
	GoneAt          *time.Time `json:"gone_at,omitempty"`
	ForetoldSeconds *float64   `json:"foretold_seconds,omitempty"`
	Need            *need      `json:"needed_limit,omitempty"`
	ExitCode        int        `json:"exit_code"`
	Server          int        `json:"server_pid,omitempty"`
}

type need struct {
	Bytes     int64 `json:"bytes"`
	LowBytes  int64 `json:"low_bytes"`
	HighBytes int64 `json:"high_bytes"`
}

// End implements Printer.
func (j *JSON) End(result Observed, n Need) {
	s := result.BuildSummary
	line := summaryLine{Seconds: round(s.Took.Seconds(), 1000), LimitBytes: s.LimitBytes, PeakBytes: s.PeakBytes, Collections: s.Collections,
		FullCollections: s.FullCollections, PausedSeconds: round(s.Paused.Seconds(), 1000), DyingWhy: s.DyingWhy,
		NearAt: moment(s.NearAt), DyingAt: moment(s.DyingAt), GoneAt: moment(s.GoneAt), ExitCode: result.ExitCode, Server: result.PID}
	if s.PeakAfterBytes >= 0 && s.Samples > 0 {
		line.PeakAfterBytes = &s.PeakAfterBytes
	}
	if lead, ok := s.Foretold(); ok {
		seconds := round(lead.Seconds(), 1000)
		line.ForetoldSeconds = &seconds
	}
	if n.Bytes > 0 {
		line.Need = &need{n.Bytes, n.LowBytes, n.HighBytes}
	}
	j.Encode(map[string]summaryLine{"summary": line})
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
