// SPDX-License-Identifier: Apache-2.0

//go:build linux

package live

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"example.invalid/starlark-memls/internal/jfr"
	"example.invalid/starlark-memls/internal/jvmtest"
)

// recordedIn counts the allocations and collections in a recording.
func recordedIn(t *testing.T, path string) (allocations, collections int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, _ := f.Stat()
	if info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%s is open to others: %v", path, info.Mode())
	}
	_, err = jfr.Read(context.Background(), f, info.Size(), jfr.Visitor{
		Allocation: func(*jfr.Allocation) { allocations++ },
		Collection: func(*jfr.Collection) { collections++ },
	})
	if err != nil {
		t.Fatal(err)
	}
	return allocations, collections
}

func TestRecordAllocations(t *testing.T) {
	t.Parallel()
	jvmtest.Each(t, func(t *testing.T, jvm jvmtest.JVM) {
		p, s := running(t, jvm, 4, jvmtest.Recorder(t))
		dir, path := filepath.Join(t.TempDir(), "private, with a space"), filepath.Join(t.TempDir(), `with "quotes", and spaces.jfr`)
		for range 2 { // again, into the same file
			r, err := RecordAllocations(t.Context(), s, dir)
			if err != nil {
				t.Fatal(err)
			}
			p.Tell(t, "hold 40")
			p.Tell(t, "drop")
			p.Tell(t, "gc")
			if err := r.Stop(t.Context(), path); err != nil {
				t.Fatal(err)
			}
			if allocations, collections := recordedIn(t, path); allocations == 0 || collections == 0 {
				t.Errorf("%d allocations, %d collections", allocations, collections)
			}
		}
		empty(t, dir)
		p.Alive(t)
	})
}

// TestRecordedBeforeDeath: what the server had written before it was killed is
// not lost, nor left.
func TestRecordedBeforeDeath(t *testing.T) {
	t.Parallel()
	p, s := running(t, jvmtest.All(t)[0], 4, jvmtest.Recorder(t))
	r, err := RecordAllocations(t.Context(), s, filepath.Join(t.TempDir(), "private"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "recording.jfr")
	for until := time.Now().Add(2 * time.Minute); ; { // it writes once a second
		p.Tell(t, "hold 4")
		p.Tell(t, "drop")
		chunks, _ := filepath.Glob(filepath.Join(r.repository, "*.jfr"))
		if len(chunks) > 0 {
			text, _ := os.ReadFile(chunks[0])
			_ = os.WriteFile(path, text, 0o600)
			if n, _ := recordedIn(t, path); n > 0 {
				break
			}
		}
		if time.Now().After(until) {
			t.Fatal("nothing is written")
		}
	}
	p.Kill()
	if err := r.Stop(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if n, _ := recordedIn(t, path); n == 0 {
		t.Error("no allocations")
	}
	if _, err := os.Stat(r.repository); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is left: %v", r.repository, err)
	}
	if err := r.Stop(t.Context(), path); !errors.Is(err, errEndedFirst) {
		t.Errorf("with nothing left: %v", err)
	}
}
