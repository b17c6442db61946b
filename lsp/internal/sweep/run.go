// SPDX-License-Identifier: Apache-2.0

package sweep

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/internal/measure"
	"example.invalid/starlark-memls/lsp/internal/session"
	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/internal/wire"
)

// A sweep in the editor.
//
// It is a job of the background: when the server ends, it is interrupted as
// by Ctrl-C and the server waits for it, so no Bazel outlives the editor. (A
// server that is killed leaves at most one Bazel, which the next sweep ends.)
// Between two builds the measurement that has just landed is read and joined
// with the folder's evidence, and the lenses are refreshed: not while the next
// build runs, whose time is measured.

// Runner runs the sweeps of a session, one at a time.
type Runner struct {
	*session.Session
	pages *show.Pages
}

func NewRunner(s *session.Session, pages *show.Pages) *Runner { return &Runner{s, pages} }

// sweepKey is the sweep's among the background's jobs: there is one.
const sweepKey = "sweep"

// run is one sweep that runs.
type run struct {
	*Runner
	*job
	progress *wire.Progress
}

// Start begins a sweep unless one is running.
func (s *Runner) Start(job *job) (*show.SweepOverview, error) {
	of, done := job.Planned()
	first := &show.SweepOverview{Command: job.command(), State: show.SweepRunning, Workspace: job.Request.Workspace,
		Out: job.Request.Out, OutputBase: job.Request.OutputBase, Started: time.Now(), Of: of, Done: done,
		Resume: json.RawMessage(show.MustJSON(job.Request)), Folder: job.folder}
	var other *show.SweepOverview
	s.Update(func(next *show.Snapshot) bool {
		if next.Sweep != nil && next.Sweep.State == show.SweepRunning {
			other = next.Sweep
			return false
		}
		next.Sweep = first
		return true
	})
	if other != nil {
		return nil, fmt.Errorf("a sweep is running already, in %s, build %d of %d; %s ends it", other.Workspace, other.Number, other.Of, show.CommandStopSweep)
	}
	s.Background.StartSurely(sweepKey, func(ctx context.Context) { s.runSweep(ctx, job) })
	return first, nil
}

// runSweep runs a sweep to its end, and tells of it.
func (s *Runner) runSweep(ctx context.Context, job *job) {
	title := "Sweeping memory limits"
	if job.Search != nil {
		title = "Looking for the memory limit"
	}
	s.TellOverview()
	ctx, p, end := s.BeginCounted(ctx, title)
	defer end()
	p.ReportShare("asking Bazel for its flags", 0)
	r := &run{s, job, p}
	findings, err := r.measure(ctx)
	switch {
	case ctx.Err() != nil:
		if err != nil && err.Error() != ctx.Err().Error() { // something beside the interruption
			s.Log.Warn("stopping the sweep", "error", err)
		}
		r.stopped()
	case err != nil:
		r.failed(err)
	default:
		r.finished(ctx, findings)
	}
}

// measure runs the builds and judges them.
func (r *run) measure(ctx context.Context) ([]measure.Outcome, error) {
	console := &consoleLog{log: r.Log}
	defer console.flush()
	return r.job.Run(ctx, console, r.event)
}

// event tells of a build that begins, and takes up one that has ended. The
// sweep waits for it.
func (r *run) event(e measure.SweepEvent) {
	name := fmt.Sprintf("%s (%s)", e.Name(), e.Mode)
	if e.Record == nil {
		r.changeSweep(func(o *show.SweepOverview) { o.Number, o.Of, o.Building = e.Number, e.Of, name })
		r.progress.ReportShare(r.where(name, e), float64(e.Number-1)/float64(e.Of))
		return
	}
	r.changeSweep(func(o *show.SweepOverview) {
		o.Number, o.Of, o.Building = e.Number, e.Of, name
		if o.Done++; r.Search != nil {
			o.Done = e.Number
		}
		o.LeftMicros = nil
		if e.Left > 0 || e.Number == e.Of {
			left := e.Left.Microseconds()
			o.LeftMicros = &left
		}
	})
	line := fmt.Sprintf("[%d/%d] %s: %s after %s", e.Number, e.Of, name, e.Record.Status, e.Took.Round(100*time.Millisecond))
	if e.Record.FirstError != "" {
		line += ": " + e.Record.FirstError
	}
	r.LogMessage(protocol.MessageTypeInfo, line)
	r.Log.Info("a build of the sweep has ended", "build", line)
	r.progress.ReportShare(r.where(name, e), float64(e.Number)/float64(e.Of))
	r.join(e.Folder)
}

