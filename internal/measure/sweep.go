// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"example.invalid/starlark-memls/internal/interrupt"
	"example.invalid/starlark-memls/internal/measurement"
)

// A Sweep is a list of builds that do not depend on each other.
type Sweep struct {
	BuildOptions
	Bazel  Bazel // OutputBase is the folder in which each job has its own
	Out    string
	Limits []int64
	Runs   int
	// Warmups are builds at the largest limit whose figures do not count:
	// they fetch external repositories and fill the system's caches.
	Warmups int
	Modes   []measurement.Mode
	// Seed shuffles the limits within each run; 0 keeps them ascending.
	Seed uint64
	// Jobs builds run at the same time.
	Jobs int
	// Shard of Shards is the part of the list that this machine builds.
	Shard, Shards int
	// RetryFailed repeats builds that failed for another reason than memory.
	RetryFailed bool
}

// A SweepEvent tells how a sweep is getting on.
type SweepEvent struct {
	Planned
	Number, Of int // this build's place in the plan, from 1
	// Record is nil when the build starts, and set when it has ended.
	Record *measurement.Record
	Took   time.Duration
	// Left is the time the rest will take, going by the builds so far; 0
	// before the first has ended.
	Left time.Duration
}

// Run runs what of the plan is not done. It tells on events, one at a time,
// and copies the consoles to console. It ends early when the context does,
// when the machine fails (disk full, Bazel gone), or when every build fails
// alike; a build that fails is otherwise a measurement like any other.
func (s *Sweep) Run(ctx context.Context, console io.Writer, tell func(SweepEvent)) error {
	defer interrupt.Hold(ctx)() // for Bazel's processes to end
	if err := s.Check(); err != nil {
		return err
	}
	if err := checkWritable(s.Out); err != nil {
		return err
	}
	bazels, release, err := s.jobs(ctx)
	if err != nil {
		return err
	}
	run := newSweeping(s, console, tell)
	return also(run.all(ctx, bazels), release())
}

// One runs the first of the sweep's builds alone, and leaves its measurement in
// folder, which must not be there yet; who holds the heap at the end of a build
// that passed is kept with it.
func (s *Sweep) One(ctx context.Context, folder string, console io.Writer) (record measurement.Record, err error) {
	return s.one(ctx, folder, console, func(*Bazel, measurement.Record) error { return nil })
}

// one is One, and what is to be done before the output base is given back.
func (s *Sweep) one(ctx context.Context, folder string, console io.Writer, then func(*Bazel, measurement.Record) error) (record measurement.Record, err error) {
	if err := s.Check(); err != nil {
		return record, err
	}
	if err := checkWritable(filepath.Dir(folder)); err != nil {
		return record, err
	}
	bazels, release, err := s.jobs(ctx)
	if err != nil {
		return record, err
	}
	defer func() { err = also(err, release()) }()
	o := s.BuildOptions
	o.Retained = true
	p := Planned{Measured: Measured{LimitBytes: s.Limits[0], Mode: s.Modes[0], Run: "1"}, Folder: folder}
	timeout := o.Timeout
	if timeout == 0 {
		timeout = FirstTimeout
	}
	if record, err = bazels[0].Measure(ctx, o, p, timeout, console); err != nil {
		return record, err
	}
	return record, then(bazels[0], record)
}

// also adds to an error that of cleaning up, unless that says the same.
func also(err, cleanup error) error {
	if err != nil && cleanup != nil && err.Error() == cleanup.Error() {
		return err
	}
	return errors.Join(err, cleanup)
}

// jobs probes one Bazel a job, each on its own output base, locked against
// another sweep until release is called, which leaves no process behind.
func (s *Sweep) jobs(ctx context.Context) (bazels []*Bazel, release func() error, err error) {
	var locks []*os.File
	end := func() error {
		var errs []error
		for i, lock := range locks {
			errs = append(errs, endProcesses(context.WithoutCancel(ctx), s.outputBase(i)))
			unlock(lock)
		}
		return errors.Join(errs...)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, end())
		}
	}()
	for i := range max(s.Jobs, 1) {
		lock, err := s.lock(ctx, i)
		if err != nil {
			return nil, nil, err
		}
		if err := prepareOutputBase(ctx, s.outputBase(i)); err != nil {
			unlock(lock)
			return nil, nil, err
		}
		locks = append(locks, lock) // from here on the output base is ours
		b := s.Bazel
		b.OutputBase = s.outputBase(i)
		if i > 0 { // the same binary: what it can do is known
			b.Path, b.Version, b.flags = bazels[0].Path, bazels[0].Version, bazels[0].flags
			bazels = append(bazels, &b)
			continue
		}
		probed, err := Probe(ctx, b)
		if err != nil {
			return nil, nil, err
		}
		bazels = append(bazels, probed)
	}
	for _, mode := range s.Modes {
		if err := bazels[0].CheckMode(mode); err != nil {
			return nil, nil, err
		}
	}
	removeLeftovers(s.Out)
	return bazels, end, nil
}

