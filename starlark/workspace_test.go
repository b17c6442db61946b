// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// unpack writes an archive's files below a new directory, whose path it
// returns with links resolved.
func unpack(t testing.TB, archive string) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		write(t, filepath.Join(root, f.Name), string(f.Data))
	}
	return root
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// mustLoad loads a workspace that must load.
func mustLoad(t testing.TB, root string, opts LoadOptions) *Workspace {
	t.Helper()
	w, err := Load(context.Background(), root, opts)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "")
	for _, root := range []string{file, filepath.Join(t.TempDir(), "gone")} {
		if _, err := Load(context.Background(), root, LoadOptions{}); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line", root, err)
		}
	}
	w := mustLoad(t, t.TempDir(), LoadOptions{})
	for d := range w.Definitions() {
		t.Errorf("an empty directory has %v", d)
	}
}

// TestWalk: which files are the workspace's.
func TestWalk(t *testing.T) {
	t.Parallel()
	root := unpack(t, `
-- WORKSPACE.bazel --
-- MODULE.bazel --
-- deps.MODULE.bazel --
-- REPO.bazel --
repo(default_visibility = ["//visibility:private"])
ignore_directories(["**/node_modules", "deep/gen_*"])
-- node_modules/x.bzl --
-- deep/kept/node_modules/pkg/x.bzl --
-- deep/gen_1/x.bzl --
-- deep/kept/gen_1/x.bzl --
-- .bazelignore --
# a comment
ignored
deep/ignored/
-- BUILD --
-- a.bzl --
-- a.bzl.txt --
-- notBUILD --
-- ignored/x.bzl --
-- deep/ignored/x.bzl --
-- deep/kept/x.bzl --
-- both/BUILD --
-- both/BUILD.bazel --
-- .git/x.bzl --
-- bazel-dir/x.bzl --
-- out/DO_NOT_BUILD_HERE --
-- out/x.bzl --
-- nofollow/DONT_FOLLOW_SYMLINKS_WHEN_TRAVERSING_THIS_DIRECTORY_VIA_A_RECURSIVE_TARGET_PATTERN --
`)
	elsewhere := unpack(t, "-- y.bzl --\n-- sub/z.bzl --\n")
	for link, target := range map[string]string{
		"bazel-bin":         elsewhere,
		"deep/bazel-out":    elsewhere,
		"linked":            elsewhere,
		"circle":            ".",
		"deep/up":           "..",
		"self":              "self",
		"dangling.bzl":      "gone",
		"again":             "deep/kept",
		"link.bzl":          "a.bzl",
		"nofollow/linked":   elsewhere + "/sub",
		"deep/mutual_a":     "mutual_b",
		"deep/mutual_b":     "mutual_a",
		"deep/kept/to_root": root,
	} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	w := mustLoad(t, root, LoadOptions{})
	var got []string
	for p := range w.Files() {
		got = append(got, strings.Replace(w.Rel(p), elsewhere, "ELSEWHERE", 1))
	}
	slices.Sort(got)
	want := []string{
		"BUILD", "ELSEWHERE/sub/z.bzl", "ELSEWHERE/y.bzl", "MODULE.bazel", "REPO.bazel", "WORKSPACE.bazel",
		"a.bzl", "bazel-dir/x.bzl", "both/BUILD.bazel", "deep/kept/gen_1/x.bzl", "deep/kept/x.bzl", "deps.MODULE.bazel",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if len(w.Problems()) > 0 {
		t.Errorf("problems: %v", w.Problems())
	}
}

// TestProblems: each file that cannot be used gets one line.
func TestProblems(t *testing.T) {
	t.Parallel()
	root := unpack(t, "-- ok.bzl --\ndef f():\n    pass\n-- broken.bzl --\ndef g(:\n    pass\n")
	big := filepath.Join(root, "big.bzl")
	write(t, big, "x = 1\n")
	if err := os.Truncate(big, 50<<20); err != nil {
		t.Fatal(err)
	}
	w := mustLoad(t, root, LoadOptions{})
	var got []string
	for _, p := range w.Problems() {
		got = append(got, strings.Replace(p.String(), root+"/", "", 1))
		if strings.Contains(p.String(), "\n") {
			t.Errorf("not one line: %q", p)
		}
	}
	want := []string{
		"big.bzl: not read: 52428800 bytes, over the limit of 16777216 for a Starlark file; split it or name its directory in .bazelignore",
		"broken.bzl:2:9: syntax error: ",
	}
	if len(got) != 2 || got[0] != want[0] || !strings.HasPrefix(got[1], want[1]) {
		t.Errorf("got %q", got)
	}
	if len(w.Named("g")) != 1 || len(w.Named("f")) != 1 {
		t.Error("functions are missing")
	}
}

func TestAt(t *testing.T) {
	t.Parallel()
	root := unpack(t, "-- a.bzl --\n"+soundFile)
	w := mustLoad(t, root, LoadOptions{})
	p := filepath.Join(root, "a.bzl")
	for line, want := range map[int]string{1: "<toplevel>", 3: "_first", 4: "_first", 5: "<toplevel>", 6: "_second_impl", 7: "inner", 8: "inner", 9: "_second_impl", 10: "_second_impl", 13: "<toplevel>"} {
		if d := w.At(p, line); d == nil || d.Name != want {
			t.Errorf("line %d: %v, want %s", line, d, want)
		}
	}
	if d := w.At(p, 1000); d != nil {
		t.Errorf("line 1000 of a short file is in %s", d.Name)
	}
	if d := w.At(filepath.Join(root, "gone.bzl"), 1); d != nil {
		t.Error("a file that is not there has a definition")
	}
	if d := w.Frame(p, 10, "lambda"); d == nil || d.Enclosing.Name != "_second_impl" {
		t.Errorf("the lambda on line 10 is %v", d)
	}
	if d := w.Frame(p, 10, "_first"); d != nil {
		t.Errorf("_first is not on line 10: %v", d)
	}
}

func TestLoadGraph(t *testing.T) {
	t.Parallel()
	root := unpack(t, `
-- MODULE.bazel --
module(name = "mine")
include("//sub:x.MODULE.bazel")
-- sub/x.MODULE.bazel --
-- sub/BUILD --
-- a/BUILD --
load(":a.bzl", "a")
-- a/a.bzl --
load("//sub:b.bzl", "b")
load("@mine//sub:c.bzl", "c")
load("@@//sub:d.bzl", "d")
load("//gone:gone.bzl", "e")
load("@unknown//x:y.bzl", "f")
load("not a label:::", "g")
-- sub/b.bzl --
-- sub/c.bzl --
-- sub/d.bzl --
load("b.bzl", "b")
-- nested/MODULE.bazel --
-- nested/sub/b.bzl --
-- nested/x.bzl --
load("//sub:b.bzl", "b")
load("//sub:c.bzl", "c")
`)
	w := mustLoad(t, root, LoadOptions{})
	rels := func(paths []string) string {
		var out []string
		for _, p := range paths {
			out = append(out, w.Rel(p))
		}
		return strings.Join(out, " ")
	}
	for file, want := range map[string]string{
		"MODULE.bazel": "sub/x.MODULE.bazel",
		"a/BUILD":      "a/a.bzl",
		"a/a.bzl":      "sub/b.bzl sub/c.bzl sub/d.bzl",
		"sub/d.bzl":    "sub/b.bzl",
		"nested/x.bzl": "nested/sub/b.bzl sub/c.bzl",
		"gone.bzl":     "",
	} {
		if got := rels(w.Loads(filepath.Join(root, file))); got != want {
			t.Errorf("%s loads %q, want %q", file, got, want)
		}
	}
	for file, want := range map[string]string{
		"sub/b.bzl": "a/a.bzl sub/d.bzl",
		"sub/c.bzl": "a/a.bzl nested/x.bzl",
		"a/a.bzl":   "a/BUILD",
	} {
		if got := rels(w.LoadedBy(filepath.Join(root, file))); got != want {
			t.Errorf("%s is loaded by %q, want %q", file, got, want)
		}
	}
}
