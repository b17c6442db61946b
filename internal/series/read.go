// SPDX-License-Identifier: Apache-2.0

package series

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"

	"example.invalid/starlark-memls/internal/bazel/dump"
	"example.invalid/starlark-memls/internal/bazel/trace"
	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/internal/measurement"
)

// Open makes the table of what a path holds: a measurement, a series, a
// folder of series, or a table of the origin's (a CSV file). Rows come in
// the order of their paths. What is wrong with a part of it is a warning; the
// error means that the path gave no row, and is one line that names it.
func Open(ctx context.Context, path string) ([]Row, []measurement.Warning, error) {
	if isTable(ctx, path) {
		rows, err := readTable(ctx, path)
		return rows, nil, err
	}
	measurements, warnings, err := measurement.Open(ctx, path)
	if err != nil {
		return nil, warnings, err
	}
	rows := make([]Row, len(measurements))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	for i, m := range measurements {
		group.Go(func() (err error) {
			rows[i], err = Read(ctx, m)
			return err
		})
	}
	return rows, warnings, group.Wait()
}

// Read makes the row of one measurement. A part that cannot be read is a
// warning of the row; the error is the context's.
func Read(ctx context.Context, m measurement.Measurement) (Row, error) {
	d, err := measurement.Describe(ctx, m)
	if err != nil {
		return Row{}, err
	}
	row := Row{
		Path: m.Path, Series: m.Series,
		MemoryLimitBytes: d.MemoryLimitBytes, Run: d.Run, Mode: d.Mode, Warmup: d.Warmup,
		Status: d.Status, StatusReason: d.StatusReason, ExitCode: d.ExitCode, FirstError: d.FirstError,
		BazelVersion: d.BazelVersion, Start: d.Start,
		Warnings: append(append([]string{}, m.Warnings...), d.Notes...),
	}
	if d.DurationMicros > 0 {
		row.DurationMicros = &d.DurationMicros
	}
	row.Origin = origin(m, d)
	closed := false // the profile, in order
	if paths := m.Parts[measurement.Profile]; len(paths) > 0 {
		closed = row.readProfile(ctx, paths[0], len(m.Parts[measurement.PhaseMemory]) > 0)
	}
	row.Origin.ended(d, closed)
	if b := d.BuildEvents.Value; b != nil && b.Memory != nil { // newer versions tell
		row.peak(b.Memory.PeakPostGCHeapBytes, "the build events: after a GC")
		row.peak(b.Memory.UsedHeapPostBuildBytes, "the build events: after the build")
	}
	if paths := m.Parts[measurement.PhaseMemory]; len(paths) > 0 {
		row.readPhases(ctx, paths[0])
	}
	return row, ctx.Err()
}

func (r *Row) warn(format string, args ...any) {
	r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...))
}

// origin begins the origin's line, whatever is missing, as the origin does.
func origin(m measurement.Measurement, d measurement.Description) *Origin {
	o := &Origin{Duration: Lines{}.Duration()}
	o.Memory, o.Attempt = originName(m.Path, d)
	if len(m.Parts[measurement.Profile]) == 0 {
		o.warn("no profile: its columns are 0")
	}
	return o
}

// ended takes from the console whether the build passed, and without one from
// what else tells its end, or from a profile that was closed in order.
func (o *Origin) ended(d measurement.Description, closed bool) {
	why := "no console"
	if len(d.Consoles) > 0 {
		if log := d.Consoles[0].Value; log != nil {
			o.OK = log.Succeeded
			return
		}
		why = fmt.Sprint(d.Consoles[0].Err)
	}
	o.OK = d.Status == measurement.OK || d.Status == measurement.Unknown && closed
	if o.OK {
		o.warn("%s: %s: that counts as ok", why, d.StatusReason)
	} else {
		o.warn("%s: %s: that counts as a crash", why, d.StatusReason)
	}
}

func (o *Origin) warn(format string, args ...any) {
	o.Warnings = append(o.Warnings, fmt.Sprintf(format, args...))
}

// readProfile takes the figures from the trace, and reports whether it was closed
// in order.
func (r *Row) readProfile(ctx context.Context, path string, memoryProfiled bool) (closed bool) {
	file, err := input.Open(ctx, path)
	if err != nil {
		r.warn("%v", err)
		r.Origin.warn("%v: what is there is counted", err)
		return false
	}
	defer file.Close()
	var gcs trace.CollectionRecorder
	var memory trace.MemoryRecorder
	var calls outermostCalls
	var text lineScanner
	summary, err := trace.Read(ctx, file, func(e *trace.Event) error {
		gcs.Add(e)
		memory.Add(e)
		calls.add(e)
		return nil
	}, trace.Text(&text), trace.Select(trace.CategoryStarlarkCall, trace.CategoryGC, trace.CategoryPhaseMarker, ""))
	lines := text.end()
	r.Origin.GCLines, r.Origin.Duration, r.Origin.micros = lines.GC, lines.Duration(), lines.LastTS-lines.FirstTS
	if summary.Damage != "" {
		r.Origin.warn("%s: what is there is counted", summary.Damage)
	}
	if err != nil {
		r.warn("%s: %v", filepath.Base(path), err)
		return false
	}
	p := &ProfileFigures{SpanMicros: summary.LastMicros - summary.FirstMicros}
	for _, b := range summary.Blind {
		if b == trace.BlindEmpty {
			return false // known to hold nothing: m.Warnings says so
		}
		p.Blind = append(p.Blind, string(b))
	}
	p.GCs = trace.SumCollections(gcs.Collections(memoryProfiled))
	p.StarlarkCalls, p.StarlarkMicros = calls.sum()
	r.Profile = p
	for _, s := range memory.Samples() {
		r.peak(int64(s.Value*(1<<20)), "the profile's counter of the JVM's memory, once a second")
	}
	return summary.Damage == ""
}

// outermostCalls sum up the calls of Starlark functions: the time of the
// outermost has that of all others in it.
type outermostCalls struct {
	threads trace.PerThread[trace.Nesting[struct{}]]
	calls   int64
	micros  int64
}

func (o *outermostCalls) add(e *trace.Event) {
	if e.Category != trace.CategoryStarlarkCall || e.Phase != 'X' && e.Phase != 'i' {
		return
	}
	o.calls++
	n := o.threads.Of(e.Thread)
	n.End(e.Span(), struct{}{})
	o.addMicros(n.Dropped())
}

func (o *outermostCalls) addMicros(calls []trace.Call[struct{}]) {
	for i := range calls {
		o.micros += calls[i].Micros()
	}
}

func (o *outermostCalls) sum() (calls, micros int64) {
	for _, n := range o.threads.All() {
		o.addMicros(n.Waiting())
	}
	return o.calls, o.micros
}

// readPhases takes it from --memory_profile.
func (r *Row) readPhases(ctx context.Context, path string) {
	file, err := input.Open(ctx, path)
	if err != nil {
		r.warn("%v", err)
		return
	}
	defer file.Close()
	phases, err := dump.ReadPhases(ctx, file)
	if err != nil {
		r.warn("%s: %v", filepath.Base(path), err)
	}
	if phases == nil {
		return
	}
	for _, phase := range phases.Phases {
		r.peak(phase.Heap.UsedBytes, "memory.profile: after "+strings.ToLower(phase.Name))
	}
}

// peak keeps the largest heap that anybody has seen.
func (r *Row) peak(bytes int64, source string) {
	if bytes > 0 && (r.PeakHeapBytes == nil || bytes > *r.PeakHeapBytes) {
		r.PeakHeapBytes, r.PeakHeapSource = &bytes, source
	}
}
