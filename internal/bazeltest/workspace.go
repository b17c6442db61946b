// SPDX-License-Identifier: Apache-2.0

//go:build unix

package bazeltest

import (
	"crypto/md5"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// WorkspaceOptions say where a workspace's Bazel works. The zero value is what most
// tests want: the Bazel of Find, an output base of the test's own, links made.
type WorkspaceOptions struct {
	// Bazel is the binary; Find's if empty.
	Bazel string
	// DefaultOutputBase leaves the choice of the output base to Bazel: with a
	// home directory of the test's own that is
	// $HOME/.cache/bazel/_bazel_$USER/<md5 of the workspace's path>.
	DefaultOutputBase bool
	// NoLinks keeps Bazel from making bazel-* links in the workspace.
	NoLinks bool
}

// User is the user that builds say they run as.
const User = "builder"

// A Workspace is a copy of an example, with a Bazel server of its own.
type Workspace struct {
	// Dir is the workspace's root; Home is what Bazel takes for the user's
	// home directory; OutputBase is where the server lives. All are absolute,
	// without links, and inside the test's temporary directory.
	Dir, Home, OutputBase string

	bazel   string
	options WorkspaceOptions
}

// New copies the example of that name (a folder in examples/) to a temporary
// directory. When the test ends, its server is ended and all is removed.
func New(t testing.TB, example string, options WorkspaceOptions) *Workspace {
	t.Helper()
	if options.Bazel == "" {
		options.Bazel = Find(t)
	}
	// Bazel computes with the path without links, so that is the one to use.
	temporary, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatalf("making a workspace: %v", err)
	}
	w := &Workspace{
		Dir:     filepath.Join(temporary, example),
		Home:    filepath.Join(temporary, "home"),
		bazel:   options.Bazel,
		options: options,
	}
	userRoot := filepath.Join(w.Home, ".cache", "bazel", "_bazel_"+User)
	w.OutputBase = filepath.Join(userRoot, md5Hex(w.Dir))
	if !options.DefaultOutputBase {
		w.OutputBase = filepath.Join(temporary, "output_base")
	}
	if err := os.MkdirAll(w.Home, 0o755); err != nil {
		t.Fatalf("making a workspace: %v", err)
	}
	if err := copyExample(filepath.Join(Root(t), "examples", example), w.Dir); err != nil {
		t.Fatalf("copying the example %s: %v", example, err)
	}
	// Runs before t.TempDir's own removal, which read-only directories of
	// Bazel's or a server that still writes would defeat.
	t.Cleanup(func() {
		w.Shutdown(t)
		makeRemovable(temporary)
		// An editor's server that was just told to end may write its cache for a
		// moment more.
		for end := time.Now().Add(removing); os.RemoveAll(temporary) != nil && time.Now().Before(end); {
			time.Sleep(100 * time.Millisecond)
		}
	})
	return w
}

// removing is how long what still writes into a workspace may take to end.
const removing = 20 * time.Second

// The smallest edit that makes //memory:eat.bzl%traverse hand on what it says
// of a target itself, and no longer what it heard from all below.
const (
	culprit = "TraversedInfo(text = joined)"
	cure    = "TraversedInfo(text = own)"
)

// EaterFile is the culprit's file in the workspace memory-eater.
const EaterFile = "memory/eat.bzl"

// Fix repairs the workspace memory-eater, so that it builds under any limit
// that Bazel itself runs in.
func (w *Workspace) Fix(t testing.TB) { w.edit(t, EaterFile, culprit, cure) }

// Break undoes Fix.
func (w *Workspace) Break(t testing.TB) { w.edit(t, EaterFile, cure, culprit) }

// edit replaces the one place where old stands in a file.
func (w *Workspace) edit(t testing.TB, file, old, replacement string) {
	t.Helper()
	path := filepath.Join(w.Dir, filepath.FromSlash(file))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("editing the workspace: %v", err)
	}
	if n := strings.Count(string(text), old); n != 1 {
		t.Fatalf("%s has %q %d times, want it once", file, old, n)
	}
	text = []byte(strings.Replace(string(text), old, replacement, 1))
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatalf("editing the workspace: %v", err)
	}
}

// md5Hex is how Bazel names an output base after its workspace.
func md5Hex(path string) string {
	sum := md5.Sum([]byte(path))
	return hex.EncodeToString(sum[:])
}

// copyExample copies a workspace without its recordings, the tools that made
// them, and the links of builds that somebody ran in it by hand.
func copyExample(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch {
		case entry.IsDir() && strings.HasPrefix(relative, "measurements"):
			return filepath.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, relative), 0o755)
		case !entry.Type().IsRegular(), relative == "record", filepath.Ext(relative) == ".py":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, relative), text, 0o644)
	})
}

// makeRemovable gives every directory below dir the write bit back. What it
// cannot change, the removal that follows reports.
func makeRemovable(dir string) {
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			_ = os.Chmod(path, 0o755)
		}
		return nil
	})
}
