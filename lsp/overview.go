package lsp

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/measurement"
)

// MethodReportChanged is a notification of ours, with an Overview, sent after
// each change of the report to clients that ask for it by
// {"experimental": {"starlarkMemls": {"reportChanged": true}}}.
const MethodReportChanged = "starlarkMemls/reportChanged"

// An Overview is what is known at a moment, in few words: what clear and
// rescan answer, and what starlarkMemls/reportChanged says.
type Overview struct {
	Workspaces []WorkspaceOverview `json:"workspaces"`
	Crashes    []CrashOverview     `json:"crashes"` // newest first
	Suspects   []SuspectOverview   `json:"suspects"`
	// Sweep is the one that runs, or the last one.
	Sweep *SweepOverview `json:"sweep,omitempty"`
	// Plot is the path of the last picture that was drawn.
	Plot string `json:"plot,omitempty"`
}

// A WorkspaceOverview is one folder's.
type WorkspaceOverview struct {
	Root         string                `json:"root"`
	OutputBase   string                `json:"output_base,omitempty"`
	Measurements []MeasurementOverview `json:"measurements"`
	// Older are leftovers of earlier builds that can be loaded.
	Older    []MeasurementOverview `json:"older,omitempty"`
	Warnings []string              `json:"warnings,omitempty"`
}

// A MeasurementOverview is one measurement's.
type MeasurementOverview struct {
	Path     string     `json:"path"`
	Status   string     `json:"status,omitempty"`
	Ended    *time.Time `json:"ended,omitempty"`
	Crashes  int        `json:"crashes"`
	Warnings []string   `json:"warnings,omitempty"`
}

// A CrashOverview is one crash's; Frames are innermost first.
type CrashOverview struct {
	Index   int             `json:"crash"`
	Cause   string          `json:"cause"`
	Target  string          `json:"target,omitempty"`
	Time    *time.Time      `json:"time,omitempty"`
	Older   bool            `json:"older,omitempty"`
	Message string          `json:"message"`
	Places  []PlaceOverview `json:"places"`
	// Threads are the stacks that are known; none where Places are inferred.
	Threads []ThreadOverview `json:"threads,omitempty"`
}

// A PlaceOverview is a line of a source.
type PlaceOverview struct {
	URI     string `json:"uri"`
	File    string `json:"file"` // relative to the workspace
	Line    int    `json:"line"` // from 1
	Message string `json:"message"`
}

// A SuspectOverview is one suspect's.
type SuspectOverview struct {
	Rank   int             `json:"rank"`
	Name   string          `json:"name"`
	Score  float64         `json:"score"`
	Title  string          `json:"title"`
	Stale  bool            `json:"stale,omitempty"`
	Places []PlaceOverview `json:"places"` // several where it is not known which
	Lines  []LineOverview  `json:"lines,omitempty"`
}

// overview tells what a snapshot knows.
func overview(view *snapshot) *Overview {
	out := &Overview{Workspaces: []WorkspaceOverview{}, Crashes: []CrashOverview{}, Suspects: []SuspectOverview{}, Sweep: view.sweep, Plot: view.plot}
	for _, f := range view.folders {
		out.Workspaces = append(out.Workspaces, view.workspaceOverview(f))
		if f.analysis == nil {
			continue
		}
		for i := range f.analysis.report.Suspects {
			suspect := &f.analysis.report.Suspects[i]
			if suspect.Score >= view.settings.MinScore || suspect.Evidence.Positive(attribution.CrashFrames) {
				out.Suspects = append(out.Suspects, view.suspectOverview(suspect))
			}
		}
	}
	for i, c := range view.crashes() {
		one := CrashOverview{Index: i, Cause: string(c.Cause), Target: c.Target, Time: known(c.Time), Older: c.Older,
			Message: diedText(c) + ": " + causeText(c.Cause), Places: []PlaceOverview{}, Threads: view.threadOverviews(c)}
		for _, r := range stackPlaces(c) {
			one.Places = append(one.Places, view.placeOverview(r))
		}
		out.Crashes = append(out.Crashes, one)
	}
	return out
}

func (v *snapshot) workspaceOverview(f *folder) WorkspaceOverview {
	w := WorkspaceOverview{Root: f.root, Measurements: []MeasurementOverview{}}
	if f.observed != nil {
		w.OutputBase = f.observed.outputBase
		for _, o := range f.observed.all() {
			w.Measurements = append(w.Measurements, overviewOf(o))
		}
		for _, m := range f.observed.older {
			w.Older = append(w.Older, MeasurementOverview{Path: m.Path, Ended: known(m.Ended), Warnings: m.Warnings})
		}
	}
	if f.analysis != nil {
		for _, warning := range f.analysis.report.Warnings {
			w.Warnings = append(w.Warnings, warning.Message)
		}
	}
	return w
}

func overviewOf(o *attribution.Observation) MeasurementOverview {
	m := MeasurementOverview{Path: o.Summary.Path, Status: string(o.Summary.Status), Ended: known(o.Summary.Ended),
		Crashes: len(o.Crashes), Warnings: slices.Clone(o.Summary.Warnings)}
	for _, w := range o.Warnings {
		m.Warnings = append(m.Warnings, w.Message)
	}
	return m
}

func (v *snapshot) suspectOverview(s *attribution.Suspect) SuspectOverview {
	one := SuspectOverview{Rank: s.Rank, Name: s.Name, Score: s.Score, Stale: s.Stale, Places: []PlaceOverview{}, Lines: v.lineOverviews(s),
		Title: functionTitle(functionMark{suspect: s})}
	for _, d := range definitionsOf(s) {
		one.Places = append(one.Places, v.placeOverview(related{nameOf(d), d.Name}))
	}
	return one
}

func (v *snapshot) placeOverview(r related) PlaceOverview {
	at := v.location(r.place)
	return PlaceOverview{URI: string(at.URI), File: v.shortPath(r.place.path), Line: int(at.Range.Start.Line) + 1, Message: r.message}
}

func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// crashes are all folders' crashes, newest first. One folder's keep the
// order of its report, which knows more than times.
func (v *snapshot) crashes() []*attribution.Crash {
	var all []*attribution.Crash
	reports := 0
	for _, f := range v.folders {
		if f.analysis == nil || len(f.analysis.report.Crashes) == 0 {
			continue
		}
		reports++
		for i := range f.analysis.report.Crashes {
			all = append(all, &f.analysis.report.Crashes[i])
		}
	}
	if reports > 1 {
		slices.SortStableFunc(all, func(a, b *attribution.Crash) int {
			if a.Older != b.Older {
				if a.Older {
					return 1
				}
				return -1
			}
			return cmp.Compare(b.Time.UnixNano(), a.Time.UnixNano())
		})
	}
	return all
}

// crashIndex is a crash's place in that list.
func (v *snapshot) crashIndex(c *attribution.Crash) int { return max(slices.Index(v.crashes(), c), 0) }

// olderText offers a leftover of an earlier build, with its time.
func olderText(m measurement.Measurement) string {
	when := ""
	if !m.Ended.IsZero() {
		when = " of " + m.Ended.Local().Format("2 Jan 2006 15:04")
	}
	return fmt.Sprintf(" What an older build%s left is in %s; load it to see it.", when, m.Path)
}

// olderText offers the leftovers of earlier builds.
func (v *snapshot) olderText() string {
	for _, f := range v.folders {
		if f.observed == nil {
			continue
		}
		for _, m := range f.observed.older {
			return olderText(m)
		}
	}
	return ""
}