// lock keeps other sweeps off a job's output base.
func (s *Sweep) lock(ctx context.Context, job int) (*os.File, error) {
	deadline := time.Now().Add(s.Bazel.patience().lock)
	for {
		file, err := lockOutputBase(s.outputBase(job))
		if !errors.Is(err, ErrLocked) || time.Now().After(deadline) {
			return file, err
		}
		if err := pause(ctx); err != nil {
			return nil, err
		}
	}
}

func (s *Sweep) outputBase(job int) string {
	return filepath.Join(s.Bazel.OutputBase, fmt.Sprintf("job%d", job+1))
}

// sweeping is the state that the jobs of one sweep share.
type sweeping struct {
	*Sweep
	plan    []Planned
	console io.Writer
	tell    func(SweepEvent)
	pace    pace

	mu   sync.Mutex
	next int
	same sameFailure
}

func newSweeping(s *Sweep, console io.Writer, tell func(SweepEvent)) *sweeping {
	run := &sweeping{Sweep: s, plan: s.Plan(), console: console, tell: tell, pace: pace{given: s.Timeout}}
	for _, p := range run.plan {
		if p.Done && p.Found != nil {
			run.pace.recall(*p.Found)
		}
	}
	return run
}

// all runs the plan with a job on each Bazel.
func (s *sweeping) all(ctx context.Context, bazels []*Bazel) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, b := range bazels {
		group.Go(func() error { return s.work(ctx, b) })
	}
	return group.Wait()
}

// take hands out the next build to do.
func (s *sweeping) take() (p Planned, number int, timeout time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ; s.next < len(s.plan); s.next++ {
		// Another machine may have done it since.
		if p := &s.plan[s.next]; !p.Done && p.Found == nil {
			p.look()
		}
		if !s.plan[s.next].Done {
			s.next++
			return s.plan[s.next-1], s.next, s.pace.timeout(), true
		}
	}
	return Planned{}, 0, 0, false
}

func (s *sweeping) work(ctx context.Context, b *Bazel) error {
	for {
		p, number, timeout, ok := s.take()
		if !ok {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		s.event(SweepEvent{Planned: p, Number: number, Of: len(s.plan)})
		start := time.Now()
		record, err := b.Measure(ctx, s.BuildOptions, p, timeout, s.console)
		if err != nil {
			return err
		}
		if err := s.done(p, record, number, time.Since(start)); err != nil {
			return err
		}
	}
}

func (s *sweeping) done(p Planned, record measurement.Record, number int, took time.Duration) error {
	s.mu.Lock()
	s.pace.add(record, took)
	rest := 0
	for _, p := range s.plan[s.next:] {
		if !p.Done {
			rest++
		}
	}
	left := s.pace.left(rest, s.Jobs)
	err := s.same.add(record, p.Folder)
	s.mu.Unlock()
	s.event(SweepEvent{Planned: p, Number: number, Of: len(s.plan), Record: &record, Took: took, Left: left})
	return err
}

func (s *sweeping) event(e SweepEvent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell(e)
}

// Measure runs one build and leaves its measurement under p.Folder, whole or
// not at all.
func (b *Bazel) Measure(ctx context.Context, o BuildOptions, p Planned, timeout time.Duration, console io.Writer) (measurement.Record, error) {
	defer interrupt.Hold(ctx)()
	series := filepath.Dir(p.Folder)
	if err := os.MkdirAll(series, 0o700); err != nil {
		return measurement.Record{}, fmt.Errorf("making the series' folder: %w", err)
	}
	if err := b.checkRoom(o, p, series); err != nil {
		return measurement.Record{}, err
	}
	unfinished, err := os.MkdirTemp(series, unfinishedPrefix(p.Name()))
	if err != nil {
		return measurement.Record{}, fmt.Errorf("making the measurement's folder: %w", err)
	}
	defer os.RemoveAll(unfinished) // after the rename there is nothing to remove
	record, err := b.run(ctx, o, p.Measured, timeout, unfinished, console)
	if err != nil {
		return record, b.orFull(err, series)
	}
	return record, place(unfinished, p)
}

// ErrLocked is returned when another sweep uses the output base.
var ErrLocked = errors.New("another sweep is using it")
