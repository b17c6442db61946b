// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"context"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.invalid/starlark-memls/starlark/starlarktest"
)

const smallWorkspace = `
-- WORKSPACE --
-- a/BUILD --
load(":a.bzl", "r")
r(name = "x")
-- a/a.bzl --
load("//b:b.bzl", "impl", "make")
r = rule(implementation = impl)
made = make(impl)
-- b/BUILD --
-- b/b.bzl --
def impl(ctx):
    return []

def make(i):
    return rule(implementation = i)
-- c/c.bzl --
def lonely():
    pass
`

func with(t testing.TB, w *Workspace, overlays map[string][]byte, changed ...string) *Workspace {
	t.Helper()
	next, err := w.With(context.Background(), overlays, changed)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// TestWithAgreesWithLoad: whatever happens to the files, the next snapshot
// says what loading the workspace afresh says.
func TestWithAgreesWithLoad(t *testing.T) {
	t.Parallel()
	root := unpack(t, smallWorkspace)
	in := func(p string) string { return filepath.Join(root, p) }
	steps := []struct {
		name    string
		do      func()
		changed []string
	}{
		{"edit a body", func() {
			write(t, in("b/b.bzl"), "def impl(ctx):\n    x = 1\n    return [x]\n\ndef make(i):\n    return rule(implementation = i)\n")
		}, []string{"b/b.bzl"}},
		{"change what a factory makes", func() {
			write(t, in("b/b.bzl"), "def impl(ctx):\n    pass\n\ndef make(i):\n    return aspect(implementation = lambda t, c: [])\n")
		}, []string{"b/b.bzl"}},
		{"rename an implementation", func() {
			write(t, in("b/b.bzl"), "def other(ctx):\n    pass\nimpl = other\ndef make(i):\n    return rule(implementation = i)\n")
		}, []string{"b/b.bzl"}},
		{"add a file", func() { write(t, in("b/new.bzl"), "def fresh():\n    pass\n") }, []string{"b/new.bzl"}},
		{"load it", func() {
			write(t, in("a/a.bzl"), "load(\"//b:new.bzl\", \"fresh\")\nr = rule(implementation = fresh)\n")
		}, []string{"a/a.bzl"}},
		{"remove it", func() { os.Remove(in("b/new.bzl")) }, []string{"b/new.bzl"}},
		{"bring it back", func() { write(t, in("b/new.bzl"), "\n\ndef fresh():\n    pass\n") }, []string{"b/new.bzl"}},
		{"hide a BUILD", func() { write(t, in("a/BUILD.bazel"), "filegroup(name = \"y\")\n") }, []string{"a/BUILD.bazel"}},
		{"show it again", func() { os.Remove(in("a/BUILD.bazel")) }, []string{"a/BUILD.bazel"}},
		{"add a directory", func() { write(t, in("d/e/x.bzl"), "def deep():\n    pass\n") }, []string{"d/e/x.bzl"}},
		{"ignore it", func() { write(t, in(".bazelignore"), "d\n") }, []string{".bazelignore"}},
		{"do not", func() { os.Remove(in(".bazelignore")) }, []string{".bazelignore"}},
		{"ignore it by a pattern", func() { write(t, in("REPO.bazel"), "ignore_directories([\"**/e\"])\n") }, []string{"REPO.bazel"}},
		{"add to what is ignored", func() { write(t, in("d/e/y.bzl"), "def unseen():\n    pass\n") }, []string{"d/e/y.bzl"}},
		{"ignore no more", func() { os.Remove(in("REPO.bazel")) }, []string{"REPO.bazel"}},
		{"break a file", func() { write(t, in("c/c.bzl"), "def lonely(:\n    pass\n\ndef two():\n    pass\n") }, []string{"c/c.bzl"}},
		{"name a repository", func() {
			write(t, in("near/x.bzl"), "def n(ctx):\n    pass\n")
			write(t, in("WORKSPACE"), "local_repository(name = \"near\", path = \"near\")\n")
			write(t, in("a/a.bzl"), "load(\"@near//:x.bzl\", \"n\")\nr = rule(implementation = n)\n")
		}, []string{"WORKSPACE", "a/a.bzl", "near/x.bzl"}},
		{"touch nothing", func() {}, []string{"a/a.bzl", "gone.bzl", "not_starlark.txt"}},
	}
	w := mustLoad(t, root, LoadOptions{})
	clock := time.Now().Add(-time.Hour)
	for _, s := range steps {
		before := listing(w)
		s.do()
		clock = clock.Add(time.Second)
		var changed []string
		for _, c := range s.changed {
			changed = append(changed, in(c))
			_ = os.Chtimes(in(c), clock, clock) // gone files have none
		}
		next := with(t, w, nil, changed...)
		if got, want := listing(next), listing(mustLoad(t, root, LoadOptions{})); got != want {
			t.Errorf("%s: With says:\n%s\nLoad says:\n%s", s.name, got, want)
		}
		if listing(w) != before {
			t.Errorf("%s: the older snapshot changed", s.name)
		}
		w = next
	}
}

// TestRandomSteps does the same with random edits through buffers and disk.
func TestRandomSteps(t *testing.T) {
	t.Parallel()
	root := unpack(t, "-- WORKSPACE --\n")
	paths := starlarktest.Generate(t, root, 40)
	random := rand.New(rand.NewPCG(3, 4))
	w := mustLoad(t, root, LoadOptions{})
	overlays := map[string][]byte{}
	clock := time.Now().Add(-time.Hour)
	for step := range 120 {
		i := random.IntN(len(paths))
		p := paths[i]
		var changed []string
		switch random.IntN(4) {
		case 0: // a buffer opens or changes
			overlays = maps.Clone(overlays)
			overlays[p] = []byte(starlarktest.File(random, i))
		case 1: // and closes
			overlays = maps.Clone(overlays)
			delete(overlays, p)
		case 2:
			write(t, p, starlarktest.File(random, i))
			clock = clock.Add(time.Second)
			if err := os.Chtimes(p, clock, clock); err != nil {
				t.Fatal(err)
			}
			changed = []string{p}
		case 3:
			_ = os.Remove(p) // it may be gone already
			changed = []string{p}
		}
		w = with(t, w, overlays, changed...)
		if step%10 == 9 {
			if got, want := listing(w), listing(mustLoad(t, root, LoadOptions{Overlays: overlays})); got != want {
				t.Fatalf("step %d: With and Load disagree: %s", step, firstDifference(got, want))
			}
		}
	}
}

func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "got " + a[i] + ", want " + b[i]
		}
	}
	return "one is longer"
}

