// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"cmp"
	"context"
	"strings"
	"time"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/gauge"
	"example.invalid/starlark-memls/internal/measurement"
)

// What the living server told: the course of its heap by the JVM's counters
// (watch --record, measure), and who held it at the end (retained.json).

// A HeapCourse is how the heap did during the build.
type HeapCourse struct {
	LimitBytes int64 // 0: not known
	PeakBytes  int64
	// PeakAfterBytes is the most that a collection left in use; nil: there was
	// none.
	PeakAfterBytes *int64
	// TookMicros is how long it was watched, PausedMicros how much of that the
	// program stood still for collections.
	TookMicros, PausedMicros int64
	Collections              int64 // 0: not known
	// FullCollections are those of the whole heap that nobody asked for.
	FullCollections int
	// ForetoldMicros is how long before its end the server was seen to die; nil
	// where it was not, or lived. DyingWhy says by what.
	ForetoldMicros *int64
	DyingWhy       string
	// After is what collections left, over time: at most keptAfter of them.
	After []HeapLevel
}

// A HeapLevel is what a collection left in use.
type HeapLevel struct{ Micros, Bytes int64 } // since the start of the recording

// keptAfter is enough for a picture.
const keptAfter = 100

type countersPart struct {
	partRead
	course   *HeapCourse
	retained *HeapFacts
}

// readCounters reads the recording of the counters, or takes what the
// measurement's record has of them.
func (o *observer) readCounters(ctx context.Context) error {
	c := &o.counters
	if m := o.m.Record; m != nil && m.Heap != nil {
		h := m.Heap
		c.course = &HeapCourse{LimitBytes: m.MemoryLimitBytes, PeakBytes: h.PeakBytes, PeakAfterBytes: h.PeakAfterBytes, PausedMicros: h.PausedMicros,
			FullCollections: h.FullCollections, ForetoldMicros: h.ForetoldMicros, DyingWhy: h.DyingWhy}
	}
	f, ok := o.open(ctx, &c.partRead, measurement.Counters)
	if !ok {
		return nil
	}
	defer f.Close()
	text, err := measurement.Inflated(f)
	var rec *gauge.Recording
	if err == nil {
		rec, err = gauge.Read(text)
	}
	if err := damaged(ctx, &c.partRead, err); err != nil || rec == nil {
		return err
	}
	if rec.Lost != "" {
		c.warn("%s", rec.Lost)
	}
	if len(rec.Samples) > 0 {
		c.course = courseOf(rec)
	}
	return nil
}

// courseOf runs a recording through the rules by which watch judges.
func courseOf(rec *gauge.Recording) *HeapCourse {
	course := &HeapCourse{}
	start := rec.Samples[0].At
	last := int64(-1)
	sum := rec.Replay(gauge.DefaultRules(), func(r gauge.Reading) {
		if r.State != gauge.Gone && r.AfterBytes >= 0 && r.AfterBytes != last {
			last = r.AfterBytes
			course.After = append(course.After, HeapLevel{r.At.Sub(start).Microseconds(), r.AfterBytes})
		}
	})
	course.After = thinned(course.After)
	course.LimitBytes, course.PeakBytes, course.Collections, course.FullCollections = sum.LimitBytes, sum.PeakBytes, sum.Collections, sum.FullCollections
	course.TookMicros, course.PausedMicros, course.DyingWhy = sum.Took.Microseconds(), sum.Paused.Microseconds(), sum.DyingWhy
	if sum.PeakAfterBytes >= 0 {
		course.PeakAfterBytes = &sum.PeakAfterBytes
	}
	if lead, ok := sum.Foretold(); ok {
		course.ForetoldMicros = micros(lead)
	}
	return course
}

func micros(d time.Duration) *int64 {
	n := d.Microseconds()
	return &n
}

// thinned keeps the highest of each stretch, so that no peak is lost.
func thinned(all []HeapLevel) []HeapLevel {
	if len(all) <= keptAfter {
		return all
	}
	kept := make([]HeapLevel, 0, keptAfter)
	for i := range keptAfter {
		stretch := all[i*len(all)/keptAfter : (i+1)*len(all)/keptAfter]
		most := stretch[0]
		for _, l := range stretch[1:] {
			if l.Bytes > most.Bytes {
				most = l
			}
		}
		kept = append(kept, most)
	}
	return kept
}

// readRetained reads who held the heap of the living server.
func (o *observer) readRetained(ctx context.Context) error {
	c := &o.counters
	f, ok := o.open(ctx, &c.partRead, measurement.Retained)
	if !ok {
		return nil
	}
	defer f.Close()
	text, err := measurement.Inflated(f)
	if err == nil {
		var r heap.Retained
		if r, err = heap.ReadRetained(text); err == nil {
			facts := livingHeap(r)
			facts.Path = c.path
			c.retained = &facts
		}
	}
	return damaged(ctx, &c.partRead, err)
}

// livingHeap takes from what was kept of a living server's heap what a dump
// would say: the functions' part and the fields' part.
func livingHeap(r heap.Retained) HeapFacts {
	functions := &Samples{Total: r.LiveBytes}
	facts := HeapFacts{Living: true}
	for _, owner := range r.Owners {
		name, file := owner.Name, owner.File
		switch owner.Kind {
		case "bzl":
			name, file = Toplevel, cmp.Or(file, fileOfLabel(owner.Name))
		case "function":
		case "provider_field":
			if file != "" && owner.Line > 0 && !IsBuiltin(file) {
				facts.Fields = append(facts.Fields, fieldOf(owner))
			}
			continue
		default:
			continue
		}
		if file == "" || IsBuiltin(file) {
			continue
		}
		functions.Functions = append(functions.Functions, SampledFunction{Name: name, File: file, Flat: owner.RetainedBytes, Cum: owner.RetainedBytes,
			Lines: []SampledLine{{Line: owner.Line, Flat: owner.RetainedBytes}}})
	}
	sortSampled(functions.Functions)
	facts.Retained = functions
	return facts
}

func fieldOf(owner heap.RetainedOwner) FieldFacts {
	f := FieldFacts{Field: strings.TrimPrefix(owner.Name, "field "), File: owner.File, Line: owner.Line, Bytes: owner.RetainedBytes, Instances: owner.Targets, Growth: owner.Growth}
	if provider, field, ok := strings.Cut(f.Field, "."); ok {
		f.Provider, f.Field = provider, field
	}
	return f
}
