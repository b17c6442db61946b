// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"bytes"
	"context"
	"io"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"example.invalid/starlark-memls/internal/input"
)

// patience is how long each step may take before the next one.
type patience struct {
	interrupt time.Duration // from an interrupt to the client to ending the server
	client    time.Duration // from the server's end to the client's
	// exhausted is how long a server that has written its heap dump may keep
	// silent: with a heap that full it can need half a minute for its last
	// words (36 s from start to exit 33 under -Xmx32m were seen), or hang.
	exhausted time.Duration
	// undumped is the same where there is no dump: then the only sign is an
	// OutOfMemoryError in jvm.out, which another thread may have survived.
	undumped time.Duration
	dump     time.Duration // for a heap dump under way when the client has gone
	watch    time.Duration // between two looks
	// lock is how long an output base may be locked by a sweep that was
	// killed: a program that it was about to start holds the lock between
	// fork and exec.
	lock time.Duration
}

// patience is how patient we are with this Bazel.
func (b *Bazel) patience() patience {
	if b.hurry != nil {
		return *b.hurry
	}
	return patience{
		interrupt: 10 * time.Second,
		client:    5 * time.Second,
		exhausted: 30 * time.Second,
		undumped:  90 * time.Second,
		dump:      5 * time.Minute,
		watch:     500 * time.Millisecond,
		lock:      3 * time.Second,
	}
}

// await waits for the client to exit and stops the build where it must be.
func (b *Bazel) await(ctx context.Context, cmd *exec.Cmd, console *consoleRecorder, timeout time.Duration) stop {
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		// The exit status is read from ProcessState; an error of copying
		// the console is the recorder's.
		_ = cmd.Wait()
	}()
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	watch := time.NewTicker(b.patience().watch)
	defer watch.Stop()
	for {
		var why stop
		select {
		case <-exited:
			return notStopped
		case <-ctx.Done():
			why = interrupted
		case <-deadline.C:
			why = timedOut
		case now := <-watch.C:
			reapOrphans() // the client waits for a server that has crashed to be gone
			if !b.hangs(now, console.lastWrite()) {
				continue
			}
			why = hung
		}
		b.stop(context.WithoutCancel(ctx), cmd, exited, why)
		return why
	}
}

// stop ends a build, from polite to final.
func (b *Bazel) stop(ctx context.Context, cmd *exec.Cmd, exited <-chan struct{}, why stop) {
	if why != hung { // a hung server does not hear
		askToStop(cmd)
		if gone(exited, b.patience().interrupt) {
			return
		}
	}
	// Ending the server lets its client say so, which is worth having. An
	// error is not lost: after the build all is ended once more.
	_ = endServer(ctx, b.OutputBase)
	if !gone(exited, b.patience().client) {
		killGroup(cmd)
		<-exited
	}
}

func gone(exited <-chan struct{}, within time.Duration) bool {
	select {
	case <-exited:
		return true
	case <-time.After(within):
		return false
	}
}

// hangs reports whether the heap was exhausted and nothing was heard since.
func (b *Bazel) hangs(now, heard time.Time) bool {
	sign := heapSign(b.OutputBase)
	silent := now.Sub(heard)
	switch {
	case sign.dumping:
		return false
	case sign.dumped:
		return silent > b.patience().exhausted && now.Sub(sign.written) > b.patience().exhausted
	}
	return sign.exhausted && silent > b.patience().undumped
}

// settle lets a server whose client has gone finish the heap dump that it is
// writing: half a dump is worth much less.
func (b *Bazel) settle(ctx context.Context, stopped stop) {
	if stopped != notStopped {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, b.patience().dump)
	defer cancel()
	for heapSign(b.OutputBase).dumping && serverRuns(b.OutputBase) {
		select {
		case <-ctx.Done():
			return
		case <-time.After(b.patience().watch):
		}
	}
}

// A sign is what the JVM says of its heap on jvm.out, its standard output;
// coldStart has removed that of the server before.
type sign struct {
	exhausted, dumping, dumped bool
	written                    time.Time // the last words
}

// heapSign reads the sign of the server:
//
//	java.lang.OutOfMemoryError: Java heap space
//	Dumping heap to /…/java_pid18580.hprof ...
//	Heap dump file created [9251065 bytes in 0.036 secs]
func heapSign(outputBase string) sign {
	file, err := input.Open(context.Background(), filepath.Join(outputBase, "server", "jvm.out"))
	if err != nil {
		return sign{}
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return sign{}
	}
	text, err := io.ReadAll(io.LimitReader(file, 1<<20))
	if err != nil {
		return sign{}
	}
	s := sign{written: info.ModTime()}
	s.exhausted = bytes.Contains(text, []byte("java.lang.OutOfMemoryError"))
	s.dumped = bytes.Contains(text, []byte("Heap dump file created"))
	s.dumping = !s.dumped && bytes.Contains(text, []byte("Dumping heap to"))
	return s
}

// A consoleRecorder keeps the console in a file and copies it to whoever watches. It
// never refuses what Bazel's client writes, for the client would die of it and
// the build with it: the first error is kept for later.
type consoleRecorder struct {
	file, watcher io.Writer

	mu     sync.Mutex
	last   time.Time
	failed error
}

func newRecorder(file, watcher io.Writer) *consoleRecorder {
	return &consoleRecorder{file: file, watcher: watcher, last: time.Now()}
}

// Write implements io.Writer.
func (r *consoleRecorder) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = time.Now()
	if r.failed == nil {
		_, r.failed = r.file.Write(p)
	}
	// A watcher that has gone is no reason to stop.
	_, _ = r.watcher.Write(p)
	return len(p), nil
}

func (r *consoleRecorder) lastWrite() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

func (r *consoleRecorder) err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}
