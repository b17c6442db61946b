// SPDX-License-Identifier: Apache-2.0

package observe

import "example.invalid/starlark-memls/internal/bazel/trace"

// A profile is unpacked, parsed and condensed, each of which takes about a
// third of the time. Unpacking has a goroutine in package trace; a relay gives
// condensing another, so that on two cores a report on a large profile takes
// little longer than its slowest half. Events cross in batches: one channel
// operation for each event would cost more than it saves.
//
// The receiver runs in one goroutine, in the order of sending, and has ended
// when close returns.
type relay struct {
	full, empty chan []trace.Event
	batch       []trace.Event
	ended       chan struct{}
	panicked    any // what the receiver panicked with
}

const (
	relayBatch   = 256 // events of about 100 bytes
	relayBatches = 4
)

func newRelay(receive func(*trace.Event)) *relay {
	r := &relay{
		full:  make(chan []trace.Event, relayBatches),
		empty: make(chan []trace.Event, relayBatches),
		batch: make([]trace.Event, 0, relayBatch),
		ended: make(chan struct{}),
	}
	for range relayBatches - 1 {
		r.empty <- make([]trace.Event, 0, relayBatch)
	}
	go r.run(receive)
	return r
}

// send hands on a copy of the event without its arguments, which are the
// reader's. Its signature is that of trace.Read's visitor.
func (r *relay) send(e *trace.Event) error {
	r.batch = append(r.batch, *e)
	r.batch[len(r.batch)-1].Args = nil
	if len(r.batch) == relayBatch {
		r.full <- r.batch
		r.batch = (<-r.empty)[:0]
	}
	return nil
}

// close waits until everything sent has been received. A panic of the receiver
// goes on here, in the goroutine that may know what to do with it.
func (r *relay) close() {
	r.full <- r.batch
	close(r.full)
	<-r.ended
	if r.panicked != nil {
		panic(r.panicked)
	}
}

func (r *relay) run(receive func(*trace.Event)) {
	defer close(r.ended)
	for batch := range r.full {
		r.deliver(batch, receive)
		r.empty <- batch
	}
}

// deliver gives a batch to the receiver, or, once that has panicked, drops it
// so that the sender comes to its end.
func (r *relay) deliver(batch []trace.Event, receive func(*trace.Event)) {
	if r.panicked != nil {
		return
	}
	defer func() { r.panicked = recover() }()
	for i := range batch {
		receive(&batch[i])
	}
}
