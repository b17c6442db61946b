// SPDX-License-Identifier: Apache-2.0

package export

import (
	"io"

	"github.com/google/pprof/profile"
)

// WritePprof writes a profile for pprof, gzip'd as pprof does. Every frame has its
// function, file and lines, so that -list finds the sources; targets are labels.
func WritePprof(w io.Writer, s *Stacks) error {
	return s.pprof().Write(w)
}

func (s *Stacks) pprof() *profile.Profile {
	p := &profile.Profile{Comments: s.Comments}
	if !s.Made.IsZero() {
		p.TimeNanos = s.Made.UnixNano()
	}
	for _, m := range s.Measures {
		p.SampleType = append(p.SampleType, &profile.ValueType{Type: m.Name, Unit: m.Unit})
	}
	if len(s.Measures) > 0 {
		p.DefaultSampleType = s.Measures[s.defaultMeasure()].Name
	}
	// pprof asks the binaries of a mapping for what a profile does not tell.
	mapping := &profile.Mapping{ID: 1, File: "Starlark", HasFunctions: true, HasFilenames: true, HasLineNumbers: true}
	p.Mapping = []*profile.Mapping{mapping}
	type function struct {
		name, file string
		start      int
	}
	functions := map[function]*profile.Function{}
	locations := make([]*profile.Location, len(s.Frames))
	location := func(n int32) *profile.Location {
		if locations[n] != nil {
			return locations[n]
		}
		frame := s.Frames[n]
		key := function{frame.Name, frame.File, frame.Start}
		f := functions[key]
		if f == nil {
			f = &profile.Function{ID: uint64(len(p.Function) + 1), Name: frame.Name, SystemName: frame.Name, Filename: frame.File, StartLine: int64(frame.Start)}
			functions[key] = f
			p.Function = append(p.Function, f)
		}
		l := &profile.Location{ID: uint64(len(p.Location) + 1), Mapping: mapping, Line: []profile.Line{{Function: f, Line: int64(frame.Line)}}}
		locations[n] = l
		p.Location = append(p.Location, l)
		return l
	}
	for _, sample := range s.Samples {
		made := &profile.Sample{Value: sample.Values}
		for i := len(sample.Stack) - 1; i >= 0; i-- {
			if s.Frames[sample.Stack[i]].Kind != KindTarget {
				made.Location = append(made.Location, location(sample.Stack[i]))
			}
		}
		for _, l := range sample.Labels {
			if made.Label == nil {
				made.Label = map[string][]string{}
			}
			made.Label[l.Key] = append(made.Label[l.Key], l.Value)
		}
		p.Sample = append(p.Sample, made)
	}
	return p
}

// defaultMeasure is the first that has any value.
func (s *Stacks) defaultMeasure() int {
	for i, m := range s.Measures {
		if s.Total(m.Name) != 0 {
			return i
		}
	}
	return 0
}
