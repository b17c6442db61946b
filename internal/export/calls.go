// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"io"
	"slices"

	"example.invalid/starlark-memls/internal/bazel/trace"
	"example.invalid/starlark-memls/internal/plain"
)

// A Timeline is what a profile shows over time.
type Timeline struct {
	// Calls are the recorded Starlark calls by who called whom, with their self
	// time, which is that of the report, and their number.
	Calls *Stacks
	// Spans are the longest of them, Pauses the collections that stopped the
	// program, Memory the counter of Bazel's memory; each by start.
	Spans  []CallSpan
	Pauses []trace.Collection
	Memory []trace.CounterSample
	Phases []trace.Phase
	Trace  trace.ProfileSummary
}

// A CallSpan is a call on a thread; Depth counts the recorded calls around it.
type CallSpan struct {
	trace.Span
	Thread int64
	Name   string
	Depth  int
}

// maxSpans bounds the calls that are kept with their times.
const maxSpans = 20_000

// ReadRecording reads a profile. What is damaged gives what came before.
func ReadRecording(ctx context.Context, in io.Reader, place func(name string) StackFrame) (*Timeline, error) {
	c := callReader{r: &Timeline{}, ids: map[string]int32{}}
	var collections trace.CollectionRecorder
	var memory trace.MemoryRecorder
	var phases trace.PhaseRecorder
	sum, err := trace.Read(ctx, in, func(e *trace.Event) error {
		collections.Add(e)
		memory.Add(e)
		phases.Add(e)
		if e.Category == trace.CategoryStarlarkCall && (e.Phase == 'X' || e.Phase == 'i') {
			c.call(e)
		}
		return nil
	}, trace.Select(trace.CategoryStarlarkCall, trace.CategoryGC, trace.CategoryPhaseMarker, ""))
	if err != nil {
		return nil, err
	}
	r := c.r
	r.Trace, r.Memory, r.Phases = sum, memory.Samples(), phases.Phases(sum.LastMicros)
	for _, k := range collections.Collections(false) {
		if k.Kind == trace.MinorGC || k.Kind == trace.MajorGC {
			r.Pauses = append(r.Pauses, k)
		}
	}
	r.Calls = c.stacks(place)
	c.spans()
	return r, nil
}

// A callNode is a function called by a stack of others; calls of one stack are one
// node.
type callNode struct {
	name        int32
	self, calls int64
	callees     []*callNode
}

type callReader struct {
	r       *Timeline
	ids     map[string]int32
	names   []string
	threads trace.PerThread[callThread]
}

type callThread struct {
	trace.Nesting[*callNode]
	roots []*callNode
	spans []CallSpan
}

func (c *callReader) call(e *trace.Event) {
	id, ok := c.ids[e.Name]
	if !ok {
		id = int32(len(c.names))
		c.ids[e.Name] = id
		c.names = append(c.names, e.Name)
	}
	t := c.threads.Of(e.Thread)
	node := &callNode{name: id, calls: 1}
	made, _ := t.End(e.Span(), node)
	node.self = made.SelfMicros
	for _, callee := range t.Callees() {
		node.callees = merged(node.callees, callee.About)
	}
	for _, dropped := range t.Dropped() {
		t.roots = merged(t.roots, dropped.About)
	}
	t.spans = append(t.spans, CallSpan{Span: e.Span(), Thread: e.Thread, Name: e.Name})
	if len(t.spans) > 4*maxSpans {
		t.spans = longest(t.spans, maxSpans)
	}
}

// merged adds a node to those of the same stack.
func merged(all []*callNode, n *callNode) []*callNode {
	for _, m := range all {
		if m.name == n.name {
			m.self += n.self
			m.calls += n.calls
			for _, callee := range n.callees {
				m.callees = merged(m.callees, callee)
			}
			return all
		}
	}
	return append(all, n)
}

// stacks are the calls of all threads together.
func (c *callReader) stacks(place func(string) StackFrame) *Stacks {
	s := &Stacks{Measures: []ValueType{{"self_time", "microseconds", "time in recorded calls, without the recorded calls that they made"}, {"calls", "count", "recorded calls"}}}
	var roots []*callNode
	for _, t := range c.threads.All() {
		for _, root := range t.roots {
			roots = merged(roots, root)
		}
		for _, waiting := range t.Waiting() {
			roots = merged(roots, waiting.About)
		}
	}
	frames := make([]int32, len(c.names))
	for i, name := range c.names {
		frames[i] = s.frame(place(plain.Line(name)))
	}
	var add func(n *callNode, stack []int32)
	add = func(n *callNode, stack []int32) {
		stack = append(stack, frames[n.name])
		s.Samples = append(s.Samples, StackSample{Stack: slices.Clone(stack), Values: []int64{n.self, n.calls}})
		for _, callee := range n.callees {
			add(callee, stack)
		}
	}
	for _, root := range roots {
		add(root, nil)
	}
	return s
}

// spans keeps the longest calls, each with how many are around it.
func (c *callReader) spans() {
	var all []CallSpan
	for _, t := range c.threads.All() {
		all = append(all, t.spans...)
	}
	all = longest(all, maxSpans)
	slices.SortFunc(all, func(a, b CallSpan) int {
		switch {
		case a.Thread != b.Thread:
			return int(a.Thread - b.Thread)
		case a.Start != b.Start:
			return int(a.Start - b.Start)
		}
		return int(b.End - a.End)
	})
	var around []CallSpan
	for i := range all {
		if i > 0 && all[i-1].Thread != all[i].Thread {
			around = around[:0]
		}
		for len(around) > 0 && !around[len(around)-1].Contains(all[i].Span) {
			around = around[:len(around)-1]
		}
		all[i].Depth = len(around)
		around = append(around, all[i])
	}
	c.r.Spans = all
}

func longest(all []CallSpan, most int) []CallSpan {
	if len(all) <= most {
		return all
	}
	slices.SortStableFunc(all, func(a, b CallSpan) int {
		switch d := b.Micros() - a.Micros(); {
		case d < 0:
			return -1
		case d > 0:
			return 1
		}
		return 0
	})
	return all[:most:most]
}
