//go:build unix

package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestInterruptedHeap presses Ctrl-C while a packed dump of 16 GB is inflated:
// the command ends with one line, long before it could be through, and leaves
// nothing behind.
func TestInterruptedHeap(t *testing.T) {
	t.Parallel()
	dir, temporary := t.TempDir(), t.TempDir()
	dump := filepath.Join(dir, "packed.hprof.gz")
	var member bytes.Buffer
	z := gzip.NewWriter(&member)
	head := append([]byte("JAVA PROFILE 1.0.2\x00\x00\x00\x00\x08"), make([]byte, 8)...)
	if _, err := z.Write(append(head, bytes.Repeat([]byte{0x23}, 64<<20)...)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dump, bytes.Repeat(member.Bytes(), 256), 0o600); err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "starlark-memls", "heap", dump)
	c.Env = append(os.Environ(), "TMPDIR="+temporary, "XDG_CACHE_HOME="+dir)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	inflating := func() []string {
		files, err := filepath.Glob(filepath.Join(temporary, "heap-*"))
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	for len(inflating()) == 0 && ctx.Err() == nil {
		time.Sleep(5 * time.Millisecond)
	}
	if err := c.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	err := c.Wait()
	if c.ProcessState.ExitCode() != exitFailed || stdout.Len() > 0 || strings.Count(stderr.String(), "\n") != 1 {
		t.Errorf("%v; it printed %q and %q", err, stdout.String(), stderr.String())
	}
	if left := inflating(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
