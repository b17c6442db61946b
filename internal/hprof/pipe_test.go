// SPDX-License-Identifier: Apache-2.0

//go:build unix

package hprof

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestPipe reads a dump from a named pipe, as it is and compressed.
func TestPipe(t *testing.T) {
	t.Parallel()
	dump := someDump()
	for name, content := range map[string][]byte{"plain": dump, "gzip": gzipped(t, dump), "zstd": zstded(t, dump)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "pipe")
			if err := unix.Mkfifo(path, 0o600); err != nil {
				t.Skip(err)
			}
			go os.WriteFile(path, content, 0o600)
			d, err := Open(context.Background(), path, OpenOptions{CacheDir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			if d.Objects() != 40_000 || d.Damage() != "" {
				t.Errorf("%d objects, damage %q", d.Objects(), d.Damage())
			}
		})
	}
}

// TestPipeCancelled gives up waiting for a writer that does not come.
func TestPipeCancelled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := Open(ctx, path, OpenOptions{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	// The writer comes after all, so that the reader ends with the test.
	if f, err := os.OpenFile(path, os.O_WRONLY|unix.O_NONBLOCK, 0); err == nil {
		f.Close()
	}
}
