// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"testing"

	"example.invalid/starlark-memls/internal/bazel/trace"
)

func TestRelayKeepsOrderAndDropsArguments(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, relayBatch - 1, relayBatch, relayBatch*relayBatches*3 + 7} {
		var received []int64
		r := newRelay(func(e *trace.Event) {
			if e.Args != nil {
				t.Error("the reader's arguments are kept")
			}
			received = append(received, e.StartMicros)
		})
		event := trace.Event{Args: []trace.Arg{{Key: "k"}}}
		for i := range n {
			event.StartMicros = int64(i)
			if err := r.send(&event); err != nil {
				t.Fatal(err)
			}
		}
		r.close()
		if len(received) != n {
			t.Fatalf("%d of %d events came", len(received), n)
		}
		for i, at := range received {
			if at != int64(i) {
				t.Fatalf("event %d is number %d", i, at)
			}
		}
	}
}

// The server survives a panic of one analysis only in the goroutine that it
// watches; and the reader must not be left waiting for room.
func TestRelayPassesPanicOn(t *testing.T) {
	t.Parallel()
	defer func() {
		if p := recover(); p != "receiver" {
			t.Errorf("panicked with %v", p)
		}
	}()
	r := newRelay(func(*trace.Event) { panic("receiver") })
	for range relayBatch * relayBatches * 3 {
		if err := r.send(&trace.Event{}); err != nil {
			t.Fatal(err)
		}
	}
	r.close()
}
