// SPDX-License-Identifier: Apache-2.0

package series

import (
	"encoding/json"
	"io"
	"slices"
	"time"
)

// jsonRow is a row as `stats --format json` has it. A field that is not known
// is absent; a known zero is written.
type jsonRow struct {
	Path                 string     `json:"path"`
	Series               string     `json:"series"`
	MemoryLimitBytes     *int64     `json:"memory_limit_bytes,omitempty"`
	Run                  string     `json:"run,omitempty"`
	Mode                 string     `json:"mode,omitempty"`
	Warmup               bool       `json:"warmup"`
	Status               string     `json:"status"`
	StatusReason         string     `json:"status_reason,omitempty"`
	Crashed              bool       `json:"crashed"`
	ExitCode             *int       `json:"exit_code,omitempty"`
	FirstError           string     `json:"first_error,omitempty"`
	BazelVersion         string     `json:"bazel_version,omitempty"`
	Start                *time.Time `json:"start,omitempty"`
	DurationMicros       *int64     `json:"duration_micros,omitempty"`
	ProfileMicros        *int64     `json:"profile_micros,omitempty"`
	GCCount              *int       `json:"gc_count,omitempty"`
	MinorGCCount         *int       `json:"minor_gc_count,omitempty"`
	MajorGCCount         *int       `json:"major_gc_count,omitempty"`
	GCPauseMicros        *int64     `json:"gc_pause_micros,omitempty"`
	MajorGCPauseMicros   *int64     `json:"major_gc_pause_micros,omitempty"`
	LongestGCPauseMicros *int64     `json:"longest_gc_pause_micros,omitempty"`
	StarlarkMicros       *int64     `json:"starlark_micros,omitempty"`
	StarlarkCalls        *int64     `json:"starlark_calls,omitempty"`
	PeakHeapBytes        *int64     `json:"peak_heap_bytes,omitempty"`
	PeakHeapSource       string     `json:"peak_heap_source,omitempty"`
	LinesWithGC          *int64     `json:"lines_with_gc,omitempty"`
	OriginDurationMicros string     `json:"origin_duration_micros,omitempty"`
	ProfileBlind         []string   `json:"profile_blind,omitempty"`
	Warnings             []string   `json:"warnings,omitempty"`
}

// WriteJSON writes the table as {"schema": 1, "measurements": […]}.
func WriteJSON(w io.Writer, rows []Row) error {
	list := make([]jsonRow, len(rows))
	for i := range rows {
		list[i] = rows[i].json()
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(struct {
		Schema       int       `json:"schema"`
		Measurements []jsonRow `json:"measurements"`
	}{1, list})
}

func (r *Row) json() jsonRow {
	j := jsonRow{
		Path: r.Path, Series: r.Series, Run: r.Run, Mode: r.Mode, Warmup: r.Warmup,
		Status: string(r.Status), StatusReason: r.StatusReason, Crashed: r.Crashed(), ExitCode: r.ExitCode,
		FirstError: r.FirstError, BazelVersion: r.BazelVersion, DurationMicros: r.DurationMicros,
		PeakHeapBytes: r.PeakHeapBytes, PeakHeapSource: r.PeakHeapSource, Warnings: r.Warnings,
	}
	if r.MemoryLimitBytes > 0 {
		j.MemoryLimitBytes = &r.MemoryLimitBytes
	}
	if !r.Start.IsZero() {
		j.Start = &r.Start
	}
	if o := r.Origin; o != nil {
		j.LinesWithGC, j.OriginDurationMicros = &o.GCLines, o.Duration
		j.Warnings = append(slices.Clip(j.Warnings), o.Warnings...)
	}
	if p := r.Profile; p != nil {
		g := p.GCs
		j.GCCount, j.MinorGCCount, j.MajorGCCount = new(g.Count), new(g.Minor), new(g.Majors())
		j.GCPauseMicros, j.MajorGCPauseMicros, j.LongestGCPauseMicros = new(g.PauseMicros()), new(g.MajorMicros()), new(g.LongestPauseMicros)
		j.ProfileMicros, j.StarlarkMicros, j.StarlarkCalls = &p.SpanMicros, &p.StarlarkMicros, &p.StarlarkCalls
		j.ProfileBlind = p.Blind
	}
	return j
}
