// SPDX-License-Identifier: Apache-2.0

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

	"example.invalid/starlark-memls/internal/interrupt"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/threshold"
)

// A Search looks for the memory limit that a build needs, choosing each limit
// from the outcomes so far.
type Search struct {
	BuildOptions
	Bazel Bazel
	Out   string
	Mode  measurement.Mode
	// Range is where to look; Step is what limits are rounded to.
	Range     threshold.Range
	StepBytes int64
	// Precision is the relative half-width of the interval at which the
	// search stops, Budget the number of builds at which it does anyway.
	Precision float64
	Budget    int
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
func (s *Search) Run(ctx context.Context, console io.Writer, tell func(SweepEvent, threshold.Judgement)) (threshold.Judgement, error) {
	defer interrupt.Hold(ctx)() // for Bazel's processes to end
	if err := s.Check(); err != nil {
		return threshold.Judgement{}, err
	}
	sweep := s.sweep()
	if err := checkWritable(s.Out); err != nil {
		return threshold.Judgement{}, err
	}
	bazels, release, err := sweep.jobs(ctx)
	if err != nil {
		return threshold.Judgement{}, err
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
	return &Sweep{BuildOptions: s.BuildOptions, Bazel: s.Bazel, Out: s.Out,
		Limits: []int64{s.Range.HighBytes}, Modes: []measurement.Mode{s.Mode}, Runs: 1, Jobs: 1}
}

func (s *Search) search(ctx context.Context, b *Bazel, console io.Writer, tell func(SweepEvent, threshold.Judgement)) (threshold.Judgement, error) {
	pace := pace{given: s.Timeout}
	var foreseen foreseen
	found, err := s.resume(ctx, &pace, &foreseen)
	if err != nil {
		return found, err
	}
	for !s.ended(found) {
		if err := ctx.Err(); err != nil {
			return found, err
		}
		p, err := s.next(found, foreseen)
		if err != nil {
			return found, err
		}
		event := SweepEvent{Planned: p, Number: len(found.Trials) + found.Ignored + 1, Of: s.Budget}
		tell(event, found)
		start := time.Now()
		record, err := b.Measure(ctx, s.BuildOptions, p, pace.timeout(), console)
		if err != nil {
			return found, err
		}
		event.Record, event.Took = &record, time.Since(start)
		pace.add(record, event.Took)
		event.Left = pace.left(s.Budget-event.Number, 1)
		if record.Status == measurement.Failed && !measurement.NeverStarted(record) {
			return found, &OtherFailureError{Folder: p.Folder, FirstError: record.FirstError}
		}
		found.Learn(record)
		foreseen.learn(record)
		if err := s.estimate(&found); err != nil {
			return found, err
		}
		tell(event, found)
	}
	return found, nil
}

// ended reports whether nothing more is to be built.
func (s *Search) ended(found threshold.Judgement) bool {
	return found.Reached || len(found.Trials)+found.Ignored >= s.Budget
}

// next chooses a limit and the first run number at it that is free.
func (s *Search) next(found threshold.Judgement, foreseen foreseen) (Planned, error) {
	limit := found.Next(s.StepBytes)
	if first, ok := foreseen.limit(s.Range, s.StepBytes); ok {
		limit = first
	}
	for run := 1; ; run++ {
		m := Measured{LimitBytes: limit, Mode: s.Mode, Run: fmt.Sprint(run)}
		folder := filepath.Join(s.Out, m.Name())
		_, err := os.Lstat(folder)
		if errors.Is(err, fs.ErrNotExist) {
			return Planned{Measured: m, Folder: folder}, nil
		}
		if err != nil {
			return Planned{}, fmt.Errorf("looking for a free run of %s: %w", measurement.Limit(limit), err)
		}
	}
}

// resume learns from the measurements that already lie in the folder. A build
// that failed there for another reason may have been mended since.
func (s *Search) resume(ctx context.Context, pace *pace, foreseen *foreseen) (threshold.Judgement, error) {
	var found threshold.Judgement
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
		if m.Record.Status != measurement.Failed || measurement.NeverStarted(*m.Record) {
			found.Learn(*m.Record)
			foreseen.learn(*m.Record)
		}
	}
	return found, s.estimate(&found)
}

func (s *Search) estimate(found *threshold.Judgement) error {
	estimate, err := threshold.New(s.Range, found.Trials)
	if err != nil {
		return err
	}
	found.Estimate = estimate
	found.Reached = estimate.Reached(s.Precision)
	return nil
}
