// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"io"

	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/threshold"
)

// A Job is a request that was checked: the sweep that it asks for, or the search.
type Job struct {
	Request Request
	Sweep   *Sweep
	Search  *Search // nil where the limits are given
}

// An Outcome is what the builds of one mode have shown, or why nothing.
type Outcome struct {
	Mode  measurement.Mode
	Found threshold.Judgement
	Err   error
}

// Run runs the builds and says what those of each mode have shown, with the
// measurements that lay there before.
func (j *Job) Run(ctx context.Context, console io.Writer, tell func(SweepEvent)) ([]Outcome, error) {
	if j.Search != nil {
		found, err := j.Search.Run(ctx, console, func(e SweepEvent, _ threshold.Judgement) { tell(e) })
		if err != nil {
			return nil, err
		}
		one := Outcome{Mode: j.Search.Mode, Found: found}
		if found.Estimate.Trials == 0 {
			one.Err = threshold.ErrNoOutcome
		}
		return []Outcome{one}, nil
	}
	if err := j.Sweep.Run(ctx, console, tell); err != nil {
		return nil, err
	}
	var all []Outcome
	for _, mode := range j.Sweep.Modes {
		found, err := threshold.Judge(ctx, j.Sweep.Out, mode)
		all = append(all, Outcome{mode, found, err})
	}
	return all, nil
}

// Planned is how many builds are planned at most, and how many of these are
// done already. What lies in the folder of a search counts when it begins.
func (j *Job) Planned() (of, done int) {
	if j.Search != nil {
		return j.Search.Budget, 0
	}
	plan := j.Sweep.Plan()
	for _, p := range plan {
		if p.Done {
			done++
		}
	}
	return len(plan), done
}

// DryRun tells what Run would do, as far as that is settled: of a search, which
// chooses each limit from the outcomes before, the next build.
func (j *Job) DryRun(ctx context.Context) ([]Command, error) {
	if j.Search != nil {
		return j.Search.DryRun(ctx)
	}
	return j.Sweep.DryRun(ctx)
}
