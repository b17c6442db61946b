// SPDX-License-Identifier: Apache-2.0

package archive_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"example.invalid/starlark-memls/internal/archive"
	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/internal/bazel/outputbase/outputbasetest"
	"example.invalid/starlark-memls/internal/filecache"
	"example.invalid/starlark-memls/internal/measurement"
)

var background = context.Background()

// crash is the recorded crash of a stage, in an output base of its own.
func crash(t *testing.T, stage string) measurement.Measurement {
	t.Helper()
	ob, err := outputbase.Open(outputbasetest.Write(t, stage))
	if err != nil {
		t.Fatal(err)
	}
	current, _, err := measurement.FromOutputBase(background, ob)
	if err != nil {
		t.Fatal(err)
	}
	return current
}

// numbered is a crash with an id and a time of its own.
func numbered(t *testing.T, n int, size int) measurement.Measurement {
	t.Helper()
	path := filepath.Join(t.TempDir(), "console")
	text := "FATAL: bazel ran out of memory and crashed. Printing stack trace:\njava.lang.OutOfMemoryError: Java heap space\n"
	if err := os.WriteFile(path, []byte(text+strings.Repeat("\n", size)), 0o644); err != nil {
		t.Fatal(err)
	}
	return measurement.Measurement{Path: path, Parts: map[measurement.Part][]string{measurement.Console: {path}},
		InvocationID: fmt.Sprintf("id-%03d", n), Ended: time.Date(2026, 1, 1, 0, n, 0, 0, time.UTC)}
}

func keep(t *testing.T, a *archive.Archive, m measurement.Measurement) string {
	t.Helper()
	path, err := a.Keep(background, "/srv/build/toy", m)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func list(t *testing.T, a *archive.Archive) []measurement.Measurement {
	t.Helper()
	found, warnings, err := a.List(background, "/srv/build/toy")
	if err != nil || len(warnings) > 0 {
		t.Fatal(warnings, err)
	}
	return found
}

func TestKeepRecordedCrash(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "crashes")
	a := archive.At(root, filecache.Budget{})
	m := crash(t, "3-crash")
	path := keep(t, a, m)
	kept := list(t, a)
	if len(kept) != 1 || kept[0].Path != path || !kept[0].Older {
		t.Fatalf("%+v", kept)
	}
	want, _ := measurement.Describe(background, m)
	got, _ := measurement.Describe(background, kept[0])
	if got.Status != measurement.OutOfMemory || got.MemoryLimitBytes != 150<<20 || got.InvocationID != want.InvocationID ||
		!got.End.Equal(want.End) || got.Command != "build" || got.Workspace != "/srv/build/toy" {
		t.Errorf("kept %+v, of %+v", got, want)
	}
	for _, part := range []measurement.Part{measurement.Console, measurement.Profile, measurement.FailureDetail} {
		before, _ := os.ReadFile(m.Parts[part][0])
		after, err := os.ReadFile(kept[0].Parts[part][0])
		if err != nil || !bytes.Equal(before, after) {
			t.Errorf("%s is not the same: %v", part, err)
		}
	}
	if dumps := kept[0].Parts[measurement.HeapDump]; len(dumps) != 1 || dumps[0] != m.Parts[measurement.HeapDump][0] {
		t.Errorf("heap dumps %v, want the path of the original", dumps)
	}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v: others may read it", path, info.Mode())
		}
		text, _ := os.ReadFile(path)
		if bytes.Contains(text, []byte(outputbasetest.Secret)) || strings.HasSuffix(path, ".hprof") {
			t.Errorf("%s holds what must not be kept", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Seen first without its console, then with it: one crash, the fuller copy,
// and nothing that was kept before is lost.
func TestKeepTwice(t *testing.T) {
	t.Parallel()
	a := archive.At(t.TempDir(), filecache.Budget{})
	m := crash(t, "1-crash")
	poor := m
	poor.Parts = map[measurement.Part][]string{measurement.FailureDetail: m.Parts[measurement.FailureDetail]}
	keep(t, a, poor)
	rich := m
	rich.Parts = map[measurement.Part][]string{measurement.Console: m.Parts[measurement.Console], measurement.Profile: m.Parts[measurement.Profile]}
	keep(t, a, rich)
	keep(t, a, poor)
	kept := list(t, a)
	if len(kept) != 1 || len(kept[0].Parts) != 3 {
		t.Errorf("%+v", kept)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for name, limits := range map[string]filecache.Budget{
		"number": {Entries: 3, Bytes: 1 << 20},
		"bytes":  {Entries: 100, Bytes: 15_200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := archive.At(t.TempDir(), limits)
			for n := range 10 {
				keep(t, a, numbered(t, n, 3_600))
			}
			kept := list(t, a)
			if len(kept) != 3 {
				t.Fatalf("%d are kept, want 3", len(kept))
			}
			for i, m := range kept {
				if want := fmt.Sprintf("id-%03d", 9-i); m.InvocationID != want {
					t.Errorf("crash %d is %s, want %s: newest first", i, m.InvocationID, want)
				}
			}
		})
	}
}

// A part too large to keep is left out, the others are kept.
func TestLargePart(t *testing.T) {
	t.Parallel()
	a := archive.At(t.TempDir(), filecache.Budget{Bytes: 4_000})
	path := keep(t, a, numbered(t, 1, 2_000))
	if _, err := os.Stat(filepath.Join(path, "console")); err == nil {
		t.Error("a console of half the limit was kept")
	}
	if _, err := os.Stat(filepath.Join(path, "measurement.json")); err != nil {
		t.Error(err)
	}
}

func TestKeepAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := crash(t, "1-crash")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			a := archive.At(dir, filecache.Budget{})
			if _, err := a.Keep(background, "/srv/build/toy", m); err != nil {
				t.Error(err)
			}
			if _, _, err := a.List(background, "/srv/build/toy"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	a := archive.At(dir, filecache.Budget{})
	if kept := list(t, a); len(kept) != 1 {
		t.Errorf("%d crashes, want one", len(kept))
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*", ".partial-*"))
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestOpenHonoursXDG(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", dir)
	a, err := archive.Open()
	if err != nil {
		t.Fatal(err)
	}
	if path := keep(t, a, numbered(t, 1, 0)); !strings.HasPrefix(path, filepath.Join(dir, "starlark-memls", "crashes")) {
		t.Errorf("kept in %s", path)
	}
}
