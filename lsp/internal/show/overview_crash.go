// SPDX-License-Identifier: Apache-2.0

package show

import (
	"cmp"

	"example.invalid/starlark-memls/attribution"
)

// A ThreadOverview is one Starlark stack of a crash.
type ThreadOverview struct {
	Name   string `json:"name,omitempty"`
	Failed bool   `json:"failed,omitempty"`
	Target string `json:"target,omitempty"` // what was under evaluation
	Source string `json:"source,omitempty"` // console, failure_detail, heap_dump
	// Frames are innermost first.
	Frames []FrameOverview `json:"frames"`
}

// A FrameOverview is one frame; Place is missing for a builtin and for a file
// that is not in the workspace.
type FrameOverview struct {
	Function string          `json:"function"`
	Place    *PlaceOverview  `json:"place,omitempty"`
	Printed  string          `json:"printed,omitempty"` // the file as Bazel printed it
	Locals   []LocalOverview `json:"locals,omitempty"`
}

// A LocalOverview is one variable, without its value: values may be secret.
type LocalOverview struct {
	Name          string `json:"name"`
	Type          string `json:"type,omitempty"`
	Length        *int64 `json:"length,omitempty"`
	ShallowBytes  int64  `json:"shallow_bytes,omitempty"`
	RetainedBytes *int64 `json:"retained_bytes,omitempty"`
}

// A LineOverview is what is known of one line of a suspect.
type LineOverview struct {
	URI            string `json:"uri"`
	Line           int    `json:"line"` // from 1
	CrashFrames    int    `json:"crash_frames,omitempty"`
	AllocatedBytes int64  `json:"allocated_bytes,omitempty"`
}

// An overview goes over the wire after each change: a heap dump's hundreds of
// threads, or a recursion's thousands of frames, must not.
const (
	maxOverviewThreads = 40
	maxOverviewFrames  = 60
	maxOverviewLocals  = 30
)

// threadOverviews are a crash's stacks, those that failed first.
func (v *Snapshot) threadOverviews(c *attribution.Crash) []ThreadOverview {
	var failed, others []ThreadOverview
	for i := range c.Threads {
		t := &c.Threads[i]
		if len(t.Frames) == 0 {
			continue
		}
		one := ThreadOverview{Name: t.Name, Failed: t.Failed, Target: t.Target, Source: t.Source}
		for j := range t.Frames[:min(len(t.Frames), maxOverviewFrames)] {
			one.Frames = append(one.Frames, v.frameOverview(&t.Frames[j]))
		}
		if t.Failed {
			failed = append(failed, one)
		} else {
			others = append(others, one)
		}
	}
	all := append(failed, others...)
	return all[:min(len(all), maxOverviewThreads)]
}

func (v *Snapshot) frameOverview(f *attribution.Frame) FrameOverview {
	one := FrameOverview{Function: f.Function, Printed: f.File}
	if at, ok := placeOf(f); ok {
		place := v.placeOverview(relatedPlace{at, frameText(f, "")})
		one.Place = &place
	}
	for _, l := range f.Locals[:min(len(f.Locals), maxOverviewLocals)] {
		one.Locals = append(one.Locals, LocalOverview{l.Name, l.Type, l.Length, l.ShallowBytes, cmp.Or(l.RetainedBytes, l.LetGoBytes)})
	}
	return one
}

// lineOverviews are a suspect's lines, where its file is known.
func (v *Snapshot) lineOverviews(s *attribution.Suspect) []LineOverview {
	if s.Definition == nil {
		return nil
	}
	var all []LineOverview
	for _, e := range s.Lines {
		if e.Line > 0 && (e.CrashFrames > 0 || e.AllocatedBytes > 0) {
			at := v.placeOverview(relatedPlace{Place: SourceLine{Path: s.Definition.File, Line: e.Line - 1}})
			all = append(all, LineOverview{at.URI, at.Line, e.CrashFrames, e.AllocatedBytes})
		}
	}
	return all
}
