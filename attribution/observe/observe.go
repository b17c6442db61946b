// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"golang.org/x/sync/errgroup"

	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/quantity"
)

// ReadOptions bound the work of Read.
type ReadOptions struct {
	// MaxBytes is the size in bytes above which a part is not read but
	// offered in a warning; 0 is no bound. For work that nobody asked for.
	MaxBytes int64
	// Heap bounds the work on heap dumps, whatever their size.
	Heap HeapLimits
	// HeapCacheDir is where what was read from heap dumps is kept, so that
	// it is not read again; "" is nowhere. No contents are kept.
	HeapCacheDir string
	// Workers bounds the goroutines that read a heap dump; 0 is GOMAXPROCS.
	Workers int

	// OneDump, where set, holds a token while a dump is read.
	OneDump chan struct{}
}

// Read condenses one measurement. Each part is read once, streaming, the
// parts side by side; a part that is absent, damaged or blind is told in the
// observation's warnings, and the others are used. The result depends on the
// files alone. The error is the context's.
//
// Of heap dumps it takes the stacks, the variables and who holds the memory;
// what a sweep has kept of one (measurement.HeapSummary) counts like the dump.
func Read(ctx context.Context, m measurement.Measurement, opts ReadOptions) (*Observation, error) {
	o := &observer{m: m, opts: opts}
	g, ctx := errgroup.WithContext(ctx)
	// The profile is the big one and inflates in a goroutine of its own.
	g.Go(func() error { return o.readTrace(ctx) })
	g.Go(func() error { return o.readHeap(ctx) })
	g.Go(func() error {
		if err := o.describe(ctx); err != nil {
			return err
		}
		if err := o.readSamples(ctx); err != nil {
			return err
		}
		if err := o.readCounters(ctx); err != nil {
			return err
		}
		if err := o.readRetained(ctx); err != nil {
			return err
		}
		return o.readRules(ctx)
	})
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return o.observation(), nil
}

// An observer holds what the parts of one measurement gave. Each part has its
// own field, so that they can be read side by side.
type observer struct {
	m           measurement.Measurement
	opts        ReadOptions
	description measurement.Description
	trace       tracePart
	recording   recordingPart
	console     consolePart
	detail      detailPart
	events      eventsPart
	samples     samplesPart
	heap        heapPart
	rules       rulesPart
	counters    countersPart
}

// A partRead that was read, or why it was not.
type partRead struct {
	path     string
	present  bool
	empty    bool // 0 bytes, or a gzip header alone: the server died first
	warnings []Warning
}

func (p *partRead) warn(format string, args ...any) {
	p.warnings = append(p.warnings, Warning{p.path, fmt.Sprintf(format, args...)})
}

// open opens the newest file of a kind, and reports false where there is none
// to read.
func (o *observer) open(ctx context.Context, p *partRead, kind measurement.Part) (*input.File, bool) {
	paths := o.m.Parts[kind]
	if len(paths) == 0 {
		return nil, false
	}
	p.path = paths[0]
	f, err := input.Open(ctx, p.path)
	if err != nil {
		p.warn("cannot be read: %s", cause(err))
		return nil, false
	}
	if o.opts.MaxBytes > 0 {
		if f.Size() > o.opts.MaxBytes {
			_ = f.Close()
			p.warn("%s", &measurement.TooLargeError{Bytes: f.Size()})
			return nil, false
		}
		f.Bound(o.opts.MaxBytes) // it may grow
	}
	p.present = true
	p.empty = f.Size() == 0 || f.Size() <= gzipHeader && isGzip(f)
	return f, true
}

// gzipHeader is the size of a gzip file of which only the header was flushed.
const gzipHeader = 10

func isGzip(f io.ReaderAt) bool {
	var magic [2]byte
	_, err := f.ReadAt(magic[:], 0)
	return err == nil && magic == [2]byte{0x1f, 0x8b}
}

