// SPDX-License-Identifier: Apache-2.0

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

	"golang.org/x/sys/unix"
)

// TestInterruptedHeap presses Ctrl-C while a packed dump comes through a pipe and
// is unpacked: the command ends with one line, though the pipe has no end, and
// leaves nothing behind.
func TestInterruptedHeap(t *testing.T) {
	t.Parallel()
	dir, temporary := t.TempDir(), t.TempDir()
	pipe := filepath.Join(dir, "pipe.hprof.gz")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	var member bytes.Buffer
	z := gzip.NewWriter(&member)
	head := append([]byte("JAVA PROFILE 1.0.2\x00\x00\x00\x00\x08"), make([]byte, 8)...)
	if _, err := z.Write(append(head, bytes.Repeat([]byte{0x23}, 64<<20)...)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "starlark-memls", "heap", pipe)
	c.Env = append(os.Environ(), "TMPDIR="+temporary, "XDG_CACHE_HOME="+dir)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	w, err := os.OpenFile(pipe, os.O_WRONLY, 0) // waits for the reader
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := w.Write(bytes.Repeat(member.Bytes(), 16)); err != nil { // more than a pipe holds: it is being read
		t.Fatal(err)
	}
	if err := c.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	err = c.Wait()
	if c.ProcessState.ExitCode() != exitFailed || stdout.Len() > 0 || strings.Count(stderr.String(), "\n") != 1 {
		t.Errorf("%v; it printed %q and %q", err, stdout.String(), stderr.String())
	}
	if left, _ := os.ReadDir(temporary); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
