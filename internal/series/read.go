package series

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"

	"example.invalid/starlark-memls/internal/bazel/bep"
	"example.invalid/starlark-memls/internal/bazel/dump"
	"example.invalid/starlark-memls/internal/bazel/trace"
	"example.invalid/starlark-memls/internal/measurement"
)

// Open makes the table of what a path holds: a measurement, a series, a
// folder of series, or a table of the origin's (a CSV file). Rows come in
// the order of their paths. What is wrong with a part of it is a warning; the
// error means that the path gave no row, and is one line that names it.
func Open(ctx context.Context, path string) ([]Row, []measurement.Warning, error) {
	if isTable(path) {
		rows, err := readTable(path)
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
		row.readProfile(ctx, paths[0])
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
	if o.OK, err = consoleSaysOK(m); err != nil {
		o.warn("%v: that counts as a crash", err)
	}
	r.Origin = o
}

func (o *Origin) warn(format string, args ...any) {
	o.Warnings = append(o.Warnings, fmt.Sprintf(format, args...))
}

// readProfile takes the figures from the trace.
func (r *Row) readProfile(ctx context.Context, path string) {
	file, err := os.Open(path)
	if err != nil {
		r.warn("%v", err)
		return
	}
	defer file.Close()
	var gcs trace.CollectionRecorder
	var calls trace.CallRecorder
	counters := trace.RecordCounters(trace.CounterMemory)
	summary, err := trace.Read(ctx, file, func(e *trace.Event) error {
		gcs.Add(e)
		calls.Add(e)
		counters.Add(e)
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
	p.collections(gcs.Collections())
	p.calls(calls.Calls())
	r.Profile = p
	for _, s := range counters.Series(trace.CounterMemory) {
		r.peak(int64(s.Value*(1<<20)), "the profile's counter of the JVM's memory, once a second")
	}
}

func (p *Profile) collections(list []trace.Collection) {
	for _, c := range list {
		switch c.Kind {
		case trace.MinorGC:
			p.MinorGCs++
		case trace.MajorGC:
			p.MajorGCs++
			p.MajorPauseMicros += c.DurationMicros
		default:
			p.OtherGCs++
			continue // concurrent: not a pause
		}
		p.PauseMicros += c.DurationMicros
		p.LongestPauseMicros = max(p.LongestPauseMicros, c.DurationMicros)
	}
}

// calls sums up the outermost calls: their time has that of all others in it.
func (p *Profile) calls(calls *trace.Calls) {
	functions := calls.Functions()
	for thread := range calls.Threads() {
		for call := range calls.On(thread) {
			if functions[call.Function].Builtin {
				continue
			}
			p.StarlarkCalls++
			if call.Parent < 0 {
				p.StarlarkMicros += call.EndMicros - call.StartMicros
			}
		}
	}
}

// readEvents takes the heap's peak, which newer versions tell, from the BEP.
func (r *Row) readEvents(ctx context.Context, path string) {
	file, err := os.Open(path)
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
	file, err := os.Open(path)
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
