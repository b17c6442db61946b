// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"cmp"
	"slices"
)

// A Phase is a part of the build, from one phase marker to the next. Phases
// that Bazel times itself (Launch Blaze, before the profile's start) have their
// own duration and lie beside the others.
type Phase struct {
	Name string // ProfilePhase.java's description
	Span
}

// A PhaseRecorder collects the build phase markers among the events given to
// it. Its zero value is ready for use.
type PhaseRecorder struct{ markers []marker }

type marker struct {
	Phase
	timed bool
}

// maxMarkers bounds the markers; a build has about ten.
const maxMarkers = 10_000

// Add records e if it is a phase's beginning, and ignores it otherwise.
func (r *PhaseRecorder) Add(e *Event) {
	if e.Category == CategoryPhaseMarker && (e.Phase == 'X' || e.Phase == 'i') && len(r.markers) < maxMarkers {
		r.markers = append(r.markers, marker{Phase{e.Name, e.Span()}, e.HasDuration})
	}
}

// Phases are the phases by start. end is the end of the last one:
// Summary.LastMicros.
func (r *PhaseRecorder) Phases(end int64) []Phase {
	markers := slices.Clone(r.markers)
	slices.SortStableFunc(markers, func(a, b marker) int { return cmp.Compare(a.Start, b.Start) })
	phases := make([]Phase, 0, len(markers))
	open := -1 // the phase that the next marker ends
	for _, m := range markers {
		if !m.timed {
			if open >= 0 {
				phases[open].End = m.Start
			}
			open = len(phases)
		}
		phases = append(phases, m.Phase)
	}
	if open >= 0 {
		phases[open].End = max(end, phases[open].Start)
	}
	return phases
}