// where is the progress in words.
func (r *run) where(name string, e measure.SweepEvent) string {
	text := fmt.Sprintf("%d of %d: %s", e.Number, e.Of, name)
	left := e.Left
	if now := r.Current().Sweep; e.Record == nil && now.LeftMicros != nil {
		left = time.Duration(*now.LeftMicros) * time.Microsecond
	}
	if left > 0 {
		text += fmt.Sprintf(", %s left", max(left, time.Second).Round(time.Second))
	}
	return text
}

// join observes a measurement and adds it to what the folder has loaded. A
// measurement that landed before the sweep was stopped is taken up, too.
func (r *run) join(path string) {
	answer, err := r.LoadPaths(r.Background.Context(), r.folder, []string{path})
	if err != nil {
		if r.Background.Context().Err() == nil {
			r.Log.Warn("a measurement of the sweep could not be read", "path", path, "error", err)
		}
		return
	}
	for _, w := range answer.Warnings {
		r.Log.Info("a measurement of the sweep", "path", path, "warning", w)
	}
}

// stopped tells how to go on.
func (r *run) stopped() {
	r.changeSweep(func(o *show.SweepOverview) {
		o.State, o.Building, o.LeftMicros = show.SweepStopped, "", nil
		o.Message = fmt.Sprintf("Stopped after %d of %d builds; what is done stays done, in %s. %s with \"out\" set to that folder, and nothing else changed, goes on.", o.Done, o.Of, o.Out, o.Command)
	})
	r.Log.Info("the sweep was stopped; to go on", "command", r.command(), "argument", string(show.MustJSON(r.Request)))
	message := r.Current().Sweep.Message
	// Not here: who stopped the sweep waits for this job, the answer may
	// take for ever.
	r.Background.Start("sweep stopped", 0, func(ctx context.Context) {
		const goOn = "Go On"
		if r.Ask(ctx, protocol.MessageTypeInfo, message, goOn) != goOn {
			return
		}
		if _, err := r.Start(r.job); err != nil {
			r.ShowMessage(protocol.MessageTypeError, err.Error())
		}
	})
}

// failed tells why. What was measured stays, and can be gone on with.
func (r *run) failed(err error) {
	r.Log.Error("the sweep failed", "error", err)
	r.changeSweep(func(o *show.SweepOverview) {
		o.State, o.Building, o.LeftMicros = show.SweepFailed, "", nil
		o.Message = err.Error()
		if errors.Is(err, measure.ErrLocked) {
			o.Message += "; wait for its end, or name another output-base"
		}
	})
	r.ShowMessage(protocol.MessageTypeError, "The sweep failed: "+r.Current().Sweep.Message)
}

// consoleLog logs what the builds print, by lines. Builds that run at the same
// time share it.
type consoleLog struct {
	log  *slog.Logger
	mu   sync.Mutex
	rest []byte
}

// maxConsoleLine is where a line that does not end is cut.
const maxConsoleLine = 64 << 10

// Write implements io.Writer.
func (c *consoleLog) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rest = append(c.rest, p...)
	for {
		line, rest, ended := bytes.Cut(c.rest, []byte("\n"))
		if !ended && len(c.rest) < maxConsoleLine {
			return len(p), nil
		}
		c.rest = rest
		c.line(line)
	}
}

func (c *consoleLog) line(line []byte) {
	if line = bytes.TrimRight(line, "\r"); len(line) > 0 {
		c.log.Info("bazel", "console", string(line))
	}
}

// flush logs the last line, if it has no end.
func (c *consoleLog) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.line(c.rest)
	c.rest = nil
}

// changeSweep makes the sweep's next overview, and tells the client.
func (s *Runner) changeSweep(change func(*show.SweepOverview)) {
	s.Update(func(next *show.Snapshot) bool {
		with := *next.Sweep
		change(&with)
		next.Sweep = &with
		return true
	})
	s.TellOverview()
}

// FolderEnded ends the sweep of a folder that is gone.
func (s *Runner) FolderEnded(id show.FolderID) {
	if now := s.Current().Sweep; now != nil && now.Folder == id {
		s.Background.Drop(sweepKey)
	}
}

// Stop stops the sweep that runs, waits until none of its processes is left,
// and returns how far it came. What is measured stays measured.
func (s *Runner) Stop(ctx context.Context) (*show.SweepOverview, error) {
	if now := s.Current().Sweep; now == nil || now.State != show.SweepRunning {
		return nil, errors.New("no sweep is running")
	}
	if err := s.Background.End(ctx, sweepKey); err != nil {
		return nil, err
	}
	return s.Current().Sweep, nil
}
