// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"context"
	"maps"
	"slices"
	"time"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/join"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/starlark"
)

// ConcludeOptions tell Conclude what it cannot find out by itself.
type ConcludeOptions struct {
	// Warnings are the caller's, about paths that gave no observation.
	Warnings []observe.Warning
	// Older is the caller's to know: a crash before the last build.
	Older *OlderCrash
	// Modified tells when a source was last written, the zero time if that
	// cannot be told; nil asks the file system.
	Modified func(path string) time.Time
	// Earlier is the report before this one, or nil. What it was concluded
	// from (these very observations, not others of the same files) is not
	// added up again, so that one more costs what it costs alone, and so does
	// one in the place of the one that was added last. A report that has
	// nothing in common is no help, and does no harm.
	Earlier *Report
}

// Conclude joins observations with a snapshot of the workspace (nil: none) and
// ranks. The report does not depend on the order of the observations. Of the
// sources it asks when they were written, and reads none. A done ctx gives a report of the measurements alone.
func Conclude(ctx context.Context, observations []*observe.Observation, ws *starlark.Workspace, opts ConcludeOptions) *Report {
	known := observe.Joins{}
	if e := opts.Earlier.evidence(); e != nil && e.Joins != nil {
		known = maps.Clone(e.Joins) // the earlier report may be in use elsewhere
	}
	observations, joined := known.OneEach(observations)
	b := aggregate.Grow(opts.Earlier.evidence(), observations)
	b.Warnings = append(slices.Clone(opts.Warnings), joined...)
	b.Joins = known
	if ctx.Err() != nil {
		return &Report{Workspace: ws, Measurements: b.Summaries, observed: b}
	}
	r := judged(join.New(b, ws, nil, join.EditedSince(b, ws, opts.Modified)))
	r.Older = opts.Older
	return r
}

// evidence is what the report was concluded from.
func (r *Report) evidence() *aggregate.Statistics {
	if r == nil {
		return nil
	}
	return r.observed
}

// Rebase joins the evidence of an earlier report with the next snapshot of the
// workspace: evidence follows its functions, is marked stale where they were
// edited and dropped where they are gone. It reads no file and is cheap enough
// for every edit. The old report is not changed. A nil next, or a report that
// no Conclude made, gives the old report.
func Rebase(old *Report, next *starlark.Workspace) *Report {
	if old == nil || next == nil || old.observed == nil || old.Workspace == next {
		return old
	}
	r := judged(join.New(old.observed, next, old.anchors, nil))
	r.Older = old.Older
	return r
}

// A judge weighs what was joined.
type judge struct{ *join.Joined }

// judged ranks and makes the report.
func judged(joined *join.Joined) *Report {
	j, b := &judge{joined}, joined.Observed
	suspects := j.suspects()
	r := &Report{
		Measurements: b.Summaries,
		Suspects:     suspects,
		Surer:        j.surer(suspects),
		Decides:      j.decides(),
		Worth:        j.worth(),
		Rules:        j.Rules,
		Held:         j.Lines,
		Restarted:    b.RestartedPackages(),
		Refetched:    b.RestartedRepositories(),
		Reevaluated:  b.Reevaluated(),
		Concurrent:   b.Concurrent[:min(len(b.Concurrent), aggregate.KeptConcurrent)],
		Warnings:     b.ReportWarnings(),
		Workspace:    j.Workspace,
		observed:     b,
		anchors:      j.Anchors(),
	}
	for _, c := range j.Crashes {
		r.Crashes = append(r.Crashes, Crash{Crash: c})
	}
	j.infer(r)
	return r
}
