package series

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"

	"example.invalid/starlark-memls/internal/bazel/bep"
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
	row.readOrigin(ctx, m, d)
	if paths := m.Parts[measurement.Profile]; len(paths) > 0 {
		row.readProfile(ctx, paths[0], len(m.Parts[measurement.PhaseMemory]) > 0)
	}
	if paths := m.Parts[measurement.BuildEvents]; len(paths) > 0 {
		row.readEvents(ctx, paths[0])
	}
	if paths := m.Parts[measurement.PhaseMemory]; len(paths) > 0 {
		row.readPhases(ctx, paths[0])
	}
	return row, ctx.Err()
}

func (r *Row) warn(format string, args ...any) {
	r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...))
}

// readOrigin makes the origin's line, whatever is missing, as the origin does.
func (r *Row) readOrigin(ctx context.Context, m measurement.Measurement, d measurement.Description) {
	o := &Origin{}
	o.Memory, o.Attempt = originName(m.Path, d)
	var lines Lines
	if paths := m.Parts[measurement.Profile]; len(paths) == 0 {
		o.warn("no profile: its columns are 0")
	} else {
		var err error
		if lines, err = profileLines(ctx, paths[0]); err != nil {
			o.warn("%v: what is there is counted", err)
		}
	}
	o.GCLines, o.Duration, o.micros = lines.GC, lines.Duration(), lines.LastTS-lines.FirstTS
	var err error
	if o.OK, err = consoleSaysOK(ctx, m); err != nil {
		o.OK, err = withoutConsole(ctx, m, d), fmt.Errorf("%w: %s", err, d.StatusReason)
		if o.OK {
			o.warn("%v: that counts as ok", err)
		} else {
			o.warn("%v: that counts as a crash", err)
		}
	}
	r.Origin = o
}

// withoutConsole reports whether a build passed of which there is no console: by
// what else tells its end, or by a profile that was closed in order.
func withoutConsole(ctx context.Context, m measurement.Measurement, d measurement.Description) bool {
	if d.Status != measurement.Unknown {
		return d.Status == measurement.OK
	}
	paths := m.Parts[measurement.Profile]
	return len(paths) > 0 && measurement.ProfileClosed(ctx, paths[0])
}

func (o *Origin) warn(format string, args ...any) {
	o.Warnings = append(o.Warnings, fmt.Sprintf(format, args...))
}

// readProfile takes the figures from the trace.
func (r *Row) readProfile(ctx context.Context, path string, memoryProfiled bool) {
	file, err := input.Open(ctx, path)
	if err != nil {
		r.warn("%v", err)
		return
	}
	defer file.Close()
	var gcs trace.CollectionRecorder
	var memory trace.MemoryRecorder
	var calls outermostCalls
	summary, err := trace.Read(ctx, file, func(e *trace.Event) error {
		gcs.Add(e)
		memory.Add(e)
		calls.add(e)
		return nil
	})
	if err != nil {
		r.warn("%s: %v", filepath.Base(path), err)
		return
	}
	p := &Profile{SpanMicros: summary.LastMicros - summary.FirstMicros, Damage: summary.Damage}
	for _, b := range summary.Blind {
		if b == trace.BlindEmpty {
			return // known to hold nothing: m.Warnings says so
		}
		p.Blind = append(p.Blind, string(b))
	}
	p.GCs = trace.SumCollections(gcs.Collections(memoryProfiled))
	p.StarlarkCalls, p.StarlarkMicros = calls.sum()
	r.Profile = p
	for _, s := range memory.Samples() {
		r.peak(int64(s.Value*(1<<20)), "the profile's counter of the JVM's memory, once a second")
	}
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

// readEvents takes the heap's peak, which newer versions tell, from the BEP.
func (r *Row) readEvents(ctx context.Context, path string) {
	file, err := input.Open(ctx, path)
	if err != nil {
		r.warn("%v", err)
		return
	}
	defer file.Close()
	b, err := bep.Read(ctx, file)
	if err != nil || b == nil || b.Memory == nil {
		return // Describe has said what is wrong with it
	}
	r.peak(b.Memory.PeakPostGCHeapBytes, "the build events: after a GC")
	r.peak(b.Memory.UsedHeapPostBuildBytes, "the build events: after the build")
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
