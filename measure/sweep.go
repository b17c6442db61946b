package measure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"starlark-memls/measurement"
)

// A Sweep is a list of builds that do not depend on each other.
type Sweep struct {
	Options
	Bazel  Bazel // OutputBase is the folder in which each job has its own
	Out    string
	Limits []int64
	Runs   int
	// Warmups are builds at the largest limit whose figures do not count:
	// they fetch external repositories and fill the system's caches.
	Warmups int
	Modes   []Mode
	// Seed shuffles the limits within each run; 0 keeps them ascending.
	Seed uint64
	// Jobs builds run at the same time.
	Jobs int
	// Shard of Shards is the part of the list that this machine builds.
	Shard, Shards int
}

// A Planned build is one entry of the list.
type Planned struct {
	Measured
	Folder string // where its measurement will lie, absolute
	Done   bool   // it lies there already
}

// Plan lists this shard's builds in the order in which they will run: the
// warm-ups first, then run by run, so that a sweep that is cut short has all
// limits once before any twice, and with the modes next to each other, so
// that a drift of the machine hits them alike.
func (s *Sweep) Plan() []Planned {
	var plan []Planned
	for _, mode := range s.Modes {
		for i := range s.Warmups {
			run := "WARMUP"
			if s.Shards > 1 || s.Warmups > 1 {
				run = fmt.Sprintf("WARMUP%d.%d", s.Shard, i+1)
			}
			plan = append(plan, s.planned(slices.Max(s.Limits), mode, run, true))
		}
	}
	at := 0
	for run := range s.Runs {
		for _, limit := range s.order(run) {
			for _, mode := range s.Modes {
				if at%max(s.Shards, 1) == s.Shard {
					plan = append(plan, s.planned(limit, mode, fmt.Sprint(run+1), false))
				}
				at++
			}
		}
	}
	return plan
}

// order is the limits of one run. It is the same on every shard and after
// every resumption, since the list must be.
func (s *Sweep) order(run int) []int64 {
	limits := slices.Clone(s.Limits)
	if s.Seed != 0 {
		rng := rand.New(rand.NewPCG(s.Seed, uint64(run)))
		rng.Shuffle(len(limits), func(i, j int) { limits[i], limits[j] = limits[j], limits[i] })
	}
	return limits
}

func (s *Sweep) planned(limit int64, mode Mode, run string, warmup bool) Planned {
	p := Planned{Measured: Measured{LimitBytes: limit, Mode: mode, Run: run, Warmup: warmup}}
	series := s.Out
	if len(s.Modes) > 1 {
		series = filepath.Join(series, string(mode))
	}
	p.Folder = filepath.Join(series, p.Name())
	_, err := os.Stat(filepath.Join(p.Folder, "measurement.json"))
	p.Done = err == nil
	return p
}

// An Event tells how a sweep is getting on.
type Event struct {
	Planned
	Number, Of int // this build's place in the plan, from 1
	// Record is nil when the build starts, and set when it has ended.
	Record *measurement.Record
	Took   time.Duration
	// Left is the time the rest will take, going by the builds so far; 0
	// before the first has ended.
	Left time.Duration
}

// Check finds what would go wrong later: a mode that the binary lacks, limits
// that the machine cannot hold, more jobs than there is room for.
func (s *Sweep) Check(b *Bazel) error {
	for _, mode := range s.Modes {
		if err := b.CheckMode(mode); err != nil {
			return err
		}
	}
	memory, largest := hostMemoryBytes(), slices.Max(s.Limits)
	if memory > 0 && largest*int64(s.Jobs) > memory {
		return fmt.Errorf("%d builds at once under -Xmx%s need more than this machine's %s; lower --memory or --jobs",
			s.Jobs, FormatLimit(largest), FormatLimit(memory>>20<<20))
	}
	return nil
}

