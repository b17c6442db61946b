// SPDX-License-Identifier: Apache-2.0

//go:build unix

package input

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func pipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestNoFile opens everything that a name may lead to and that is no file, by
// its name and through a link. Each is refused at once, in words.
func TestNoFile(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	names := map[string]string{pipe(t): "a pipe", socket: "a socket", "/dev/null": "a device", "/dev/zero": "a device"}
	if runtime.GOOS == "linux" {
		for _, name := range []string{"/proc/self/pagemap", "/proc/self/mem", "/proc/kmsg", "/proc/self/environ", "/proc/self/maps", "/proc/cpuinfo"} {
			names[name] = "the kernel makes it: /proc"
		}
		names["/sys/kernel/mm/transparent_hugepage/enabled"] = "the kernel makes it: /sys"
	}
	for name, word := range names {
		if _, err := os.Lstat(name); err != nil {
			continue // not on this machine
		}
		link := filepath.Join(t.TempDir(), "link")
		if err := os.Symlink(name, link); err != nil {
			t.Fatal(err)
		}
		for _, at := range []string{name, link} {
			within(t, at, func() {
				_, err := Open(t.Context(), at)
				if errors.Is(err, os.ErrPermission) {
					return
				}
				if !errors.Is(err, ErrNotRegular) || !strings.Contains(err.Error(), word) || !strings.Contains(err.Error(), at) {
					t.Errorf("%s (%s): %v, want it refused as %s", at, name, err, word)
				}
			})
		}
	}
}

// TestDevice: a device is not what anybody means, even by name.
func TestDevice(t *testing.T) {
	t.Parallel()
	if _, err := OpenNamed(t.Context(), "/dev/zero"); !errors.Is(err, ErrNotRegular) {
		t.Errorf("/dev/zero by name: %v", err)
	}
}

// TestPipe waits for a pipe's writer, reads what it writes, and ends with it.
func TestPipe(t *testing.T) {
	t.Parallel()
	path := pipe(t)
	go func() {
		w, err := os.OpenFile(path, os.O_WRONLY, 0) // waits for the reader
		if err != nil {
			return
		}
		defer w.Close()
		_, _ = w.WriteString("from a pipe")
	}()
	within(t, "a pipe with a writer", func() {
		f, err := OpenNamed(t.Context(), path)
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		text, err := io.ReadAll(f)
		if string(text) != "from a pipe" || err != nil || !f.Pipe() {
			t.Errorf("read %q, %v", text, err)
		}
	})
}

// TestPipeCancel ends a wait for a writer, and one for its words.
func TestPipeCancel(t *testing.T) {
	t.Parallel()
	path := pipe(t)
	ctx, cancel := context.WithCancel(t.Context())
	opened := make(chan error)
	go func() {
		_, err := OpenNamed(ctx, path)
		opened <- err
	}()
	cancel()
	within(t, "a pipe without a writer", func() {
		if err := <-opened; !errors.Is(err, context.Canceled) {
			t.Errorf("no writer: %v", err)
		}
	})

	writer, err := os.OpenFile(path, os.O_RDWR, 0) // says one thing and stays
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	if _, err := writer.WriteString("x"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	f, err := OpenNamed(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.ReadFull(f, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	cancel()
	within(t, "a silent writer", func() {
		if _, err := f.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
			t.Errorf("a silent writer: %v", err)
		}
	})
}
