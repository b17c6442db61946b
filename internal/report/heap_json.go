// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"
	"slices"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/bazel/javastack"
)

// A HeapDocument is the JSON of `heap --format json`. Like the report's it is
// added to and never changed: "threads" are as in a report's crash, "owners"
// and "findings" are those of package heap. A section that was not asked for
// or is not known is absent, an empty one is written.
type HeapDocument struct {
	*heap.Summary
	Threads   []HeapThread            `json:"threads,omitzero"`
	Findings  []heap.FindingSummary   `json:"findings,omitzero"`
	Owners    *heap.Owners            `json:"owners,omitempty"`
	Histogram []heap.HistogramSummary `json:"histogram,omitzero"`
	// Failed and Warnings are the summary's.
}

// A HeapThread is a Starlark thread with what its Java frames say of it.
type HeapThread struct {
	heap.ThreadSummary
	Statement string `json:"statement,omitempty"`
}

// NewHeapDocument makes the document of a summary, with paths relative to the
// root.
func NewHeapDocument(s *heap.Summary, o HeapOptions) HeapDocument {
	s = o.relative(s)
	d := HeapDocument{Summary: s}
	if o.Sections.Threads {
		d.Threads = []HeapThread{}
		for _, t := range s.Threads {
			d.Threads = append(d.Threads, HeapThread{t, javastack.Statement(javaFramesOf(t.Java))})
		}
	}
	if o.Sections.Owners && s.Owners != nil {
		d.Owners = o.topOwners(s.Owners)
	}
	if o.Sections.Findings && s.Owners != nil {
		d.Findings = append([]heap.FindingSummary{}, s.Findings...)
		if o.Top > 0 {
			d.Findings = d.Findings[:min(o.Top, len(d.Findings))]
		}
	}
	if o.Sections.Histogram {
		d.Histogram = append([]heap.HistogramSummary{}, s.Histogram...)
		if o.Top > 0 {
			d.Histogram = d.Histogram[:min(o.Top, len(d.Histogram))]
		}
	}
	return d
}

// WriteHeapJSON writes a heap dump's summary as JSON, indented; every row
// unless Top limits them.
func WriteHeapJSON(w io.Writer, s *heap.Summary, o HeapOptions) error {
	return encodeIndented(w, NewHeapDocument(s, o))
}

// topOwners limits the rows of each view; what was left out is one row.
func (o HeapOptions) topOwners(owners *heap.Owners) *heap.Owners {
	if o.Top > 0 {
		return owners.Top(o.Top)
	}
	whole := *owners
	whole.Cells = nil // the exports' matter: they may be a hundred times as many as rows
	return &whole
}

// relative is a copy of the summary with the places below the root relative
// to it.
func (o Options) relative(s *heap.Summary) *heap.Summary {
	if o.Root == "" {
		return s
	}
	out := *s
	out.Threads = make([]heap.ThreadSummary, len(s.Threads))
	for i, t := range s.Threads {
		frames := make([]heap.FrameSummary, len(t.Frames))
		for k, f := range t.Frames {
			f.File = o.path(f.File)
			f.Defined = o.relativePlace(f.Defined)
			frames[k] = f
		}
		t.Frames = frames
		out.Threads[i] = t
	}
	out.Findings = make([]heap.FindingSummary, len(s.Findings))
	for i, f := range s.Findings {
		f.Builder, f.Field = o.placesIn(f.Builder), o.placesIn(f.Field)
		out.Findings[i] = f
	}
	if s.Owners != nil {
		out.Owners = o.relativeOwners(s.Owners)
	}
	return &out
}

func (o Options) relativePlace(p *heap.Place) *heap.Place {
	if p == nil {
		return nil
	}
	made := *p
	made.File = o.path(p.File)
	return &made
}

func (o Options) relativeFunction(f *heap.Function) *heap.Function {
	if f == nil {
		return nil
	}
	made := *f
	made.Place = *o.relativePlace(&f.Place)
	return &made
}

func (o Options) relativeOwners(owners *heap.Owners) *heap.Owners {
	out := *owners
	out.Views = make([]heap.View, len(owners.Views))
	for i, v := range owners.Views {
		rows := make([]heap.Owner, len(v.Rows))
		for k, r := range v.Rows {
			r.Name, r.Made = o.placesIn(r.Name), o.relativePlace(r.Made)
			r.Function = o.relativeFunction(r.Function)
			r.Frames = slices.Clone(r.Frames)
			for j := range r.Frames {
				f := &r.Frames[j]
				f.Caller, f.Entry = o.relativeFunction(f.Caller), o.relativeFunction(f.Entry)
			}
			rows[k] = r
		}
		out.Views[i] = heap.View{By: v.By, Rows: rows}
	}
	return &out
}
