package measure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"example.invalid/starlark-memls/internal/measure/threshold"
	"example.invalid/starlark-memls/internal/measurement"
)

// A Search looks for the memory limit that a build needs, choosing each limit
// from the outcomes so far.
type Search struct {
	Options
	Bazel Bazel
	Out   string
	Mode  Mode
	// Range is where to look; Step is what limits are rounded to.
	Range     threshold.Range
	StepBytes int64
	// Precision is the relative half-width of the interval at which the
	// search stops, Budget the number of builds at which it does anyway.
	Precision float64
	Budget    int
}

// A Finding is what a search has found so far.
type Finding struct {
	threshold.Estimate
	Trials []threshold.Trial
	// Ignored builds say nothing about memory: killed, or of unknown end.
	Ignored int
	// Reached: the interval is as narrow as was asked for.
	Reached bool
}

// OtherFailureError says that the build fails whatever the limit is.
type OtherFailureError struct {
	Folder     string
	FirstError string
}

func (e *OtherFailureError) Error() string {
	what := e.FirstError
	if what == "" {
		what = "see the console there"
	}
	return fmt.Sprintf("%s: the build fails for another reason than memory: %s", e.Folder, what)
}

// Run builds until the precision or the budget is reached. Measurements of an
// earlier search, or of a sweep, in the same folder count, so a search that
// was stopped goes on where it was.
func (s *Search) Run(ctx context.Context, console io.Writer, tell func(Event, Finding)) (Finding, error) {
	if err := s.Check(); err != nil {
		return Finding{}, err
	}
	sweep := s.sweep()
	if err := checkWritable(s.Out); err != nil {
		return Finding{}, err
	}
	bazels, release, err := sweep.jobs(ctx)
	if err != nil {
		return Finding{}, err
	}
	found, err := s.search(ctx, bazels[0], console, tell)
	return found, also(err, release())
}

// Check finds what would go wrong later, without a Bazel, as Sweep.Check does.
func (s *Search) Check() error {
	if s.Range.LowBytes <= 0 || s.Range.HighBytes <= s.Range.LowBytes {
		return fmt.Errorf("%w: a search needs a span of limits, such as 200m,1g", threshold.ErrRange)
	}
	return s.sweep().Check()
}

// sweep is the search as a sweep of its highest limit: what has to be checked
// and prepared is the same.
func (s *Search) sweep() *Sweep {
	return &Sweep{Options: s.Options, Bazel: s.Bazel, Out: s.Out,
		Limits: []int64{s.Range.HighBytes}, Modes: []Mode{s.Mode}, Runs: 1, Jobs: 1}
}

func (s *Search) search(ctx context.Context, b *Bazel, console io.Writer, tell func(Event, Finding)) (Finding, error) {
	pace := pace{given: s.Timeout}
	found, err := s.resume(ctx, &pace)
	if err != nil {
		return found, err
	}
	for !found.Reached && len(found.Trials)+found.Ignored < s.Budget {
		if err := ctx.Err(); err != nil {
			return found, err
		}
		p, err := s.next(found)
		if err != nil {
			return found, err
		}
		event := Event{Planned: p, Number: len(found.Trials) + found.Ignored + 1, Of: s.Budget}
		tell(event, found)
		start := time.Now()
		record, err := b.Measure(ctx, s.Options, p, pace.timeout(), console)
		if err != nil {
			return found, err
		}
		event.Record, event.Took = &record, time.Since(start)
		pace.add(record, event.Took)
		event.Left = pace.left(s.Budget-event.Number, 1)
		if record.Status == measurement.Failed && !NeverStarted(record) {
			return found, &OtherFailureError{Folder: p.Folder, FirstError: record.FirstError}
		}
		found.learn(record)
		if err := s.estimate(&found); err != nil {
			return found, err
		}
		tell(event, found)
	}
	return found, nil
}

// next chooses a limit and the first run number at it that is free.
func (s *Search) next(found Finding) (Planned, error) {
	limit := found.Next(s.StepBytes)
	for run := 1; ; run++ {
		m := Measured{LimitBytes: limit, Mode: s.Mode, Run: fmt.Sprint(run)}
		folder := filepath.Join(s.Out, m.Name())
		_, err := os.Lstat(folder)
		if errors.Is(err, fs.ErrNotExist) {
			return Planned{Measured: m, Folder: folder}, nil
		}
		if err != nil {
			return Planned{}, fmt.Errorf("looking for a free run of %s: %w", FormatLimit(limit), err)
		}
	}
}

// resume learns from the measurements that already lie in the folder. A build
// that failed there for another reason may have been mended since.
func (s *Search) resume(ctx context.Context, pace *pace) (Finding, error) {
	var found Finding
	measurements, _, err := measurement.Open(ctx, s.Out)
	if err != nil && ctx.Err() != nil {
		return found, err
	}
	for _, m := range measurements {
		if m.Record == nil || m.Record.Warmup || m.Record.Mode != string(s.Mode) {
			continue
		}
		p := Planned{Measured: Measured{Mode: s.Mode}, Folder: m.Path, Found: m.Record}
		if err := p.mismatch(s.Args); err != nil {
			return found, err
		}
		pace.recall(*m.Record)
		if m.Record.Status != measurement.Failed || NeverStarted(*m.Record) {
			found.learn(*m.Record)
		}
	}
	return found, s.estimate(&found)
}

// learn adds an outcome. A build that ran into the time limit, or whose
// server could not start, counts as a crash: it had not enough memory.
func (f *Finding) learn(r measurement.Record) {
	trial := threshold.Trial{LimitBytes: r.MemoryLimitBytes}
	switch {
	case r.Status == measurement.OK:
	case r.Status.Crashed(), r.Status == measurement.Timeout, NeverStarted(r):
		trial.Crashed = true
	default:
		f.Ignored++
		return
	}
	f.Trials = append(f.Trials, trial)
}

func (s *Search) estimate(found *Finding) error {
	estimate, err := threshold.New(s.Range, found.Trials)
	if err != nil {
		return err
	}
	found.Estimate = estimate
	found.Reached = estimate.Reached(s.Precision)
	return nil
}

// Recommended is the limit to set: at which 99 % of the builds pass, taking the
// upper end of its interval, rounded up to whole steps. risk is the upper end
// of the 95 % interval of the probability that a build crashes under it.
func (f Finding) Recommended(stepBytes int64) (limitBytes int64, risk float64) {
	step := max(stepBytes, 1)
	limitBytes = (int64(f.Safe.HighBytes) + step - 1) / step * step
	_, _, risk = f.CrashProbability(limitBytes)
	return limitBytes, risk
}

// Advice is the line for .bazelrc that sets the recommended limit.
func (f Finding) Advice() (line string, risk float64) {
	limit, risk := f.Recommended(1 << 20)
	return "startup --host_jvm_args=-Xmx" + FormatLimit(limit), risk
}