// Run runs what of the plan is not done. It tells on events, one at a time,
// and copies the consoles to console. It ends early when the context does, or
// when the machine fails (disk full, Bazel gone); a build that fails is a
// measurement like any other.
func (s *Sweep) Run(ctx context.Context, console io.Writer, tell func(Event)) error {
	if err := os.MkdirAll(s.Out, 0o755); err != nil {
		return fmt.Errorf("making the sweep's folder: %w", err)
	}
	bazels, release, err := s.jobs(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := s.Check(bazels[0]); err != nil {
		return err
	}
	removeLeftovers(s.Out)

	run := &sweeping{Sweep: s, plan: s.Plan(), console: console, tell: tell}
	group, ctx := errgroup.WithContext(ctx)
	for _, b := range bazels {
		group.Go(func() error { return run.work(ctx, b) })
	}
	return group.Wait()
}

// jobs probes one Bazel a job, each on its own output base, locked against
// another sweep until release is called.
func (s *Sweep) jobs(ctx context.Context) (bazels []*Bazel, release func(), err error) {
	var locks []*os.File
	release = func() {
		for _, lock := range locks {
			lock.Close()
		}
	}
	for i := range max(s.Jobs, 1) {
		b := s.Bazel
		b.OutputBase = filepath.Join(s.Bazel.OutputBase, fmt.Sprintf("job%d", i+1))
		lock, err := lockOutputBase(b.OutputBase)
		if err != nil {
			release()
			return nil, nil, err
		}
		locks = append(locks, lock)
		if err := prepareOutputBase(ctx, b.OutputBase); err != nil {
			release()
			return nil, nil, err
		}
		if i > 0 { // the same binary: what it can do is known
			b.Path, b.Version, b.flags = bazels[0].Path, bazels[0].Version, bazels[0].flags
			bazels = append(bazels, &b)
			continue
		}
		probed, err := Probe(ctx, b)
		if err != nil {
			release()
			return nil, nil, err
		}
		bazels = append(bazels, probed)
	}
	return bazels, release, nil
}

// sweeping is the state that the jobs of one sweep share.
type sweeping struct {
	*Sweep
	plan    []Planned
	console io.Writer
	tell    func(Event)

	mu          sync.Mutex
	next        int
	took        time.Duration // of the builds that have ended
	ended       int
	slowestPass time.Duration
}

// take hands out the next build to do.
func (s *sweeping) take() (p Planned, number int, timeout time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.next < len(s.plan) && s.plan[s.next].Done {
		s.next++
	}
	if s.next == len(s.plan) {
		return Planned{}, 0, 0, false
	}
	p = s.plan[s.next]
	s.next++
	return p, s.next, s.timeout(), true
}

func (s *sweeping) timeout() time.Duration {
	switch {
	case s.Options.Timeout > 0:
		return s.Options.Timeout
	case s.slowestPass > 0:
		return 10 * s.slowestPass
	}
	return FirstTimeout
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
		s.event(Event{Planned: p, Number: number, Of: len(s.plan)})
		start := time.Now()
		record, err := b.Measure(ctx, s.Options, p, timeout, s.console)
		if err != nil {
			return err
		}
		s.done(p, record, number, time.Since(start))
	}
}

func (s *sweeping) done(p Planned, record measurement.Record, number int, took time.Duration) {
	s.mu.Lock()
	s.took += took
	s.ended++
	if record.Status == measurement.OK {
		s.slowestPass = max(s.slowestPass, took)
	}
	rest := 0
	for _, p := range s.plan[s.next:] {
		if !p.Done {
			rest++
		}
	}
	left := s.took / time.Duration(s.ended) * time.Duration(rest) / time.Duration(max(s.Jobs, 1))
	s.mu.Unlock()
	s.event(Event{Planned: p, Number: number, Of: len(s.plan), Record: &record, Took: took, Left: left})
}

func (s *sweeping) event(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell(e)
}

// Measure runs one build and leaves its measurement under p.Folder, whole or
// not at all.
func (b *Bazel) Measure(ctx context.Context, o Options, p Planned, timeout time.Duration, console io.Writer) (measurement.Record, error) {
	series := filepath.Dir(p.Folder)
	if err := os.MkdirAll(series, 0o755); err != nil {
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
	if err := os.Chmod(unfinished, 0o755); err != nil {
		return measurement.Record{}, err
	}
	record, err := b.run(ctx, o, p.Measured, timeout, unfinished, console)
	if err != nil {
		return record, err
	}
	if err := os.Rename(unfinished, p.Folder); err != nil {
		return record, fmt.Errorf("putting the measurement in its place: %w", err)
	}
	return record, nil
}

// roomForEvidence is what the small parts of a measurement may need.
const roomForEvidence = 256 << 20

// checkRoom refuses to start a build whose evidence would not fit.
func (b *Bazel) checkRoom(o Options, p Planned, series string) error {
	need := int64(roomForEvidence)
	if o.HeapDumps != NoHeapDumps {
		need += p.LimitBytes + p.LimitBytes/4
	}
	for _, dir := range []string{series, b.OutputBase} {
		free, err := freeBytes(dir)
		if err == nil && free < need {
			return fmt.Errorf("%s: %s free, a build under -Xmx%s may need %s; make room or use --heap-dumps none, and run the same command again",
				dir, FormatLimit(free>>20<<20), FormatLimit(p.LimitBytes), FormatLimit(need>>20<<20))
		}
	}
	return nil
}

// unfinishedPrefix names folders that are not whole: hidden, with the host
// and the process, so that another machine's are let alone.
func unfinishedPrefix(name string) string {
	host, _ := os.Hostname()
	return fmt.Sprintf(".unfinished-%s-%d-%s-", strings.ReplaceAll(host, "-", "_"), os.Getpid(), name)
}

// removeLeftovers removes what a killed sweep of this machine has left
// unfinished. What cannot be removed does no harm.
func removeLeftovers(out string) {
	host, _ := os.Hostname()
	prefix := ".unfinished-" + strings.ReplaceAll(host, "-", "_") + "-"
	for _, pattern := range []string{filepath.Join(out, prefix+"*"), filepath.Join(out, "*", prefix+"*")} {
		found, _ := filepath.Glob(pattern)
		for _, folder := range found {
			var pid int
			rest := strings.TrimPrefix(filepath.Base(folder), prefix)
			if _, err := fmt.Sscanf(rest, "%d-", &pid); err == nil && pid != os.Getpid() && !processRuns(pid) {
				_ = removeAll(folder)
			}
		}
	}
}

// ErrLocked is returned when another sweep uses the output base.
var ErrLocked = errors.New("another sweep is using it")
