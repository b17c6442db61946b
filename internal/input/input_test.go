// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func put(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRead(t *testing.T) {
	t.Parallel()
	path := put(t, "0123456789")
	for limit, want := range map[int64]error{100: nil, 10: nil, 9: ErrTooLarge, 0: ErrTooLarge} {
		text, err := ReadFile(t.Context(), path, limit)
		if !errors.Is(err, want) || err == nil && string(text) != "0123456789" {
			t.Errorf("at most %d bytes: %q, %v, want %v", limit, text, err, want)
		}
		var named *fs.PathError
		if err != nil && (!errors.As(err, &named) || named.Path != path) {
			t.Errorf("%v does not name %s", err, path)
		}
	}
	if _, err := ReadFile(t.Context(), path+"x", 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

// TestGrows reads a file that becomes longer than it was when it was opened.
func TestGrows(t *testing.T) {
	t.Parallel()
	path := put(t, "0123")
	f, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.Bound(6)
	if err := os.WriteFile(path, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	if string(text) != "012345" || !errors.Is(err, ErrTooLarge) {
		t.Errorf("read %q, %v; want six bytes and ErrTooLarge", text, err)
	}
	if f.Size() != 4 {
		t.Errorf("the size when it was opened: %d, want 4", f.Size())
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	f, err := Open(ctx, put(t, "0123"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cancel()
	if _, err := f.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("a read after the end of the context: %v", err)
	}
	if _, err := f.ReadAt(make([]byte, 1), 0); !errors.Is(err, context.Canceled) {
		t.Errorf("a read somewhere after the end of the context: %v", err)
	}
	if _, err := Open(ctx, f.Name()); !errors.Is(err, context.Canceled) {
		t.Errorf("an open after the end of the context: %v", err)
	}
}

func TestFolder(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(context.Context, string) (*File, error){"Open": Open, "OpenNamed": OpenNamed} {
		_, err := open(t.Context(), t.TempDir())
		if !errors.Is(err, ErrNotRegular) || !strings.Contains(err.Error(), "a folder") {
			t.Errorf("%s of a folder: %v", name, err)
		}
	}
}

// within fails where f takes longer than any open or refusal may.
func within(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { f(); close(done) }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatalf("%s: still waiting after a minute", what)
	}
}