// cause is an error without the path, which the warning names already.
func cause(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

// damaged turns an error of reading one part into a warning, and passes on
// only the context's.
func damaged(ctx context.Context, p *partRead, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	p.warn("%s", cause(err))
	return nil
}

func (o *observer) describe(ctx context.Context) (err error) {
	if o.description, err = measurement.DescribeWithin(ctx, o.m, o.opts.MaxBytes); err != nil {
		return err
	}
	o.takeConsole()
	o.takeFailureDetail()
	o.takeBuildEvents()
	return nil
}

// observation puts the parts together.
func (o *observer) observation() *Observation {
	made := &Observation{
		Summary:    o.summary(),
		Workspace:  o.description.Workspace,
		Trace:      o.trace.facts,
		Recorded:   o.recording.facts,
		CPU:        o.samples.cpu,
		Allocation: o.samples.allocation,
		Crashes:    o.crashes(),
	}
	made.RuleClasses, made.Aspects, made.ConfiguredComplete = o.events.ruleClasses, o.events.aspects, o.events.complete
	made.Evaluations = o.events.evaluations
	made.Rules = o.rules.facts
	if o.console.log != nil {
		made.Instantiations = o.console.log.Instantiations
	}
	for _, text := range o.m.Warnings {
		made.Warnings = append(made.Warnings, Warning{o.m.Path, text})
	}
	for _, p := range []*partRead{&o.trace.partRead, &o.recording.partRead, &o.console.partRead, &o.detail.partRead, &o.events.partRead, &o.samples.partRead, &o.heap.partRead, &o.rules.partRead, &o.counters.partRead} {
		made.Warnings = append(made.Warnings, p.warnings...)
	}
	if o.detail.crash != nil && o.description.Leftover {
		made.Warnings = append(made.Warnings, Warning{o.detail.path, "left out: this build passed, so the failure in it is an earlier build's"})
	}
	made = o.withDump(made)
	if r := o.counters.retained; r != nil && made.Heap == nil {
		made = made.WithHeap(*r)
	}
	made.Warnings = append(made.Warnings, o.missing(made)...)
	for _, w := range made.Warnings {
		made.Summary.Warnings = append(made.Summary.Warnings, w.Message)
	}
	return made
}

func (o *observer) summary() Summary {
	d := o.description
	s := Summary{
		Path: o.m.Path, Series: o.m.Series, Older: o.m.Older,
		MemoryLimitBytes: d.MemoryLimitBytes, Run: d.Run, Status: d.Status,
		DurationMicros: d.DurationMicros, BazelVersion: d.BazelVersion,
		InvocationID: d.InvocationID, ServerPID: d.ServerPID, Ended: d.End,
	}
	if s.Ended.IsZero() {
		s.Ended = o.m.Ended
	}
	if s.Status == "" {
		s.Status = measurement.Unknown
	}
	if o.console.log != nil {
		s.Foreign = o.console.log.Foreign
	}
	s.Heap = o.counters.course
	t := o.trace
	if t.facts != nil {
		s.GCCount, s.GCKnown = t.facts.GC.Count, true
		s.Utilisation, s.ThrashingMicros = t.facts.GC.Utilisation, t.facts.GC.ThrashingMicros
		if s.DurationMicros == 0 {
			s.DurationMicros = t.facts.LastMicros - min(t.facts.FirstMicros, 0)
		}
		if s.BazelVersion == "" {
			s.BazelVersion = t.header.BazelVersion
		}
		if s.InvocationID == "" {
			s.InvocationID = t.header.BuildID
		}
	}
	return s
}

// missing says, where the profile shows nothing, what is used instead, and
// notes in the observation where nothing is.
func (o *observer) missing(made *Observation) []Warning {
	if !o.trace.present || made.Trace != nil && made.Trace.StarlarkCalls > 0 {
		return nil
	}
	var used []string
	if len(o.console.crashes) > 0 {
		used = append(used, "the console")
	}
	if o.detail.crash != nil {
		used = append(used, "the failure detail")
	}
	if o.heap.facts != nil {
		used = append(used, "the heap dump")
	}
	if made.CPU != nil || made.Allocation != nil {
		used = append(used, "the pprof files")
	}
	instead := "and nothing else in this measurement says anything about the crash"
	if n := len(used); n == 1 {
		instead = used[0] + " is used instead"
	} else if n > 1 {
		instead = joinWords(used) + " are used instead"
	}
	w := Warning{Path: o.trace.path}
	switch {
	case o.trace.empty:
		w.Message = fmt.Sprintf("%s: the server died before anything was written; %s", quantity.Count(int(o.trace.size), "byte", "bytes"), instead)
	case made.Trace == nil:
		return nil
	default:
		if !made.Crashed() {
			made.NothingSeen = true
			instead = "so it says nothing about functions"
		}
		w.Message = fmt.Sprintf("no Starlark call in this profile (calls under 50 ms are not recorded without --record_full_profiler_data); %s", instead)
	}
	return []Warning{w}
}

// joinWords says "a", "a and b", "a, b and c".
func joinWords(words []string) string {
	text := ""
	for i, w := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			text += " and "
		default:
			text += ", "
		}
		text += w
	}
	return text
}
