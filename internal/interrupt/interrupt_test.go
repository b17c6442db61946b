// SPDX-License-Identifier: Apache-2.0

//go:build unix

package interrupt

import (
	"context"
	"os/signal"
	"syscall"
	"testing"
	"time"
)

// soon is longer than any machine keeps a goroutine waiting.
const soon = time.Minute

// A signal goes to the whole process, so these tests run one after the other.

func raise(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(syscall.Getpid(), s); err != nil {
		t.Fatal(err)
	}
}

func await(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(soon):
		t.Fatal("waited in vain for " + what)
	}
}

func TestSignalEndsWhoDoesNotLook(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		ended := make(chan struct{})
		ctx, stop := Context(context.Background(), func() { close(ended) })
		raise(t, s)
		await(t, "the context's end", ctx.Done())
		await(t, "the end", ended)
		stop()
	}
}

func TestWhoEndsInOrderIsLetAlone(t *testing.T) {
	ended := make(chan struct{})
	ctx, stop := Context(context.Background(), func() { close(ended) })
	raise(t, syscall.SIGTERM)
	await(t, "the context's end", ctx.Done())
	stop()
	select {
	case <-ended:
		t.Error("it was ended")
	case <-time.After(3 * grace):
	}
}

// below is a key of a context that was made from the program's.
type below struct{}

func TestHeldUntilTheLastRelease(t *testing.T) {
	ended := make(chan struct{})
	ctx, stop := Context(context.Background(), func() { close(ended) })
	defer stop()
	first, second := Hold(ctx), Hold(context.WithValue(ctx, below{}, 0))
	raise(t, syscall.SIGHUP)
	await(t, "the context's end", ctx.Done())
	first()
	first() // counts once
	select {
	case <-ended:
		t.Fatal("it was ended while somebody waited for a child")
	case <-time.After(4 * grace):
	}
	second()
	await(t, "the end", ended)
}

func TestIgnoredStaysIgnored(t *testing.T) {
	signal.Ignore(syscall.SIGHUP)
	defer signal.Reset(syscall.SIGHUP)
	ctx, stop := Context(context.Background(), func() {})
	defer stop()
	raise(t, syscall.SIGHUP)
	select {
	case <-ctx.Done():
		t.Error("a signal that nohup ignores was heard")
	case <-time.After(3 * grace):
	}
}

func TestHoldWithoutContext(t *testing.T) {
	Hold(context.Background())()
}
