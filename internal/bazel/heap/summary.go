// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"path/filepath"
	"time"

	"example.invalid/starlark-memls/internal/hprof"
)

// A Summary is what is worth keeping of a dump: some kilobytes, in JSON, when
// the dump is deleted. Its field names are those of the command line's
// contract. A field that is not known is absent.
type Summary struct {
	Schema  int       `json:"schema"`
	Dump    string    `json:"dump"` // the file's name, without its folder
	Written time.Time `json:"written"`
	// Layout is what sizes were estimated by.
	ReferenceBytes int                `json:"reference_bytes"`
	MeasuredLayout bool               `json:"measured_layout"` // not guessed
	Objects        int64              `json:"objects"`
	Threads        []ThreadSummary    `json:"threads"`
	Failed         *FailedSummary     `json:"failed,omitempty"`
	Owners         *Owners            `json:"owners,omitempty"`
	Findings       []FindingSummary   `json:"findings,omitempty"`
	Histogram      []HistogramSummary `json:"histogram,omitempty"`
	// LetGo: the dump was written when who had filled the heap had let go of
	// it, so that owners do not show who that was; a warning says so.
	LetGo    bool     `json:"let_go,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
	Redacted bool     `json:"redacted,omitempty"`
	// Unread says why there are no Owners, where they were left out.
	Unread string `json:"unread,omitempty"`

	path string // the whole of it, which is not told
}

// A FailedSummary is the Java thread that ran out of memory, which need not
// have run Starlark.
type FailedSummary struct {
	Name   string             `json:"name"`
	Frames []JavaFrameSummary `json:"frames"` // innermost first
}

// A JavaFrameSummary is one Java frame.
type JavaFrameSummary struct {
	Method string `json:"method"` // with its class
	Source string `json:"source,omitempty"`
}

// A ThreadSummary is a Starlark thread.
type ThreadSummary struct {
	Name   string `json:"name,omitempty"`
	Failed bool   `json:"failed"`
	// Unwinding says of a thread that did not fail first that it failed too.
	Unwinding Unwinding          `json:"unwinding,omitempty"`
	Kind      NodeKind           `json:"kind,omitempty"`
	Target    string             `json:"target,omitempty"`
	Aspect    string             `json:"aspect,omitempty"`
	Phase     string             `json:"phase,omitempty"`
	Frames    []FrameSummary     `json:"frames"`
	Java      []JavaFrameSummary `json:"java,omitempty"`
}

// A FrameSummary is a Starlark frame; Defined is where its function stands.
type FrameSummary struct {
	Function string  `json:"function"`
	File     string  `json:"file"`
	Line     int     `json:"line,omitempty"`
	Column   int     `json:"column,omitempty"`
	Defined  *Place  `json:"defined,omitempty"`
	Locals   []Local `json:"locals,omitempty"`
}

// A FindingSummary is a finding, with its preview where it was asked for.
type FindingSummary struct {
	Finding
	Preview string `json:"preview,omitempty"`
}

// A HistogramSummary is a line of the class histogram.
type HistogramSummary struct {
	Class     string `json:"class"`
	Instances int64  `json:"instances"`
	Bytes     int64  `json:"bytes"`
}

// SummaryOptions say how much a summary holds.
type SummaryOptions struct {
	// Rows bounds the rows of each view and of the histogram; 0 is all.
	// The rows for what is shared and what is Bazel's stay, and one row
	// sums up the rest, so that the columns still add up.
	Rows int
	// Previews puts the values' beginnings in. They may hold secrets.
	Previews bool
}

const (
	summarySchema  = 1
	javaFramesKept = 60
)

// Summary condenses what is known so far: without Analyze there are no owners,
// findings and retained sizes.
func (h *Dump) Summary(opts SummaryOptions) *Summary {
	layout := h.d.Layout()
	s := &Summary{Schema: summarySchema, Dump: filepath.Base(h.d.Path()), path: h.d.Path(), Written: h.d.Written().UTC(),
		ReferenceBytes: int(layout.Reference), MeasuredLayout: layout.Measured, Objects: h.d.Objects(),
		Threads: []ThreadSummary{}, Warnings: h.Warnings(), LetGo: h.letGo}
	for _, t := range h.Threads() {
		s.Threads = append(s.Threads, summarizeThread(t, opts))
	}
	if t, ok := h.FailedThread(); ok {
		s.Failed = &FailedSummary{Name: t.Name, Frames: javaFrames(t.Frames)}
	}
	for i, l := range h.d.Histogram() {
		if opts.Rows > 0 && i >= opts.Rows {
			break
		}
		s.Histogram = append(s.Histogram, HistogramSummary(l))
	}
	h.mu.Lock()
	a := h.analysis
	h.mu.Unlock()
	if a == nil {
		return s
	}
	s.Owners = a.Owners.Top(opts.Rows)
	for _, f := range a.Findings {
		fs := FindingSummary{Finding: f}
		if opts.Previews {
			fs.Preview = f.Preview
		}
		s.Findings = append(s.Findings, fs)
	}
	return s
}

func summarizeThread(t Thread, opts SummaryOptions) ThreadSummary {
	out := ThreadSummary{Name: t.Name, Failed: t.Failed, Unwinding: t.Unwinding, Kind: t.Owner.Kind, Target: t.Owner.Label, Aspect: t.Owner.Aspect, Phase: t.Phase, Java: javaFrames(t.Java)}
	for _, f := range t.Frames {
		fs := FrameSummary{Function: f.Function.Name, File: f.Place.File, Line: f.Place.Line, Column: f.Place.Column}
		switch {
		case f.Function.Builtin:
			fs.File = "<builtin>"
		case f.Function.Place.File != "":
			defined := f.Function.Place
			fs.Defined = &defined
			if fs.File == "" {
				fs.File = defined.File
			}
		}
		for _, l := range f.Locals {
			if !opts.Previews {
				l.Preview = ""
			}
			fs.Locals = append(fs.Locals, l)
		}
		out.Frames = append(out.Frames, fs)
	}
	return out
}

func javaFrames(frames []hprof.JavaFrame) []JavaFrameSummary {
	var out []JavaFrameSummary
	for _, f := range frames[:min(len(frames), javaFramesKept)] {
		out = append(out, JavaFrameSummary{Method: f.Class + "." + f.Method, Source: f.Source()})
	}
	return out
}

// Top keeps the first rows of each view, the rows that are nobody's, and the
// sum of the others.
func (o *Owners) Top(rows int) *Owners {
	if rows <= 0 {
		return o
	}
	out := *o
	out.Views, out.Cells = nil, nil
	for _, v := range o.Views {
		kept := View{By: v.By}
		rest := Owner{Kind: KindRest, Name: "all others"}
		for i, r := range v.Rows {
			if i < rows || r.Kind == KindShared || r.Kind == KindBazel || r.Kind == KindThreads {
				kept.Rows = append(kept.Rows, r)
				continue
			}
			rest.RetainedBytes += r.RetainedBytes
			rest.Objects += r.Objects
			rest.Nodes += r.Nodes
		}
		if rest.Objects > 0 {
			kept.Rows = append(kept.Rows, rest)
		}
		out.Views = append(out.Views, kept)
	}
	return &out
}

// KindRest is the row of a shortened view that sums up what was left out.
const KindRest = "rest"
