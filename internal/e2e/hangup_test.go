// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"example.invalid/starlark-memls/internal/bazeltest"
)

// TestSweepWhoseTerminalCloses: a sweep that is hung up on in the middle of a
// build, as when its terminal closes, ends by itself and takes its Bazel along;
// the same command goes on where it was.
func TestSweepWhoseTerminalCloses(t *testing.T) {
	t.Parallel()
	w := bazeltest.New(t, "memory-eater", bazeltest.WorkspaceOptions{NoLinks: true})
	dir := filepath.Dir(w.Dir)
	out, base := filepath.Join(dir, "series"), filepath.Join(dir, "sweep")
	c := exec.Command(program, "sweep", "--out", out, "--memory", "700m", "--runs", "4", "--warmup", "0", "--heap-dumps", "none",
		"--bazel", bazeltest.Find(t), "--output-base", base, "--", "//...")
	c.Dir, c.Env = w.Dir, environment(w)
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for building := false; !building; {
		select {
		case err := <-ended:
			t.Fatalf("it ended before its first build: %v\n%s", err, &said)
		case <-time.After(20 * time.Millisecond):
			under, _ := filepath.Glob(filepath.Join(out, ".unfinished-*", "console"))
			building = len(under) > 0
		}
	}
	if err := c.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err == nil {
			t.Errorf("it did not say that it was broken off:\n%s", &said)
		}
	case <-time.After(2 * time.Minute): // it allows its child 15 s
		_ = c.Process.Kill()
		t.Fatalf("it is still there:\n%s", &said)
	}
	noBazelOn(t, base)
	if left, _ := filepath.Glob(filepath.Join(out, "[0-9]*")); len(left) == 4 {
		t.Errorf("all four builds had ended before: %q", left)
	}
}
