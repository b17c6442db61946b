// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"time"

	"example.invalid/starlark-memls/internal/bazel/server"
	"example.invalid/starlark-memls/internal/gauge"
)

// sampleEvery is how often the counters are read: 0.05 ms of work each time.
const sampleEvery = 100 * time.Millisecond

// WatchOptions say what to watch, and what to do about it.
type WatchOptions struct {
	// OutputBase finds the output base of the server to watch. It is asked
	// again as long as there is none: a first build makes it.
	OutputBase func() (string, error)
	// Command is run, and watched while it runs; nil: the server is watched
	// until it ends, or ctx.
	Command *exec.Cmd
	// Awaited: there is a command that somebody else runs; a server that is
	// not there yet, or ends, is no end.
	Awaited bool
	// Resting is how often an idle server is looked at, or whether there is
	// one; 0: as often as one that works. For who looks all day.
	Resting time.Duration
	// Record begins a recording of a server; nil: none is kept.
	Record func(gauge.Header) (*gauge.Recorder, error)
	// DumpAt says when the server is asked for its heap.
	DumpAt DumpAt
	// Dump asks it. It is called once at most, in a goroutine of its own.
	Dump func(context.Context, *server.Server, gauge.Reading)
	// Found is called with each server that is found: once as a rule, again
	// when Bazel restarts it.
	Found func(context.Context, *server.Server)
	// Show is called with each sample's reading.
	Show func(gauge.Reading)
	// Notice is told what went wrong and is no reason to stop: a server
	// without counters.
	Notice func(error)

	rules gauge.Rules // the zero value: the default ones
}

// An Observed is what was seen.
type Observed struct {
	gauge.BuildSummary
	// ExitCode is the command's; 128 and the signal's number where one
	// ended it.
	ExitCode int
	// PID is the last server's; 0: none was found.
	PID int
}

// A DumpAt says when a server is to be asked for its heap.
type DumpAt struct {
	Dying bool
	// Share of the limit that a collection left in use, 0 to 1; 0: no such
	// limit.
	Share float64
}

func (d DumpAt) due(r gauge.Reading) bool {
	switch {
	case d.Share > 0 && r.LimitBytes > 0 && float64(r.AfterBytes) >= d.Share*float64(r.LimitBytes):
		return true
	case d.Share > 0, d.Dying: // who waits for a share wants it before it is too late
		return r.State == gauge.Dying
	}
	return false
}

// A watcher is one call of Run.
type watcher struct {
	WatchOptions
	gauge    *gauge.Gauge
	source   *Source
	recorder *gauge.Recorder
	result   Observed
	last     gauge.Sample
	state    gauge.State
	looked   time.Time
	began    time.Time
	noticed  map[string]bool
	// bare is a server without counters, seen first at bareSince.
	bare      int
	bareSince time.Time
	dumped    bool
	dumping   sync.WaitGroup
}

// Run watches until the command has ended (without one, until the server has or
// ctx is done). A command is not ended with ctx: who cancels it signals it.
func Run(ctx context.Context, o WatchOptions) (Observed, error) {
	if o.rules == (gauge.Rules{}) {
		o.rules = gauge.DefaultRules()
	}
	w := &watcher{WatchOptions: o, gauge: gauge.New(o.rules), noticed: map[string]bool{}, began: time.Now()}
	defer w.close()
	var ended <-chan error
	if o.Command != nil {
		if err := o.Command.Start(); err != nil {
			return w.result, fmt.Errorf("starting the command: %w", err)
		}
		wait := make(chan error, 1)
		go func() { wait <- o.Command.Wait() }()
		ended, ctx = wait, context.WithoutCancel(ctx)
	}
	return w.follow(ctx, ended)
}

func (w *watcher) follow(ctx context.Context, ended <-chan error) (Observed, error) {
	tick := time.NewTimer(0)
	defer tick.Stop()
	for {
		gone := w.look(ctx, time.Now())
		tick.Reset(w.pause())
		if gone && ended == nil && !w.Awaited {
			return w.finish(nil)
		}
		select {
		case err := <-ended:
			w.settle(ctx)
			return w.finish(err)
		case <-ctx.Done():
			if w.Awaited {
				w.look(ctx, time.Now())
			}
			return w.finish(nil)
		case <-tick.C:
		}
	}
}

// pause is how long it is until the next sample.
func (w *watcher) pause() time.Duration {
	if w.Resting > 0 && (w.source == nil || !w.last.Working && w.state == gauge.Idle) {
		return w.Resting
	}
	return sampleEvery
}

