// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"sync"
	"time"
)

// background owns every goroutine that works beside the requests. A job has a
// key; starting one cancels the running job with that key, and begins when
// that has ended. So two jobs of one key never run at once, and of many
// overtaken ones only the last does its work.
type background struct {
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	mu     sync.Mutex
	jobs   map[string]*backgroundJob
	closed bool
}

type backgroundJob struct {
	cancel context.CancelFunc
	done   chan struct{}
}

func NewBackground(ctx context.Context) *background {
	b := &background{jobs: map[string]*backgroundJob{}}
	b.ctx, b.cancel = context.WithCancel(ctx)
	return b
}

// Context ends when all jobs are to end.
func (b *background) Context() context.Context { return b.ctx }

// Start runs a job after a delay, in place of the one with that key.
func (b *background) Start(key string, delay time.Duration, run func(context.Context)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.startLocked(key, delay, run)
}

// StartSurely runs a job in place of the one with that key, also when it is
// cancelled before it began: it is there to say how it ended.
func (b *background) StartSurely(key string, run func(context.Context)) {
	b.Start(key, surely, run)
}

// surely is the delay of a job that runs in any case.
const surely = -1

func (b *background) startLocked(key string, delay time.Duration, run func(context.Context)) {
	if b.closed {
		return
	}
	ctx, cancel := context.WithCancel(b.ctx)
	before := b.jobs[key]
	if before != nil {
		before.cancel()
	}
	this := &backgroundJob{cancel, make(chan struct{})}
	b.jobs[key] = this
	b.wg.Go(func() {
		defer close(this.done)
		defer cancel()
		if before != nil {
			<-before.done
		}
		if sleep(ctx, delay) || delay == surely {
			run(ctx)
		}
		b.mu.Lock()
		if b.jobs[key] == this {
			delete(b.jobs, key)
		}
		b.mu.Unlock()
	})
}

// once starts a job unless one with that key is waiting or running.
func (b *background) once(key string, delay time.Duration, run func(context.Context)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.jobs[key] == nil {
		b.startLocked(key, delay, run)
	}
}

// Drop cancels the job with that key.
func (b *background) Drop(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if j := b.jobs[key]; j != nil {
		j.cancel()
	}
}

// End cancels the job with that key and waits until it has ended, or ctx has.
func (b *background) End(ctx context.Context, key string) error {
	b.mu.Lock()
	j := b.jobs[key]
	b.mu.Unlock()
	if j == nil {
		return ctx.Err()
	}
	j.cancel()
	select {
	case <-j.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stop cancels all jobs and takes no more. It does not wait.
func (b *background) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.cancel()
}

// Wait waits until the last job has ended.
func (b *background) Wait() { b.wg.Wait() }

// sleep returns false when it was cancelled.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
