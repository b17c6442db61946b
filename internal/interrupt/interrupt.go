// SPDX-License-Identifier: Apache-2.0

// Package interrupt ends the program on the first signal, whatever it is doing.
//
// A signal cancels the context, and work that looks at its context ends in
// order. Not all work can look: a system call may block, sorting and drawing
// take their time. So the program is ended soon after, unless somebody holds it
// because there is a child to wait for, or something to put back.
package interrupt

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// grace is how long work has to notice that its context has ended. A user has
// let go of Ctrl-C by then.
const grace = 300 * time.Millisecond

// signals are those that ask a program to end: Ctrl-C, kill, a closed terminal.
var signals = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}

type contextKey struct{}

// holds are the reasons to wait.
type holds struct {
	mu    sync.Mutex
	count int
	none  chan struct{} // closed when the last is released; nil while there is none
}

// Context derives a context that the first signal cancels. Where the program
// is still there a moment later, and nobody holds it, end is called, from
// another goroutine; a second signal does what it does by itself. A signal that
// was ignored when the program started (nohup, a shell's background) stays
// ignored. stop gives all of it up.
func Context(parent context.Context, end func()) (ctx context.Context, stop func()) {
	var heard []os.Signal
	for _, s := range signals {
		if !signal.Ignored(s) {
			heard = append(heard, s)
		}
	}
	if len(heard) == 0 { // none for NotifyContext means all
		return parent, func() {}
	}
	h := new(holds)
	ctx, stopSignals := signal.NotifyContext(context.WithValue(parent, contextKey{}, h), heard...)
	over := make(chan struct{})
	context.AfterFunc(ctx, func() {
		stopSignals()
		select {
		case <-over:
			return
		case <-time.After(grace):
		}
		select {
		case <-over:
		case <-h.released():
			// Whoever held it ends in order now.
			select {
			case <-over:
			case <-time.After(grace):
				end()
			}
		}
	})
	var once sync.Once
	return ctx, func() {
		once.Do(func() { close(over) })
		stopSignals()
	}
}

// Hold keeps a signal from ending the program before release is called: it is
// for who waits for a child or has to put something back, and must be bounded.
// The signal still cancels ctx.
func Hold(ctx context.Context) (release func()) {
	h, ok := ctx.Value(contextKey{}).(*holds)
	if !ok {
		return func() {}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.count++; h.count == 1 {
		h.none = make(chan struct{})
	}
	return sync.OnceFunc(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.count--; h.count == 0 {
			close(h.none)
		}
	})
}

// released is closed when nobody holds the program.
func (h *holds) released() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.none == nil {
		h.none = make(chan struct{})
		close(h.none)
	}
	return h.none
}
