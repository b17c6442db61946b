// SPDX-License-Identifier: Apache-2.0

//go:build e2e || slow

package realtest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/bazel/heap"
)

// An answer is what the tool makes of one dump, beside what it should.
type answer struct {
	t    *testing.T
	h    *heap.Dump
	a    *heap.Analysis
	want culprit
	file string
	// freed: the dump says that the heap was let go before.
	freed bool
}

// check reports whether the dump is one of its kind (see the package's
// comment); in any case what is said of it must be right.
func (r answer) check() bool {
	r.t.Helper()
	r.a = analyze(r.t, r.h)
	r.warnings()
	switch {
	case r.want.line == 0 && len(r.a.Threads) > 0:
		// It has crashed before the execution phase, in the function itself.
		r.guilty(r.a.Threads[0], nil)
		return false
	case r.want.line == 0:
		r.heaviest()
		r.fields()
		return true
	case len(r.a.Threads) == 0:
		r.nobody()
		return false
	}
	thread := r.a.Threads[0]
	if r.freed && !slices.ContainsFunc(thread.Frames, func(f heap.CallFrame) bool { return f.Function.Name == r.want.function }) {
		// The error is beyond the guilty function, its frame collected.
		r.nobody()
		return false
	}
	lines := []int{r.want.line}
	if !thread.Failed {
		lines = append(lines, r.want.others...)
		r.failedElsewhere()
	}
	r.guilty(thread, lines)
	if r.freed {
		r.t.Logf("the heap was let go; the thread is %q: %s", thread.Unwinding, inJSON(thread.Frames))
	}
	if !r.freed {
		r.heaviest()
	}
	return true
}

// warnings allows the one warning, and it where it is true alone.
func (r *answer) warnings() {
	r.t.Helper()
	for _, w := range r.h.Warnings() {
		if !strings.Contains(w, "were alive when the dump was written") {
			r.t.Errorf("warning: %q", w)
			continue
		}
		r.freed = true
	}
	// Collectors other than G1 keep a part of what -Xmx gives for themselves.
	limit, known := r.h.HeapLimitBytes()
	if !known || limit > 128<<20 || limit < 112<<20 {
		r.t.Errorf("the heap's limit is read as %d", limit)
	}
	if live := r.a.Owners.LiveBytes; r.freed && live > limit/2 {
		r.t.Errorf("%d bytes of %d are alive: the heap was not let go", live, limit)
	}
}

// nobody is for a dump that was made when the Starlark function that failed was
// left, and its memory gone: that is what it must say, and who it was made for.
func (r answer) nobody() {
	r.t.Helper()
	r.failedElsewhere()
	if !r.freed {
		r.t.Errorf("%d bytes alive, and the function is not named: %s", r.a.Owners.LiveBytes, inJSON(r.a.Threads))
	}
	r.t.Logf("a dump of nobody: %q, threads %s", r.h.Warnings(), inJSON(r.a.Threads))
}

// failedElsewhere checks that the dump was made for a thread outside Starlark.
func (r answer) failedElsewhere() {
	r.t.Helper()
	failed, ok := r.h.FailedThread()
	if !ok {
		r.t.Error("no thread is said to have failed")
	}
	for _, f := range failed.Frames {
		if strings.HasPrefix(f.Class, "net.starlark.java.eval.") {
			r.t.Errorf("%s failed in Starlark, and is not said to", failed.Name)
			break
		}
	}
	r.t.Logf("the dump was made for %s", failed.Name)
}

// guilty checks the thread that is blamed.
func (r answer) guilty(thread heap.Thread, lines []int) {
	t, want := r.t, r.want
	t.Helper()
	frame := thread.Frames[0]
	if frame.Function.Builtin && len(thread.Frames) > 1 {
		frame = thread.Frames[1]
	}
	if frame.Function.Name != want.function || frame.Place.File != r.file || lines != nil && !slices.Contains(lines, frame.Place.Line) {
		t.Errorf("guilty: %s at %s, want %s at %s:%v", frame.Function.Name, frame.Place, want.function, r.file, lines)
	}
	if !strings.HasPrefix(thread.Owner.Label, want.owner) || thread.Unwinding != heap.Left && !strings.HasPrefix(thread.Name, "skyframe-evaluator") {
		t.Errorf("thread %q evaluates %+v, want %s", thread.Name, thread.Owner, want.owner)
	}
	if want.local == "" {
		return
	}
	i := slices.IndexFunc(frame.Locals, func(l heap.Local) bool { return l.Name == want.local })
	if i < 0 {
		t.Errorf("no local %q in %s", want.local, inJSON(frame.Locals))
		return
	}
	l := frame.Locals[i]
	r.t.Logf("the thread is %q, of %d live bytes the variable has %s", thread.Unwinding, r.a.Owners.LiveBytes, inJSON(l))
	held := l.RetainedBytes
	if held == nil && thread.Unwinding != "" {
		held = l.LetGoBytes // its function was left, and it is garbage
	}
	if l.Length == nil || held == nil || l.Type != want.typ || !want.length(*l.Length) || *held < *l.Length {
		t.Errorf("thread %q (failed: %v), %d bytes alive: local %s", thread.Unwinding, thread.Failed, r.a.Owners.LiveBytes, inJSON(l))
		return
	}
	if l.Type == "string" && *held > *l.Length+64 {
		t.Errorf("a string of %d characters retains %d bytes", *l.Length, *held)
	}
}

// inJSON shows what stands behind pointers, too.
func inJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// heaviest checks who holds most, by the target's rule, the package or file.
func (r answer) heaviest() {
	r.t.Helper()
	if heaviest := r.a.Owners.View("implementation").Rows[0]; heaviest.Kind != r.want.kind {
		r.t.Errorf("heaviest by implementation: %s", inJSON(heaviest))
	}
}

// fields is for the crash without a Starlark stack: the function is named by
// who holds the memory, with the place where the instances were made.
func (r answer) fields() {
	r.t.Helper()
	byFunction, byField := r.a.Owners.View("function").Rows, r.a.Owners.View("field").Rows
	i := slices.IndexFunc(byFunction, func(o heap.Owner) bool { return o.Kind == "function" })
	if i < 0 || byFunction[i].Function.Name != r.want.function || byFunction[i].Function.Place.File != r.file {
		r.t.Errorf("heaviest functions: %s", inJSON(byFunction))
	}
	i = slices.IndexFunc(byField, func(o heap.Owner) bool { return o.Kind == "field" })
	if i < 0 {
		r.t.Error("no field holds anything")
		return
	}
	most := byField[i]
	if most.Field != "text" || most.Made == nil || most.Made.File != r.file || most.Made.Line != 16 {
		r.t.Errorf("heaviest field: %s", inJSON(most))
		return
	}
	// Each text is "LABEL row N " and 200 dashes: with String and byte[]
	// between 24+16+224 and 24+16+248 bytes.
	if each := most.RetainedBytes / most.Nodes; each < 24+16+224 || each > 24+16+248 {
		r.t.Errorf("%d bytes a text", each)
	}
}
