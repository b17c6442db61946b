// SPDX-License-Identifier: Apache-2.0

package report

import (
	"math"
	"time"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/starlark"
)

// NewDocument is the report in its JSON shape.
func NewDocument(r *attribution.Report, o Options) *Document {
	d := &Document{
		Schema: Schema, Version: o.Version, Measurements: []Measurement{}, Functions: []FunctionJSON{},
		Crashes: []CrashJSON{}, Warnings: []string{},
	}
	for i := range r.Measurements {
		d.Measurements = append(d.Measurements, o.measurement(&r.Measurements[i]))
	}
	suspects := top(r.Suspects, o.Top, -1)
	for i := range suspects {
		d.Functions = append(d.Functions, o.function(&suspects[i]))
	}
	for i := range r.Crashes {
		d.Crashes = append(d.Crashes, o.crash(&r.Crashes[i]))
	}
	d.Held = o.heldLines(r)
	d.Surer = r.Surer
	d.Rules = o.rules(r)
	for _, p := range r.Restarted {
		d.Restarted = append(d.Restarted, RestartedPackage(p))
	}
	for _, f := range r.Refetched {
		d.Refetched = append(d.Refetched, RestartedRepository(f))
	}
	for _, v := range r.Reevaluated {
		d.Reevaluated = append(d.Reevaluated, reevaluated(v))
	}
	for _, c := range r.Concurrent {
		d.Concurrent = append(d.Concurrent, ConcurrentRestart(c))
	}
	for _, w := range r.Warnings {
		d.Warnings = append(d.Warnings, o.warning(w))
	}
	return d
}

// warning is a warning as one line.
func (o Options) warning(w observe.Warning) string {
	if w.Path == "" {
		return w.Message
	}
	return o.path(w.Path) + ": " + w.Message
}

func (o Options) measurement(s *observe.Summary) Measurement {
	m := Measurement{
		Path: o.path(s.Path), Series: o.path(s.Series), Run: s.Run, Status: s.Status,
		BazelVersion: s.BazelVersion, InvocationID: s.InvocationID, Ended: known(s.Ended),
		Older: s.Older, Warnings: append([]string{}, s.Warnings...),
	}
	if s.MemoryLimitBytes != 0 {
		m.MemoryLimitBytes = &s.MemoryLimitBytes
	}
	if s.GCKnown {
		m.GCCount = &s.GCCount
	}
	m.Heap = heapCourse(s.Heap)
	m.GCUtilisation, m.GCThrashingMicros = s.Utilisation, s.ThrashingMicros
	if s.DurationMicros != 0 {
		m.DurationMicros = &s.DurationMicros
	}
	return m
}

func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func (o Options) function(s *attribution.Suspect) FunctionJSON {
	f := FunctionJSON{
		Rank: s.Rank, Name: s.Name, Score: rounded(s.Score), Verdict: s.Verdict, Candidates: o.places(s.Candidates), Posterior: o.posterior(s),
		Unseen: rounded(s.Unseen), Blind: s.Blind, Stale: s.Stale,
		Evidence: s.Evidence,
	}
	if d := s.Definition; d != nil {
		f.File, f.Line, f.Kind = o.path(d.File), d.NameRange.Start.Line, string(d.Kind)
	} else if s.PrintedFile != "" {
		f.File = o.path(s.PrintedFile)
	}
	for i, text := range s.Reasons {
		reason := Reason{Text: text}
		if i < len(s.Weights) {
			reason.Weight = rounded(s.Weights[i])
		}
		f.Reasons = append(f.Reasons, reason)
	}
	for _, l := range s.Lines {
		f.Lines = append(f.Lines, LineJSON{l.Line, l.CrashFrames, l.AllocatedBytes, l.CPUMicros})
	}
	return f
}

// finite leaves out what has no upper bound, which JSON has no word for.
func finite(x *float64) *float64 {
	if x == nil || math.IsInf(*x, 0) || math.IsNaN(*x) {
		return nil
	}
	return x
}

// rounded keeps four decimals: more is noise, and would differ by platform.
func rounded(x float64) float64 { return math.Round(x*1e4) / 1e4 }

func (o Options) places(all []*starlark.Definition) []PlaceJSON {
	var places []PlaceJSON
	for _, d := range all {
		places = append(places, PlaceJSON{o.path(d.File), d.NameRange.Start.Line})
	}
	return places
}

func (o Options) crash(c *attribution.Crash) CrashJSON {
	made := CrashJSON{
		Path: o.path(c.Path), Cause: c.Cause, Message: c.Message, Time: known(c.Time), Older: c.Older,
		InvocationID: c.InvocationID, Target: c.Target, Aspect: c.Aspect, HeapDump: o.path(c.HeapDump), Threads: []ThreadJSON{},
		Meaning: c.Death.What, Doing: c.Death.Doing, Ended: c.Death.Ended, Cure: c.Death.Cure,
	}
	for i := range c.Instantiated {
		f := &c.Instantiated[i]
		file, line := o.frame(f)
		made.Instantiated = append(made.Instantiated, FrameJSON{Function: f.Function, File: file, Line: line, Column: f.Column, Mapped: f.Mapped, Stale: f.Stale})
	}
	if c.Log != "" {
		made.Log, made.LogLine = o.path(c.Log), c.LogLine
	}
	if t := c.TargetDefinition; t != nil {
		made.TargetFile, made.TargetLine = o.path(t.File), t.NameRange.Start.Line
	}
	for i := range c.Threads {
		made.Threads = append(made.Threads, o.thread(&c.Threads[i]))
	}
	if s := c.Inferred; s != nil {
		made.Inferred = &Inferred{Function: s.Name, Candidates: o.places(s.Candidates), Posterior: o.posterior(s), Why: c.InferredWhy}
		if d := s.Definition; d != nil {
			made.Inferred.File, made.Inferred.Line = o.path(d.File), d.NameRange.Start.Line
		}
	}
	return made
}

func (o Options) thread(t *attribution.Thread) ThreadJSON {
	made := ThreadJSON{
		Name: t.Name, Failed: t.Failed, Target: t.Target, Source: t.Source,
		Statement: t.Statement, Frames: []FrameJSON{},
	}
	for i := range t.Frames {
		f := &t.Frames[i]
		file, line := o.frame(f)
		frame := FrameJSON{Function: f.Function, File: file, Line: line, Column: f.Column, Mapped: f.Mapped, Stale: f.Stale}
		for _, l := range f.Locals {
			frame.Locals = append(frame.Locals, Local{l.Name, l.Type, l.ShallowBytes, l.RetainedBytes, l.Length, l.LetGoBytes})
		}
		made.Frames = append(made.Frames, frame)
	}
	return made
}

// frame is where a frame points now: in the source where there is one, else
// as Bazel printed it.
func (o Options) frame(f *attribution.Frame) (file string, line int) {
	if f.Source != "" {
		return o.path(f.Source), f.SourceLine
	}
	return o.path(f.File), f.Line
}

func reevaluated(v aggregate.ReevaluatedValues) ReevaluatedValues {
	made := ReevaluatedValues{SkyFunction: v.Function, Builds: v.Builds, Evaluated: v.Evaluated, Built: v.Built,
		Dirtied: v.Dirtied, Changed: v.Changed, Cleaned: v.Cleaned}
	if r := v.Ratio; r != nil {
		made.Ratio, made.RatioLow, made.RatioHigh = &r.Ratio, &r.Low, finite(&r.High)
	}
	return made
}
