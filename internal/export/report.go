// SPDX-License-Identifier: Apache-2.0

package export

import (
	"math"
	"time"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/plain"
)

// reportMeasures are the report's measures that are amounts of something, so that
// they can be shared out and summed up, the ones that name a culprit first.
var reportMeasures = []struct{ name, id string }{
	{"retained", "retained_bytes"}, {"allocated", "allocated_bytes"}, {"self_time", "self_micros"},
	{"gc_pause", "gc_pause_micros"}, {"cpu", "cpu_micros"}, {"calls", "calls"},
}

// FromReport are the functions of a report, with the totals of its table, and the
// stacks at which servers died, each with the count of 1.
func FromReport(r *attribution.Report, title string, o StackOptions) *Stacks {
	s := &Stacks{Title: plain.Line(title)}
	var from []*attribution.Measure
	for _, column := range reportMeasures {
		m := attribution.MeasureOf(column.id)
		s.Measures, from = append(s.Measures, ValueType{column.name, string(m.Unit), m.Meaning}), append(from, m)
	}
	s.Measures = append(s.Measures, ValueType{"crashes", "count", "stacks at which a server died"})
	for i := range r.Suspects {
		s.function(&r.Suspects[i], from, o)
	}
	for i := range r.Crashes {
		c := &r.Crashes[i]
		if c.Time.After(s.Made) {
			s.Made = c.Time
		}
		s.crash(c, o)
	}
	for _, w := range r.Warnings {
		s.Comments = append(s.Comments, plain.Line(w.Message))
	}
	return s
}

// function adds what is known of a function: by line where samples tell it, else
// on the line of its definition.
func (s *Stacks) function(f *attribution.Suspect, from []*attribution.Measure, o StackOptions) {
	values := make([]int64, len(s.Measures))
	any := false
	for i, m := range from {
		if n, ok := f.Evidence.Number(m); ok {
			values[i] = int64(math.Round(n))
			any = any || values[i] != 0
		}
	}
	if !any {
		return
	}
	frame := StackFrame{Kind: KindFunction, Name: plain.Line(f.Name)}
	switch d := f.Definition; {
	case d != nil:
		frame.File, frame.Start = o.file(d.File), d.NameRange.Start.Line
	case f.PrintedFile != "":
		frame.File = o.file(f.PrintedFile)
	}
	for _, l := range f.Lines {
		part := make([]int64, len(values))
		for i, m := range from {
			switch m.ID {
			case "allocated_bytes":
				part[i] = min(l.AllocatedBytes, values[i])
			case "cpu_micros":
				part[i] = min(l.CPUMicros, values[i])
			}
			values[i] -= part[i]
		}
		frame.Line = l.Line
		s.add(part, nil, frame)
	}
	frame.Line = frame.Start
	s.add(values, nil, frame)
}

// add adds a sample of a stack that is given outermost first, unless all values
// are 0.
func (s *Stacks) add(values []int64, labels []Label, frames ...StackFrame) {
	for _, v := range values {
		if v == 0 {
			continue
		}
		sample := StackSample{Values: values, Labels: labels}
		for _, f := range frames {
			sample.Stack = append(sample.Stack, s.frame(f))
		}
		s.Samples = append(s.Samples, sample)
		return
	}
}

// crash adds the stack of the thread that failed first.
func (s *Stacks) crash(c *attribution.Crash, o StackOptions) {
	values := make([]int64, len(s.Measures))
	values[len(values)-1] = 1
	labels := []Label{{"crash", plain.Line(o.file(c.Path))}, {"cause", string(c.Cause)}}
	if !c.Time.IsZero() {
		labels = append(labels, Label{"time", c.Time.UTC().Format(time.RFC3339)})
	}
	if c.Target != "" {
		labels = append(labels, Label{"target", plain.Line(c.Target)})
	}
	if c.Aspect != "" {
		labels = append(labels, Label{"aspect", plain.Line(c.Aspect)})
	}
	var frames []StackFrame
	switch {
	case len(c.Threads) > 0 && len(c.Threads[0].Frames) > 0:
		all := c.Threads[0].Frames
		for i := len(all) - 1; i >= 0; i-- {
			frames = append(frames, crashFrame(&all[i], o))
		}
	case c.Inferred != nil:
		f := StackFrame{Kind: KindFunction, Name: plain.Line(c.Inferred.Name)}
		if d := c.Inferred.Definition; d != nil {
			f.File, f.Line, f.Start = o.file(d.File), d.NameRange.Start.Line, d.NameRange.Start.Line
		}
		labels = append(labels, Label{"inferred", "from " + plain.Line(c.InferredWhy)})
		frames = append(frames, f)
	default:
		frames = append(frames, StackFrame{Kind: KindNobody, Name: "no Starlark stack"})
	}
	s.add(values, labels, frames...)
}

func crashFrame(f *attribution.Frame, o StackOptions) StackFrame {
	out := StackFrame{Kind: KindFunction, Name: plain.Line(f.Function), Line: f.Line}
	if f.File != "" && f.File != "<builtin>" {
		out.File = o.file(f.File)
	}
	if f.Source != "" {
		out.File, out.Line = o.file(f.Source), f.SourceLine
	}
	if f.Definition != nil {
		out.Start = f.Definition.NameRange.Start.Line
	}
	return out
}
