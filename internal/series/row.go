// SPDX-License-Identifier: Apache-2.0

package series

import (
	"cmp"
	"path/filepath"
	"strings"
	"time"

	"example.invalid/starlark-memls/internal/bazel/jvm"
	"example.invalid/starlark-memls/internal/bazel/trace"
	"example.invalid/starlark-memls/internal/measurement"
)

// A Row is one measurement. Pointers are nil where a figure is not known.
type Row struct {
	Path, Series     string
	MemoryLimitBytes int64 // 0: not known
	Run, Mode        string
	Warmup           bool
	Status           measurement.Status
	StatusReason     string
	ExitCode         *int
	FirstError       string
	BazelVersion     string
	Start            time.Time // zero: not known
	// DurationMicros is the whole build's, by the clock.
	DurationMicros *int64
	Profile        *ProfileFigures // nil where there is none that can be read
	// PeakHeapBytes is the most heap that was seen in use; PeakHeapSource
	// where.
	PeakHeapBytes  *int64
	PeakHeapSource string
	// Origin is the origin's line; nil for a measurement that gives none.
	Origin   *Origin
	Warnings []string
}

// Crashed reports whether the build ended in a crash of memory, or, in a
// table of the origin's, without success.
func (r *Row) Crashed() bool { return r.Status.Crashed() || r.Status == StatusCrash }

// StatusCrash is the status of a row of the origin's table, which has but two
// words: it may be any end but ok.
const StatusCrash measurement.Status = "crash"

// Seconds is the duration that the origin draws: the profile's, or, where
// the server died before it wrote one, the build's by the clock.
func (r *Row) Seconds() (float64, bool) {
	switch {
	case r.Origin != nil && r.Origin.micros > 0:
		return r.Origin.micros / 1e6, true
	case r.DurationMicros != nil:
		return float64(*r.DurationMicros) / 1e6, true
	}
	return 0, false
}

// GCs is the number of garbage collections: events where the profile is at
// hand, lines in a table of the origin's.
func (r *Row) GCs() (int64, bool) {
	switch {
	case r.Profile != nil:
		return int64(r.Profile.GCs.Count), true
	case r.Origin != nil && r.Origin.micros > 0:
		return r.Origin.GCLines, true
	}
	return 0, false
}

// A ProfileFigures is what the trace tells in figures.
type ProfileFigures struct {
	SpanMicros                    int64 // from the first event to the end of the last
	GCs                           trace.GCTotals
	StarlarkMicros, StarlarkCalls int64 // outermost calls of Starlark functions
	Blind                         []string
}

// An Origin is a line of the origin's table.
type Origin struct {
	Memory, Attempt string
	GCLines         int64
	Duration        string // microseconds, as it is written
	OK              bool
	// Warnings are about what the line lacks.
	Warnings []string

	micros float64
}

// originName is the first two columns: a folder's name before and after its
// first dash, up to the second. A measurement whose folder has another kind
// of name is named as a sweep would have named it.
// Where no limit is known nothing is, whatever is written there.
func originName(path string, d measurement.Description) (memory, attempt string) {
	name := filepath.Base(path)
	if memory, rest, ok := strings.Cut(name, "-"); ok && isLimit(memory) && (d.MemoryLimitBytes > 0 || hasUnit(memory)) {
		attempt, _, _ = strings.Cut(rest, "-")
		return memory, attempt
	}
	if d.MemoryLimitBytes > 0 {
		return measurement.Limit(d.MemoryLimitBytes).String(), d.Run
	}
	return unknown, cmp.Or(d.Run, unknown)
}

// unknown stands in the origin's table for what nothing tells.
const unknown = "-"

// isLimit reports whether a folder's name begins with a size of memory.
func isLimit(s string) bool {
	_, err := jvm.ParseSize(s)
	return err == nil
}

// hasUnit: "200m", as no date and no job's number has.
func hasUnit(s string) bool { return s != "" && (s[len(s)-1] < '0' || s[len(s)-1] > '9') }
