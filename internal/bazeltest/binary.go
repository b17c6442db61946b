// SPDX-License-Identifier: Apache-2.0

//go:build unix

package bazeltest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Find returns the path of the Bazel to test with: $BAZEL, else the one on
// the PATH. It fails the test where there is none.
func Find(t testing.TB) string {
	t.Helper()
	name := os.Getenv("BAZEL")
	if name == "" {
		name = "bazel"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("no Bazel to test with (%v): install bazel-bootstrap: make deps", err)
	}
	path, err = filepath.Abs(path)
	if err != nil {
		t.Fatalf("finding Bazel: %v", err)
	}
	return path
}

// Root returns the root of this repository: the nearest directory with a
// go.mod at or above the directory that the test runs in.
func Root(t testing.TB) string {
	t.Helper()
	start, err := os.Getwd()
	if err != nil {
		t.Fatalf("finding the repository: %v", err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatalf("no go.mod at or above %s", start)
		}
	}
}