func TestOverlays(t *testing.T) {
	t.Parallel()
	root := unpack(t, smallWorkspace)
	p := filepath.Join(root, "c/c.bzl")
	w := mustLoad(t, root, LoadOptions{Overlays: map[string][]byte{p: []byte("def buffered():\n    pass\n")}})
	if len(w.Named("buffered")) != 1 || len(w.Named("lonely")) != 0 {
		t.Error("Load ignores the buffer")
	}
	closed := with(t, w, nil)
	if len(closed.Named("buffered")) != 0 || len(closed.Named("lonely")) != 1 {
		t.Error("the closed buffer is still there")
	}
	unsaved := filepath.Join(root, "c/unsaved.bzl")
	w = with(t, closed, map[string][]byte{unsaved: []byte("def draft():\n    pass\n")})
	if len(w.Named("draft")) != 1 {
		t.Error("a buffer without a file is not indexed")
	}
	if w = with(t, w, nil); len(w.Named("draft")) != 0 {
		t.Error("it stays when it closes")
	}
}

// TestSharing: an edit reads nothing but the edited file.
func TestSharing(t *testing.T) {
	t.Parallel()
	root := unpack(t, smallWorkspace)
	w := mustLoad(t, root, LoadOptions{})
	p := filepath.Join(root, "c/c.bzl")
	next := with(t, w, map[string][]byte{p: []byte("def lonely():\n    # why\n    pass\n")})
	shared := 0
	for i := range w.files {
		if w.files[i] == next.files[i] {
			shared++
		}
	}
	if shared != len(w.files)-1 {
		t.Errorf("%d of %d files are shared", shared, len(w.files))
	}
	if &w.links[0] != &next.links[0] {
		t.Error("an edit of a body linked anew")
	}
}

// TestConcurrent is for the race detector.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	root := unpack(t, smallWorkspace)
	w := mustLoad(t, root, LoadOptions{})
	p := filepath.Join(root, "b/b.bzl")
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			now := w
			for n := range 20 {
				now = with(t, now, map[string][]byte{p: []byte(strings.Repeat("\n", i+n) + "def impl(ctx):\n    pass\n")})
				now.Named("impl")
				now.Target("//a:x")
				listing(now)
				now.At(p, 1)
			}
		})
	}
	group.Wait()
}

func TestCancel(t *testing.T) {
	t.Parallel()
	root := unpack(t, smallWorkspace)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Load(ctx, root, LoadOptions{}); err == nil {
		t.Error("Load goes on when it is cancelled")
	}
	w := mustLoad(t, root, LoadOptions{})
	if _, err := w.With(ctx, nil, []string{filepath.Join(root, "a/a.bzl")}); err == nil {
		t.Error("With goes on when it is cancelled")
	}
}

// TestOneDefinitionEach: within a snapshot a definition is one pointer, however
// it is come by.
func TestOneDefinitionEach(t *testing.T) {
	t.Parallel()
	w := mustLoad(t, unpack(t, smallWorkspace), LoadOptions{})
	all := slices.Collect(w.Definitions())
	for _, d := range all {
		if !slices.Contains(w.InFile(d.File), d) || !slices.Contains(w.Named(d.Name), d) {
			t.Errorf("%s is not the same in InFile and Named", d.Name)
		}
		for _, other := range append(append([]*Definition{}, d.Uses...), d.Implementation, d.Enclosing, d.MadeBy) {
			if other != nil && !slices.Contains(all, other) {
				t.Errorf("%s leads to a %s that is not in Definitions", d.Name, other.Name)
			}
		}
	}
}
