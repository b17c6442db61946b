// SPDX-License-Identifier: Apache-2.0

//go:build e2e || slow

package realtest

import (
	"fmt"
	"path/filepath"
	"testing"

	"example.invalid/starlark-memls/internal/bazeltest"
)

// A culprit is one package of examples/culprits and what a dump of its crash
// must say.
type culprit struct {
	function string
	file     string // below the workspace
	// line is what Bazel records in the frame of the thread that fails: that
	// of the last call begun. others are the further calls of the loop, where
	// a thread that does not fail may be as well. No line: no Starlark runs.
	line   int
	others []int
	// local is a variable that must be in the frame, with its type.
	local, typ string
	length     func(n int64) bool
	// owner is the start of the target's label, the package's or the .bzl's.
	owner string
	// kind of the row that must be the heaviest, by implementation.
	kind string
}

var culprits = map[string]culprit{
	"strings": {function: "concat_impl", file: "strings/concat.bzl", line: 13, local: "text", typ: "string",
		length: func(n int64) bool { return n >= 1<<20 && n%(256<<10) == 0 }, owner: "//strings:strings", kind: "rule"},
	"write": {function: "scribe_impl", file: "write/scribe.bzl", line: 28, others: []int{27, 29}, local: "text", typ: "string",
		length: func(n int64) bool { return n == 1<<20 }, owner: "//write:write", kind: "rule"},
	"lists": {function: "rows_impl", file: "lists/rows.bzl", line: 10, local: "rows", typ: "list",
		length: func(n int64) bool { return n > 10_000 }, owner: "//lists:lists_", kind: "rule"},
	"providers": {function: "keep_impl", file: "providers/keep.bzl", kind: "rule"},
	"macro": {function: "table_macro", file: "macro/table.bzl", line: 14, local: "table", typ: "dict",
		length: func(n int64) bool { return n > 10_000 }, owner: "//macro", kind: "package"},
	"toplevel": {function: "<toplevel>", file: "toplevel/constants.bzl", line: 6, owner: "//toplevel:constants.bzl", kind: "bzl"},
}

// attempts bounds the crashes that are made for one of a kind; one in some
// thirty is not.
const attempts = 4

func TestCulprits(t *testing.T) {
	for name, want := range culprits {
		for run := range runs {
			t.Run(fmt.Sprintf("%s/%d", name, run+1), func(t *testing.T) {
				t.Parallel()
				for range attempts {
					w := bazeltest.New(t, "culprits", bazeltest.WorkspaceOptions{NoLinks: true})
					h := crash(t, w, "128m", "//"+name+"/...")
					if h == nil {
						continue
					}
					a := answer{t: t, h: h, want: want, file: filepath.ToSlash(filepath.Join(w.Dir, want.file))}
					if a.check() {
						return
					}
				}
				t.Errorf("none of %d crashes left a dump of the kind", attempts)
			})
		}
	}
}

// TestOldBazels reads the dumps of Bazel 2.1.0 and 0.29.0, whose classes have
// other names. Where the innermost function is they have not written down.
func TestOldBazels(t *testing.T) {
	for _, version := range []string{"2.1.0", "0.29.0"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := bazeltest.New(t, "culprits", bazeltest.WorkspaceOptions{NoLinks: true, Bazel: bazeltest.FromNpm(t, version)})
			h := crash(t, w, "100m", "//strings/...")
			if h == nil {
				t.Skip("the server died before its dump was begun")
			}
			a := analyze(t, h)
			if len(a.Threads) == 0 {
				t.Fatalf("no Starlark thread; warnings %q", h.Warnings())
			}
			thread := a.Threads[0]
			frame := thread.Frames[0]
			if frame.Function.Name != "concat_impl" || frame.Place.File != filepath.Join(w.Dir, "strings/concat.bzl") || thread.Owner.Label != "//strings:strings" {
				t.Errorf("guilty: %s of %+v", inJSON(frame), thread.Owner)
			}
			found := false
			for _, l := range frame.Locals {
				if l.Name == "text" {
					found = l.Type == "string" && l.Length != nil && l.RetainedBytes != nil && *l.Length%(256<<10) == 0 && *l.Length > 1<<20 && *l.RetainedBytes >= *l.Length
				}
			}
			if !found {
				t.Errorf("locals: %s", inJSON(frame.Locals))
			}
			if row := a.Owners.View("function").Rows[0]; row.Function == nil || row.Function.Name != "concat_impl" {
				t.Errorf("heaviest function: %s", inJSON(row))
			}
		})
	}
}
