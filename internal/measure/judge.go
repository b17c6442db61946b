package measure

import (
	"context"
	"errors"

	"example.invalid/starlark-memls/internal/measure/threshold"
	"example.invalid/starlark-memls/internal/measurement"
)

// ErrNoOutcome says that no build of a series tells anything about memory.
var ErrNoOutcome = errors.New("no build passed or crashed")

// Judge says what the measurements of one mode in a folder tell about the
// limit, however they were chosen: by a sweep, a search, or both. The need is
// looked for from half of the lowest limit to twice the highest.
func Judge(ctx context.Context, out string, mode Mode) (Finding, error) {
	var found Finding
	measurements, _, err := measurement.Open(ctx, out)
	if err != nil {
		return found, err
	}
	for _, m := range measurements {
		if m.Record != nil && !m.Record.Warmup && m.Record.Mode == string(mode) {
			found.learn(*m.Record)
		}
	}
	return found.judged()
}

// JudgeTrials is Judge on outcomes that are at hand.
func JudgeTrials(trials []threshold.Trial) (Finding, error) {
	return Finding{Trials: trials}.judged()
}

func (f Finding) judged() (Finding, error) {
	if len(f.Trials) == 0 {
		return f, ErrNoOutcome
	}
	within := threshold.Range{LowBytes: f.Trials[0].LimitBytes, HighBytes: f.Trials[0].LimitBytes}
	for _, t := range f.Trials {
		within.LowBytes = min(within.LowBytes, t.LimitBytes)
		within.HighBytes = max(within.HighBytes, t.LimitBytes)
	}
	within.LowBytes, within.HighBytes = within.LowBytes/2, within.HighBytes*2
	estimate, err := threshold.New(within, f.Trials)
	f.Estimate = estimate
	return f, err
}
