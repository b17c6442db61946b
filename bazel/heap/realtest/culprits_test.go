//go:build slow

package realtest

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"starlark-memls/bazel/heap"
	"starlark-memls/bazeltest"
)

// A culprit is one package of examples/culprits and what a dump of its crash
// must say.
type culprit struct {
	memory   string
	function string
	file     string // below the workspace
	line     int    // as Bazel records it in the frame; 0 where there is none
	// local is a variable that must be in the frame, with its type.
	local, typ string
	length     func(n int64) bool
	// owner is the start of the target's label, the package's or the .bzl's.
	owner string
	// kind of the row that must be the heaviest, by implementation.
	kind string
}

var culprits = map[string]culprit{
	"strings": {memory: "128m", function: "concat_impl", file: "strings/concat.bzl", line: 13, local: "text", typ: "string",
		length: func(n int64) bool { return n >= 1<<20 && n%(256<<10) == 0 }, owner: "//strings:strings", kind: "rule"},
	"write": {memory: "128m", function: "scribe_impl", file: "write/scribe.bzl", line: 28, local: "text", typ: "string",
		length: func(n int64) bool { return n == 1<<20 }, owner: "//write:write", kind: "rule"},
	"lists": {memory: "128m", function: "rows_impl", file: "lists/rows.bzl", line: 10, local: "rows", typ: "list",
		length: func(n int64) bool { return n > 10_000 }, owner: "//lists:lists_", kind: "rule"},
	"providers": {memory: "128m", function: "keep_impl", file: "providers/keep.bzl", kind: "rule"},
	"macro": {memory: "128m", function: "table_macro", file: "macro/table.bzl", line: 14, local: "table", typ: "dict",
		length: func(n int64) bool { return n > 10_000 }, owner: "//macro", kind: "package"},
	"toplevel": {memory: "128m", function: "<toplevel>", file: "toplevel/constants.bzl", line: 6, owner: "//toplevel:constants.bzl", kind: "bzl"},
}

func TestCulprits(t *testing.T) {
	for name, want := range culprits {
		for run := range runs {
			t.Run(fmt.Sprintf("%s/%d", name, run+1), func(t *testing.T) {
				t.Parallel()
				w := bazeltest.New(t, "culprits", bazeltest.Options{NoLinks: true})
				h := crash(t, w, want.memory, "//"+name+"/...")
				check(t, w, h, name, want)
			})
		}
	}
}

// crash builds until Bazel dies and opens the dump it leaves.
func crash(t *testing.T, w *bazeltest.Workspace, memory, target string) *heap.Dump {
	t.Helper()
	r := w.Build(t, memory, target)
	dumps := w.HeapDumps(t)
	if len(dumps) == 0 {
		t.Fatalf("no heap dump; exit code %d:\n%s", r.ExitCode, r.Console)
	}
	h, err := heap.Open(context.Background(), dumps[0], heap.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func check(t *testing.T, w *bazeltest.Workspace, h *heap.Dump, name string, want culprit) {
	t.Helper()
	a, err := h.Analyze(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if warnings := h.Warnings(); len(warnings) > 0 {
		t.Errorf("warnings: %q", warnings)
	}
	for _, v := range a.Owners.Views {
		var sum int64
		for _, r := range v.Rows {
			sum += r.RetainedBytes
		}
		if sum != a.Owners.LiveBytes {
			t.Errorf("by %s the rows add up to %d bytes of %d", v.By, sum, a.Owners.LiveBytes)
		}
	}
	file := filepath.ToSlash(filepath.Join(w.Dir, want.file))
	if heaviest := a.Owners.View("implementation").Rows[0]; heaviest.Kind != want.kind {
		t.Errorf("heaviest by implementation: %+v", heaviest)
	}
	if want.line == 0 {
		if len(a.Threads) > 0 {
			t.Errorf("Starlark on a stack: %+v", a.Threads)
		}
		checkFields(t, a, want, file)
		return
	}
	if len(a.Threads) == 0 {
		t.Fatal("no Starlark thread")
	}
	thread := a.Threads[0]
	frame := thread.Frames[0]
	if frame.Function.Builtin {
		frame = thread.Frames[1]
	}
	if frame.Function.Name != want.function || frame.Place.File != file || frame.Place.Line != want.line {
		t.Errorf("guilty: %s at %s, want %s at %s:%d", frame.Function.Name, frame.Place, want.function, file, want.line)
	}
	if !strings.HasPrefix(thread.Owner.Label, want.owner) || !strings.HasPrefix(thread.Name, "skyframe-evaluator") {
		t.Errorf("thread %q evaluates %+v, want %s", thread.Name, thread.Owner, want.owner)
	}
	for _, l := range frame.Locals {
		if l.Name != want.local {
			continue
		}
		if l.Type != want.typ || !want.length(l.Length) || l.RetainedBytes < l.Length {
			t.Errorf("local %+v", l)
		}
		if l.Type == "string" && l.RetainedBytes > l.Length+64 {
			t.Errorf("a string of %d characters retains %d bytes", l.Length, l.RetainedBytes)
		}
		return
	}
	if want.local != "" {
		t.Errorf("no local %q in %+v", want.local, frame.Locals)
	}
}

// checkFields is for the crash without a Starlark stack: the function is named
// by who holds the memory.
func checkFields(t *testing.T, a *heap.Analysis, want culprit, file string) {
	t.Helper()
	for _, r := range a.Owners.View("function").Rows {
		if r.Kind == "function" {
			if r.Function.Name != want.function || r.Function.Place.File != file {
				t.Errorf("heaviest function: %+v", r)
			}
			break
		}
	}
	for _, r := range a.Owners.View("field").Rows {
		if r.Kind != "field" {
			continue
		}
		if r.Field != "text" || r.Made == nil || r.Made.File != file || r.Made.Line != 16 {
			t.Errorf("heaviest field: %+v", r)
		}
		// Each text is "LABEL row N " and 200 dashes: with String and byte[]
		// between 24+16+224 and 24+16+240 bytes.
		if each := r.RetainedBytes / r.Nodes; each < 24+16+224 || each > 24+16+248 {
			t.Errorf("%d bytes a text", each)
		}
		return
	}
	t.Error("no field holds anything")
}

// TestOldBazels reads the dumps of Bazel 2.1.0 and 0.29.0, whose classes have
// other names. Where the innermost function is they have not written down.
func TestOldBazels(t *testing.T) {
	for _, version := range []string{"2.1.0", "0.29.0"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := bazeltest.New(t, "culprits", bazeltest.Options{NoLinks: true, Bazel: bazeltest.FromNpm(t, version)})
			h := crash(t, w, "100m", "//strings/...")
			a, err := h.Analyze(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if len(a.Threads) == 0 {
				t.Fatalf("no Starlark thread; warnings %q", h.Warnings())
			}
			thread := a.Threads[0]
			frame := thread.Frames[0]
			if frame.Function.Name != "concat_impl" || frame.Place.File != filepath.Join(w.Dir, "strings/concat.bzl") || thread.Owner.Label != "//strings:strings" {
				t.Errorf("guilty: %+v of %+v", frame, thread.Owner)
			}
			found := false
			for _, l := range frame.Locals {
				if l.Name == "text" {
					found = l.Type == "string" && l.Length%(256<<10) == 0 && l.Length > 1<<20 && l.RetainedBytes >= l.Length
				}
			}
			if !found {
				t.Errorf("locals: %+v", frame.Locals)
			}
			if row := a.Owners.View("function").Rows[0]; row.Function == nil || row.Function.Name != "concat_impl" {
				t.Errorf("heaviest function: %+v", row)
			}
		})
	}
}
