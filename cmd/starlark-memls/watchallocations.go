// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"example.invalid/starlark-memls/internal/bazel/server"
	"example.invalid/starlark-memls/internal/gauge"
	"example.invalid/starlark-memls/internal/live"
)

// recordingName is the recording's file, beside that of --record: in the
// measurement's folder.
const recordingName = "recording.jfr"

// watchedAllocations records what the watched server allocates, until the
// command has ended, or the server is about to: near its end a recording costs
// it minutes.
type watchedAllocations struct {
	path string
	dir  string // private
	say  func(string)

	mu        sync.Mutex
	recording *live.FlightRecording
	stopped   bool // for good
	dying     sync.Once
	work      sync.WaitGroup
}

// stopWithin is how long a server is waited for that is to hand its recording
// over.
const stopWithin = time.Minute

// start begins a recording, beside the watching.
func (a *watchedAllocations) start(ctx context.Context, s *server.Server) {
	a.work.Go(func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.stopped {
			return
		}
		recording, err := live.RecordAllocations(ctx, s, a.dir)
		if err != nil {
			a.say("allocations: " + err.Error())
			return
		}
		a.recording = recording
	})
}

// show stops the recording of a server that is dying.
func (a *watchedAllocations) show(ctx context.Context, r gauge.Reading) {
	if r.State == gauge.Dying {
		a.dying.Do(func() { a.work.Go(func() { a.stop(ctx) }) })
	}
}

// stop ends the recording and keeps it. Only the first call does anything.
func (a *watchedAllocations) stop(ctx context.Context) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stopped {
		return
	}
	a.stopped = true
	if a.recording == nil {
		return
	}
	if err := a.recording.Stop(ctx, a.path); err != nil {
		a.say("allocations: " + err.Error())
		return
	}
	a.say("allocations recorded in " + a.path + "; beside the build's profile (--profile=" +
		filepath.Join(filepath.Dir(a.path), "profile.gz") + ") report tells them by function")
}

// end stops it, and waits until that is done.
func (a *watchedAllocations) end(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	a.stop(ctx)
	a.work.Wait()
}
