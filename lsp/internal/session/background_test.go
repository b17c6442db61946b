// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A job that is overtaken is cancelled while it runs, and the next of its key
// begins when it has ended.
func TestOvertakenWorkIsCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	b := NewBackground(ctx)
	defer func() { b.stop(); b.wg.Wait() }()
	running, cancelled, next := make(chan struct{}), make(chan struct{}), make(chan bool, 1)
	var first atomic.Bool
	b.Start("analysis", 0, func(ctx context.Context) {
		first.Store(true)
		close(running)
		<-ctx.Done()
		close(cancelled)
		time.Sleep(10 * time.Millisecond) // it still has to tidy up
		first.Store(false)
	})
	<-running
	b.Start("another", 0, func(context.Context) {}) // of no concern
	select {
	case <-cancelled:
		t.Fatal("cancelled by a job of another key")
	case <-time.After(20 * time.Millisecond):
	}
	for range 10 { // of these only the last runs
		b.Start("analysis", time.Hour, func(context.Context) { t.Error("an overtaken job runs") })
	}
	b.Start("analysis", 0, func(context.Context) { next <- first.Load() })
	select {
	case together := <-next:
		if together {
			t.Error("two jobs of one key ran at once")
		}
	case <-ctx.Done():
		t.Fatal("the last job does not run")
	}
	if ctx.Err() != nil {
		t.Error("the first job was not cancelled")
	}
}

// However many ask at once, a job that is to run once runs once.
func TestOneOfManyStarts(t *testing.T) {
	t.Parallel()
	b := NewBackground(t.Context())
	defer func() { b.stop(); b.Wait() }()
	release := make(chan struct{})
	var started, overtaken atomic.Int32
	var callers sync.WaitGroup
	for range 64 {
		callers.Go(func() {
			b.once("scan", 0, func(ctx context.Context) {
				started.Add(1)
				select {
				case <-release:
				case <-ctx.Done():
					overtaken.Add(1)
				}
			})
		})
	}
	callers.Wait()
	close(release)
	b.Wait()
	if started.Load() != 1 || overtaken.Load() != 0 {
		t.Errorf("%d jobs began, %d were overtaken", started.Load(), overtaken.Load())
	}
}

// A job that must say how it ended runs even if it is cancelled before it began.
func TestSureJobsRun(t *testing.T) {
	t.Parallel()
	b := NewBackground(t.Context())
	defer func() { b.stop(); b.Wait() }()
	release := make(chan struct{})
	b.Start("sweep", 0, func(context.Context) { <-release })
	ended := make(chan error, 1)
	b.StartSurely("sweep", func(ctx context.Context) { ended <- ctx.Err() })
	b.Drop("sweep")
	close(release)
	if err := <-ended; err == nil {
		t.Error("the job was not cancelled")
	}
}
