// SPDX-License-Identifier: Apache-2.0

package threshold

import (
	"context"
	"errors"

	"example.invalid/starlark-memls/internal/measurement"
)

// ErrNoOutcome says that no build of a series tells anything about memory.
var ErrNoOutcome = errors.New("no build passed or crashed")

// A Judgement is what builds have shown of the limit.
type Judgement struct {
	Estimate
	Trials []Trial
	// Ignored builds say nothing about memory: killed, or of unknown end.
	Ignored int
	// Reached: the interval is as narrow as was asked for.
	Reached bool
}

// Learn adds an outcome. A build that ran into the time limit, or whose
// server could not start, counts as a crash: it had not enough memory.
func (f *Judgement) Learn(r measurement.Record) {
	trial := Trial{LimitBytes: r.MemoryLimitBytes}
	switch {
	case r.Status == measurement.OK:
	case r.Status.Crashed(), r.Status == measurement.Timeout, measurement.NeverStarted(r):
		trial.Crashed = true
	default:
		f.Ignored++
		return
	}
	f.Trials = append(f.Trials, trial)
}

// Judge says what the measurements of one mode in a folder tell about the
// limit, however they were chosen: by a sweep, a search, or both. The need is
// looked for from half of the lowest limit to twice the highest.
func Judge(ctx context.Context, out string, mode measurement.Mode) (Judgement, error) {
	var found Judgement
	measurements, _, err := measurement.Open(ctx, out)
	if err != nil {
		return found, err
	}
	for _, m := range measurements {
		if m.Record != nil && !m.Record.Warmup && m.Record.Mode == string(mode) {
			found.Learn(*m.Record)
		}
	}
	return found.judged()
}

// JudgeTrials is Judge on outcomes that are at hand.
func JudgeTrials(trials []Trial) (Judgement, error) {
	return Judgement{Trials: trials}.judged()
}

func (f Judgement) judged() (Judgement, error) {
	if len(f.Trials) == 0 {
		return f, ErrNoOutcome
	}
	within := Range{LowBytes: f.Trials[0].LimitBytes, HighBytes: f.Trials[0].LimitBytes}
	for _, t := range f.Trials {
		within.LowBytes = min(within.LowBytes, t.LimitBytes)
		within.HighBytes = max(within.HighBytes, t.LimitBytes)
	}
	within.LowBytes, within.HighBytes = within.LowBytes/2, within.HighBytes*2
	estimate, err := New(within, f.Trials)
	f.Estimate = estimate
	return f, err
}

// Recommended is the limit to set: at which 99 % of the builds pass, taking the
// upper end of its interval, rounded up to whole steps. risk is the upper end
// of the 95 % interval of the probability that a build crashes under it.
func (f Judgement) Recommended(stepBytes int64) (limitBytes int64, risk float64) {
	step := max(stepBytes, 1)
	limitBytes = (int64(f.Safe.HighBytes) + step - 1) / step * step
	_, _, risk = f.CrashProbability(limitBytes)
	return limitBytes, risk
}

// Advice is the line for .bazelrc that sets the recommended limit.
func (f Judgement) Advice() (line string, risk float64) {
	limit, risk := f.Recommended(1 << 20)
	return "startup --host_jvm_args=-Xmx" + measurement.Limit(limit).String(), risk
}
