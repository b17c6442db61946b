// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"cmp"
	"fmt"
	"slices"

	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/growth"
)

// HeapFacts are what a heap dump says that bears on blame, without the dump:
// the Starlark stacks of its threads, with locals, and the retained bytes by
// the function that made what holds them.
type HeapFacts struct {
	Mark     DumpMark
	Path     string
	Threads  []ThreadFacts
	Retained *Samples
	// Fields are the retained bytes by provider and field, another division
	// of the same heap.
	Fields []FieldFacts
	// Frames are the part that hangs on variables of calls under way, Waste
	// what could be saved; the largest first.
	Frames []FrameFacts
	Waste  []WasteFacts
	// Living: of a server that lived, at the end of its build.
	Living bool
	// Failed says that the dump was made when a thread ran out of memory;
	// Java are that thread's frames, innermost first.
	Failed bool
	Java   []console.JavaFrame
}

// FieldFacts are what the instances of a provider (or struct) hold in one
// field, as far as they were made at one place.
type FieldFacts struct {
	Provider, Field string
	File            string // as Bazel printed it
	Line            int
	Bytes           int64
	Instances       int64
	Growth          *growth.Growth // with the targets; nil where it is not told
}

// FrameFacts are what hangs on the variables of a function's calls under way, as
// far as one function has made them.
type FrameFacts struct {
	Function    string
	Defined     string // the file, as Bazel printed it
	DefinedLine int
	// File and Line are where the largest of the calls is under way; Variable is
	// its heaviest, "" where what it holds is in none.
	File     string
	Line     int
	Variable string
	Bytes    int64
	Calls    int64
	// Caller has made the calls; "" for Bazel itself.
	Caller string
	// Entry is the function that Bazel called, outermost.
	Entry string
}

// WasteFacts are a finding of a dump: what is held, what would be saved, and how.
type WasteFacts struct {
	Message, Advice string
	Field           string // "AuditInfo.records", where it is one
	Function        string // that has made it, with its place
	Defined         string
	DefinedLine     int
	File            string // where the instances were made
	Line            int
	Bytes, Saves    int64
	Targets         int64
}

// Words say what holds the bytes: "hangs on its variable table, in a call by
// _docs_impl".
func (f FrameFacts) Words() string {
	text := "hangs on its variables"
	switch {
	case f.Variable != "":
		text = "hangs on its variable " + f.Variable
	case f.Bytes > 0:
		text = "is under way in its call"
	}
	if f.Caller != "" {
		text += ", called by " + f.Caller
		if f.Entry != "" && f.Entry != f.Caller {
			text += " for " + f.Entry
		}
	}
	if f.Calls > 1 {
		text += fmt.Sprintf(", in %d calls", f.Calls)
	}
	return text
}

// WithHeap is the observation with a dump's testimony added; o is not changed.
//
// The dump's stacks and the console's are of one crash and complete each
// other. A dump that the JVM wrote has the failing thread's stack and locals:
// it replaces the printed one. A dump that Bazel wrote (--heap_dump_on_oom)
// came after that stack was unwound: then the printed stack of the failing
// thread stays, beside the other threads of the dump. A measurement whose
// other parts tell of no crash has none from a dump alone: dumps are also made
// by hand.
func (o *Observation) WithHeap(h HeapFacts) *Observation {
	made := *o
	made.Heap = &h
	made.Retained, made.Fields, made.Frames, made.Waste = h.Retained, h.Fields, h.Frames, h.Waste
	if len(o.Crashes) == 0 {
		return &made
	}
	made.Crashes = slices.Clone(o.Crashes)
	last := &made.Crashes[len(made.Crashes)-1]
	last.HeapDump = h.Path
	last.Threads = joinThreads(last.Threads, h.Threads)
	if len(last.Java) == 0 {
		last.Java = h.Java
	}
	// Bazel prints the target only where the error came through its own
	// hands; the thread that failed knows it always.
	for _, t := range h.Threads {
		if t.Failed && t.Target != "" && last.Target == "" {
			last.Target = t.Target
			last.Aspect = cmp.Or(last.Aspect, t.Aspect)
		}
	}
	return &made
}

// joinThreads joins printed stacks with those of a dump, failed ones first.
func joinThreads(printed, dumped []ThreadFacts) []ThreadFacts {
	failedInDump := slices.ContainsFunc(dumped, func(t ThreadFacts) bool { return t.Failed && len(t.Frames) > 0 })
	var threads []ThreadFacts
	if !failedInDump {
		threads = append(threads, printed...)
	}
	for _, t := range dumped {
		if len(t.Frames) > 0 {
			threads = append(threads, t)
		}
	}
	if failedInDump && len(printed) > 0 {
		for i := range threads {
			if threads[i].Failed && threads[i].Statement == "" {
				threads[i].Statement = printed[0].Statement
				break
			}
		}
	}
	slices.SortStableFunc(threads, func(a, b ThreadFacts) int {
		switch {
		case a.Failed == b.Failed:
			return 0
		case a.Failed:
			return -1
		}
		return 1
	})
	return threads
}

// A Local is a variable in a frame, read from a heap dump. Its preview may hold
// secrets: hover and text output only.
type Local = heap.Local

// LiveHeapBytes is the live heap of the observation's dump.
func (o *Observation) LiveHeapBytes() int64 {
	if o.Retained == nil {
		return 0
	}
	return o.Retained.Total
}

// Name is the provider and the field.
func (f FieldFacts) Name() string {
	if f.Provider == "" {
		return f.Field
	}
	return f.Provider + "." + f.Field
}
