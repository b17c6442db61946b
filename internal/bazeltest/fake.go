// SPDX-License-Identifier: Apache-2.0

//go:build linux

package bazeltest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// BuildFake builds the stand-in for Bazel, internal/measure/fakebazel,
// in a folder, and returns its path.
func BuildFake(dir string) (string, error) {
	path := filepath.Join(dir, "bazel")
	return path, goBuild(path, "example.invalid/starlark-memls/internal/measure/fakebazel")
}

// Behaving is a link to the stand-in, in a folder of its own, that behaves as
// told: a NAME=VALUE each, see measure/fakebazel.
func Behaving(t testing.TB, fake string, behaviour ...string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "behaviour"), []byte(strings.Join(behaviour, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "bazel")
	if err := os.Symlink(fake, link); err != nil {
		t.Fatal(err)
	}
	return link
}

// EndLeft fails the test for each client or server of Bazel's that was left
// with an output base below a path, and ends it. It finds them by the system's
// list of processes, not by the way of what is tested.
func EndLeft(t testing.TB, outputBases string) {
	t.Helper()
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range lines {
		text, _ := os.ReadFile(path) // one that has gone in between is none
		if !strings.Contains(string(text), "--output_base="+outputBases) {
			continue
		}
		t.Errorf("left running: %s", strings.ReplaceAll(string(text), "\x00", " "))
		var pid int
		if _, err := fmt.Sscanf(path, "/proc/%d/cmdline", &pid); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}
