// SPDX-License-Identifier: Apache-2.0

package show

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/report"
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

// NewOverview tells what a snapshot knows.
func NewOverview(view *Snapshot) *Overview {
	out := &Overview{Workspaces: []WorkspaceOverview{}, Crashes: []CrashOverview{}, Suspects: []SuspectOverview{}, Sweep: view.Sweep, Plot: view.Plot}
	for _, f := range view.Folders {
		out.Workspaces = append(out.Workspaces, view.workspaceOverview(f))
		if f.Analysis == nil {
			continue
		}
		for i := range f.Analysis.Report.Suspects {
			suspect := &f.Analysis.Report.Suspects[i]
			if suspect.Score >= view.Settings.MinScore || suspect.Evidence.Positive(attribution.CrashFrames) {
				out.Suspects = append(out.Suspects, view.suspectOverview(suspect))
			}
		}
	}
	for i, c := range view.Crashes() {
		one := CrashOverview{Index: i, Cause: string(c.Cause), Target: c.Target, Time: known(c.Time), Older: c.Older,
			Message: DiedText(c) + ": " + report.CauseText(c.Cause), Places: []PlaceOverview{}, Threads: view.threadOverviews(c)}
		for _, r := range StackPlaces(c) {
			one.Places = append(one.Places, view.placeOverview(r))
		}
		out.Crashes = append(out.Crashes, one)
	}
	return out
}

func (v *Snapshot) workspaceOverview(f *Folder) WorkspaceOverview {
	w := WorkspaceOverview{Root: f.Root, Measurements: []MeasurementOverview{}}
	if f.Observed != nil {
		w.OutputBase = f.Observed.OutputBase
		for _, o := range f.Observed.All() {
			w.Measurements = append(w.Measurements, MeasurementOverviewOf(o))
		}
		for _, m := range f.Observed.Older {
			w.Older = append(w.Older, MeasurementOverview{Path: m.Path, Ended: known(m.Ended), Warnings: m.Warnings})
		}
	}
	if f.Analysis != nil {
		for _, warning := range f.Analysis.Report.Warnings {
			w.Warnings = append(w.Warnings, warning.Message)
		}
	}
	return w
}

func MeasurementOverviewOf(o *observe.Observation) MeasurementOverview {
	m := MeasurementOverview{Path: o.Summary.Path, Status: string(o.Summary.Status), Ended: known(o.Summary.Ended),
		Crashes: len(o.Crashes), Warnings: slices.Clone(o.Summary.Warnings)}
	for _, w := range o.Warnings {
		m.Warnings = append(m.Warnings, w.Message)
	}
	return m
}

func (v *Snapshot) suspectOverview(s *attribution.Suspect) SuspectOverview {
	one := SuspectOverview{Rank: s.Rank, Name: s.Name, Score: s.Score, Stale: s.Stale, Places: []PlaceOverview{}, Lines: v.lineOverviews(s),
		Title: FunctionTitle(functionAnnotation{Suspect: s})}
	for _, d := range definitionsOf(s) {
		one.Places = append(one.Places, v.placeOverview(relatedPlace{nameOf(d), d.Name}))
	}
	return one
}

func (v *Snapshot) placeOverview(r relatedPlace) PlaceOverview {
	at := v.Location(r.Place)
	return PlaceOverview{URI: string(at.URI), File: v.ShortPath(r.Place.Path), Line: int(at.Range.Start.Line) + 1, Message: r.message}
}

func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Crashes are all folders' crashes, newest first. One folder's keep the
// order of its report, which knows more than times.
func (v *Snapshot) Crashes() []*attribution.Crash {
	var all []*attribution.Crash
	reports := 0
	for _, f := range v.Folders {
		if f.Analysis == nil || len(f.Analysis.Report.Crashes) == 0 {
			continue
		}
		reports++
		for i := range f.Analysis.Report.Crashes {
			all = append(all, &f.Analysis.Report.Crashes[i])
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

// CrashIndex is a crash's place in that list.
func (v *Snapshot) CrashIndex(c *attribution.Crash) int { return max(slices.Index(v.Crashes(), c), 0) }

// OlderText offers a leftover of an earlier build, with its time.
func OlderText(m measurement.Measurement) string {
	when := ""
	if !m.Ended.IsZero() {
		when = " of " + m.Ended.Local().Format("2 Jan 2006 15:04")
	}
	return fmt.Sprintf(" What an older build%s left is in %s; load it to see it.", when, m.Path)
}

// OlderText offers the leftovers of earlier builds.
func (v *Snapshot) OlderText() string {
	for _, f := range v.Folders {
		if f.Observed == nil {
			continue
		}
		for _, m := range f.Observed.Older {
			return OlderText(m)
		}
	}
	return ""
}
