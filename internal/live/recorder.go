// SPDX-License-Identifier: Apache-2.0

package live

import (
	"context"
	"sync"
	"time"

	"example.invalid/starlark-memls/internal/bazel/server"
	"example.invalid/starlark-memls/internal/gauge"
)

// A Recorder records what one watched server allocates, until the command has
// ended, or the server is about to: near its end a recording costs it minutes.
type Recorder struct {
	Path string // of the recording
	Dir  string // private
	// Done is told once of a recording that has ended, or could not begin.
	Done func(error)

	mu        sync.Mutex
	recording *FlightRecording
	stopped   bool // for good
	dying     sync.Once
	work      sync.WaitGroup
}

// stopWithin is how long a server is waited for that is to hand its recording
// over.
const stopWithin = time.Minute

// Found begins a recording, beside the watching.
func (r *Recorder) Found(ctx context.Context, s *server.Server) {
	r.work.Go(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.stopped {
			return
		}
		recording, err := RecordAllocations(ctx, s, r.Dir)
		if err != nil {
			r.Done(err)
			return
		}
		r.recording = recording
	})
}

// Show stops the recording of a server that is dying.
func (r *Recorder) Show(ctx context.Context, reading gauge.Reading) {
	if reading.State == gauge.Dying {
		r.dying.Do(func() { r.work.Go(func() { r.Stop(ctx) }) })
	}
}

// Stop ends the recording and keeps it. Only the first call does anything.
func (r *Recorder) Stop(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return
	}
	r.stopped = true
	if r.recording != nil {
		r.Done(r.recording.Stop(ctx, r.Path))
	}
}

// End stops it, and waits until that is done.
func (r *Recorder) End(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	r.Stop(ctx)
	r.work.Wait()
}
