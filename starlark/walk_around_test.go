// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"os"
	"path/filepath"
	"testing"
)

// TestLinkAround: a link to a folder that has the workspace in it, or to the
// kernel's, is not followed; one beside the workspace is.
func TestLinkAround(t *testing.T) {
	t.Parallel()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(dir, "ws")
	for path, text := range map[string]string{"ws/WORKSPACE": "", "ws/a.bzl": "def f(): pass\n", "beside/b.bzl": "def g(): pass\n", "c.bzl": "def h(): pass\n"} {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"up": "..", "root": "/", "proc": "/proc/self", "here": ".", "beside": "../beside"} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	files, _, err := walk(t.Context(), root, "")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, filepath.Base(f.path))
	}
	if len(names) != 3 || names[0] != "b.bzl" { // a.bzl, WORKSPACE
		t.Errorf("found %v", names)
	}
}