// look takes one sample; gone says that the server has just gone.
func (w *watcher) look(ctx context.Context, now time.Time) (gone bool) {
	if w.source == nil && !w.find(ctx, now) {
		return false
	}
	sample, running, err := w.source.Sample(now)
	if err != nil {
		w.notice(err)
	}
	if sample.Sample != w.last.Sample && err == nil {
		w.gauge.Moved(now)
	}
	if err == nil && sample.LimitBytes > 0 {
		w.take(ctx, sample)
	}
	if running {
		return false
	}
	w.gone(now)
	return true
}

// take judges a sample, shows it, and does what is due.
func (w *watcher) take(ctx context.Context, sample gauge.Sample) {
	w.last = sample
	if w.recorder != nil {
		if err := w.recorder.Add(sample); err != nil {
			w.notice(err)
			w.recorder = nil
		}
	}
	r := w.gauge.Add(sample)
	w.state = r.State
	if w.Show != nil {
		w.Show(r)
	}
	if w.Dump != nil && !w.dumped && w.DumpAt.due(r) {
		w.dumped = true
		s := w.source.Server
		w.dumping.Go(func() { w.Dump(ctx, s, r) })
	}
}

// gone notes the server's end. Another one may take its place.
func (w *watcher) gone(now time.Time) {
	if w.recorder != nil {
		if err := w.recorder.Gone(now); err != nil {
			w.notice(err)
		}
		w.recorder = nil
	}
	if r := w.gauge.Gone(now); w.Show != nil {
		w.Show(r)
	}
	w.source.Close()
	w.source = nil
}

// How often a server is looked for: soon after the start, for that is when one
// comes, and more rarely later.
const (
	findEarly = 100 * time.Millisecond
	findLate  = time.Second
	early     = 30 * time.Second
	starting  = 3 * time.Second
)

// find looks for a server with counters.
func (w *watcher) find(ctx context.Context, now time.Time) bool {
	every := findLate
	if now.Sub(w.began) < early {
		every = findEarly
	}
	if now.Sub(w.looked) < every {
		return false
	}
	w.looked = now
	dir, err := w.OutputBase()
	if err != nil {
		w.missing(err)
		return false
	}
	s, err := server.Find(dir)
	if err != nil {
		w.missing(err)
		return false
	}
	source, err := Open(s)
	if err != nil {
		// A server that is starting has none yet.
		if s.PID != w.bare {
			w.bare, w.bareSince = s.PID, now
		}
		if now.Sub(w.bareSince) > starting {
			w.notice(err)
		}
		return false
	}
	header, err := source.Header(now)
	if err != nil { // it is starting
		source.Close()
		return false
	}
	w.found(ctx, source, header)
	return true
}

// missing tells of a server that is not there, unless one is about to come.
func (w *watcher) missing(err error) {
	if w.Awaited {
		return
	}
	if w.Command == nil || !errors.Is(err, server.ErrNone) {
		var impostor *server.ImpostorError
		if w.Command == nil || errors.As(err, &impostor) && time.Since(w.began) > early {
			w.notice(err)
		}
	}
}

func (w *watcher) found(ctx context.Context, source *Source, header gauge.Header) {
	if w.result.PID != 0 && w.result.PID != source.Server.PID {
		// What the last one did is not this one's.
		w.gauge = gauge.New(w.rules)
	}
	w.source, w.result.PID = source, source.Server.PID
	if w.Record != nil {
		recorder, err := w.Record(header)
		if err != nil {
			w.notice(err)
		}
		w.recorder = recorder
	}
	if w.Found != nil {
		w.Found(ctx, source.Server)
	}
}

// notice tells each thing once.
func (w *watcher) notice(err error) {
	if w.Notice != nil && !w.noticed[err.Error()] {
		w.noticed[err.Error()] = true
		w.Notice(err)
	}
}

// settling is how long a server may take to be gone after its client, which
// tells of a crash before the process has ended.
const settling = 2 * time.Second

// Exit codes of a client whose server crashed (ExitCode.java).
const (
	oomError      = 33
	internalError = 37
)

// settle takes the last sample, and waits for a server that crashed to end.
func (w *watcher) settle(ctx context.Context) {
	if w.source == nil {
		return
	}
	code := exitCode(w.Command)
	until := time.Now()
	if code == oomError || code == internalError {
		until = until.Add(settling)
	}
	for {
		if w.look(ctx, time.Now()) || !time.Now().Before(until) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// finish waits for a dump that is under way.
func (w *watcher) finish(err error) (Observed, error) {
	w.dumping.Wait()
	w.result.BuildSummary = w.gauge.Summary()
	if w.Command != nil {
		w.result.ExitCode = exitCode(w.Command)
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			return w.result, fmt.Errorf("running the command: %w", err)
		}
	}
	return w.result, nil
}

func (w *watcher) close() {
	w.dumping.Wait()
	if w.source != nil {
		w.source.Close()
	}
}
