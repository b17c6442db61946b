// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/bazel/dump"
	"example.invalid/starlark-memls/internal/bazel/javastack"
	"example.invalid/starlark-memls/internal/bazel/trace"
	"example.invalid/starlark-memls/internal/measurement"
)

type tracePart struct {
	partRead
	size   int64
	facts  *TraceFacts
	header trace.Header
}

func (o *observer) readTrace(ctx context.Context) error {
	t := &o.trace
	rec, err := o.readRecording(ctx)
	if err != nil {
		return err
	}
	f, ok := o.open(ctx, &t.partRead, measurement.Profile)
	if !ok {
		o.recording.unjoined(rec, "a flight recording has the thread and the time of each allocation; the build's profile says which Starlark function ran then: give that too")
		return nil
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil {
		t.size = info.Size()
	}
	if t.empty {
		return nil
	}
	memoryProfiled := len(o.m.Parts[measurement.PhaseMemory]) > 0
	joined, err := o.join(ctx, rec, f)
	if err != nil {
		return err
	}
	facts, sum, err := observeTrace(ctx, f, memoryProfiled, joined)
	if err := damaged(ctx, &t.partRead, err); err != nil {
		return err
	}
	if sum.Events == 0 && err != nil {
		t.present = false
		return nil
	}
	t.facts, t.header = facts, sum.Header
	o.recording.take(joined)
	if sum.Damage != "" {
		t.warn("%s", sum.Damage)
	}
	for _, b := range sum.Blind {
		if b == trace.BlindSlim {
			t.warn("%s", BlindWords[b])
		}
	}
	return nil
}

type consolePart struct {
	partRead
	log     *console.Log
	crashes []CrashFacts
}

// takeParsed takes what Describe read of a part, and says what was wrong with it.
func takeParsed[T any](p *partRead, parsed measurement.Parsed[T]) *T {
	p.path = parsed.Path
	if parsed.Err != nil {
		var unopened *fs.PathError
		if errors.As(parsed.Err, &unopened) {
			p.warn("cannot be read: %s", cause(parsed.Err))
		} else {
			p.warn("%s", cause(parsed.Err))
		}
	}
	return parsed.Value
}

func (o *observer) takeConsole() {
	c := &o.console
	if len(o.description.Consoles) == 0 {
		return
	}
	if c.log = takeParsed(&c.partRead, o.description.Consoles[0]); c.log == nil {
		return
	}
	for _, crash := range c.log.Crashes {
		facts := consoleCrash(crash)
		facts.Log, facts.LogLine = c.path, crash.Line
		c.crashes = append(c.crashes, facts)
	}
	if c.log.Truncated != "" {
		c.warn("%s", c.log.Truncated)
	}
}

func consoleCrash(c console.PrintedCrash) CrashFacts {
	f := CrashFacts{
		Cause: c.Cause, Message: c.Message, Time: c.Time, Target: c.Target, Aspect: c.Aspect,
		Node: c.Node, Context: c.Context, Java: c.Java, HeapDump: c.HeapDump, Source: "console",
		Loading: c.Loading, LoadingOthers: c.LoadingOthers, LoadingPackages: c.LoadingPackages, AfterSuccess: c.AfterSuccess,
	}
	if len(c.Starlark) > 0 {
		f.Threads = []ThreadFacts{{
			Target: c.Target, Failed: true, Frames: PrintedFrames(c.Starlark),
			Source: "console", Statement: javastack.Statement(c.Java),
		}}
	}
	return f
}

type detailPart struct {
	partRead
	crash *CrashFacts
}

func (o *observer) takeFailureDetail() {
	d := &o.detail
	detail := takeParsed(&d.partRead, o.description.FailureDetail)
	if detail == nil {
		return
	}
	if c, ok := detail.ConsoleCrash(); ok {
		facts := consoleCrash(c)
		facts.Source = "failure_detail"
		for i := range facts.Threads {
			facts.Threads[i].Source = "failure_detail"
		}
		d.crash = &facts
	}
}

type samplesPart struct {
	partRead
	cpu, allocation *Samples
}

func (o *observer) readSamples(ctx context.Context) error {
	s := &o.samples
	for _, kind := range []measurement.Part{measurement.CPUProfile, measurement.AllocationProfile} {
		f, ok := o.open(ctx, &s.partRead, kind)
		if !ok {
			continue
		}
		profile, err := dump.ReadPprof(ctx, f)
		f.Close()
		if err := damaged(ctx, &s.partRead, err); err != nil {
			return err
		}
		if err != nil || profile == nil {
			continue
		}
		if profile.Note != "" && !o.told(s.path) {
			s.warn("%s", profile.Note)
		}
		switch {
		case profile.NotFlushed || profile.Samples == 0:
		case profile.Kind == dump.CPU: // whatever its name
			s.cpu = samplesOf(profile)
		default:
			s.allocation = samplesOf(profile)
		}
	}
	return nil
}

// told reports whether the measurement's own warnings speak of the file.
func (o *observer) told(path string) bool {
	return slices.ContainsFunc(o.m.Warnings, func(w string) bool { return strings.Contains(w, filepath.Base(path)) })
}

// samplesOf sorts a pprof file's functions by name and file.
func samplesOf(p *dump.Profile) *Samples {
	s := &Samples{Total: p.Total}
	for i := range p.Functions {
		f := &p.Functions[i]
		made := SampledFunction{Name: f.Name, File: f.File, Flat: f.Own, Cum: f.Cumulative}
		for _, l := range f.Lines {
			made.Lines = append(made.Lines, SampledLine{l.Number, l.Own})
		}
		s.Functions = append(s.Functions, made)
	}
	sortSampled(s.Functions)
	return s
}

func sortSampled(functions []SampledFunction) {
	slices.SortStableFunc(functions, func(a, b SampledFunction) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.File, b.File))
	})
}

