package trace

import (
	"cmp"
	"slices"
	"strings"
)

// A Phase is a part of the build, from one phase marker to the next. Phases
// that Bazel times itself (Launch Blaze, before the profile's start) have their
// own duration and lie beside the others.
type Phase struct {
	Name                   string // ProfilePhase.java's description
	StartMicros, EndMicros int64
	// Analysis and Execution say what the phase does. With Skymeld one phase
	// does both: "Load, analyze dependencies and build artifacts".
	Analysis, Execution bool
}

// A PhaseRecorder collects the build phase markers among the events given to
// it. Its zero value is ready for use.
type PhaseRecorder struct {
	markers []marker
	last    int64
}

type marker struct {
	name            string
	start, duration int64
	hasDuration     bool
}

// maxMarkers bounds the markers; a build has about ten.
const maxMarkers = 10_000

// Add takes any event: the end of the last phase is the latest end of all.
func (r *PhaseRecorder) Add(e *Event) {
	if e.Phase != 'X' && e.Phase != 'i' {
		return
	}
	r.last = max(r.last, e.EndMicros())
	if e.Category == CategoryPhaseMarker && len(r.markers) < maxMarkers {
		r.markers = append(r.markers, marker{e.Name, e.StartMicros, e.DurationMicros, e.HasDuration})
	}
}

// Phases are the phases by start. end is the end of the last one, or of the
// events that were added where that is later: Summary.LastMicros.
func (r *PhaseRecorder) Phases(end int64) []Phase {
	markers := slices.Clone(r.markers)
	slices.SortStableFunc(markers, func(a, b marker) int { return cmp.Compare(a.start, b.start) })
	phases := make([]Phase, 0, len(markers))
	open := -1 // the phase that the next marker ends
	for _, m := range markers {
		p := Phase{Name: m.name, StartMicros: m.start, EndMicros: m.start + m.duration}
		p.Analysis, p.Execution = phaseWork(m.name)
		if !m.hasDuration {
			if open >= 0 {
				phases[open].EndMicros = m.start
			}
			open = len(phases)
		}
		phases = append(phases, p)
	}
	if open >= 0 {
		phases[open].EndMicros = max(end, r.last, phases[open].StartMicros)
	}
	return phases
}

// phaseWork tells what a phase does by its description. The words have stood
// since Bazel 0.20; Skymeld's phase has both.
func phaseWork(name string) (analysis, execution bool) {
	name = strings.ToLower(name)
	return strings.Contains(name, "analy"), strings.Contains(name, "build artifacts")
}