type eventsPart struct {
	partRead
	ruleClasses, aspects []string
	complete             bool
	evaluations          []Evaluations
	failedTarget         string
	abort                string // Bazel's reason, where the build was given up
}

// takeBuildEvents takes what was configured. The events of single targets tell
// of the top level alone; only the graph's metrics (Bazel 7 on) count every
// rule class and aspect, and a crash leaves none.
func (o *observer) takeBuildEvents() {
	e := &o.events
	b := takeParsed(&e.partRead, o.description.BuildEvents)
	if b == nil {
		return
	}
	if len(b.Aborted) > 0 {
		e.abort = cmp.Or(e.abort, b.Aborted[0])
	}
	if len(b.Targets) > 0 {
		for _, t := range b.Targets {
			if t.Failed && e.failedTarget == "" {
				e.failedTarget = t.Label
			}
			e.ruleClasses = append(e.ruleClasses, t.RuleClass)
			e.aspects = append(e.aspects, t.Aspect)
		}
	}
	e.evaluations = evaluationsOf(b.Graph)
	if g := b.Graph; g != nil && len(g.RuleClasses) > 0 {
		e.complete = true
		for _, c := range g.RuleClasses {
			e.ruleClasses = append(e.ruleClasses, c.Name)
		}
		for _, c := range g.Aspects {
			e.aspects = append(e.aspects, c.Key)
		}
	}
	e.ruleClasses, e.aspects = distinct(e.ruleClasses), distinct(e.aspects)
}

// distinct sorts names and drops the empty and repeated ones.
func distinct(names []string) []string {
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > 0 && names[0] == "" {
		names = names[1:]
	}
	return names
}

type rulesPart struct {
	partRead
	facts []RuleFacts
}

// readRules reads the table of `bazel dump --rules`.
func (o *observer) readRules(ctx context.Context) error {
	r := &o.rules
	f, ok := o.open(ctx, &r.partRead, measurement.Rules)
	if !ok {
		return nil
	}
	defer f.Close()
	text, err := measurement.Inflated(f)
	var rules *dump.Rules
	if err == nil {
		rules, err = dump.ReadRules(ctx, text)
	}
	if err := damaged(ctx, &r.partRead, err); err != nil {
		return err
	}
	if rules == nil {
		return nil
	}
	for _, row := range rules.Rows {
		r.facts = append(r.facts, RuleFacts{Name: row.Name, Cut: row.Cut, Aspect: row.Aspect,
			Targets: row.Count, Actions: row.Actions, Bytes: row.Bytes, HasBytes: row.HasBytes})
	}
	if rules.Note != "" {
		r.warn("%s", rules.Note)
	}
	return nil
}
