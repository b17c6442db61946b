// SPDX-License-Identifier: Apache-2.0

package retained

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"example.invalid/starlark-memls/internal/bazel/heap"
)

const small = `{"schema": 1, "live_bytes": 300, "owners": [
 {"kind": "function", "name": "f", "file": "/w/a.bzl", "line": 3, "retained_bytes": 100, "objects": 1},
 {"kind": "provider_field", "name": "I.x made at /w/a.bzl:9", "file": "/w/a.bzl", "line": 9, "retained_bytes": 50, "objects": 1}]}`

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func record(status, limit, peak string) string {
	return `{"schema": 1, "memory_limit_bytes": ` + limit + `, "status": "` + status + `", "mode": "regular", "heap": {"peak_bytes": 1, "paused_micros": 1, "full_collections": 0, "peak_after_collection_bytes": ` + peak + `}}`
}

func TestRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bare := write(t, filepath.Join(dir, "bare", "retained.json"), small)
	write(t, filepath.Join(dir, "series", "1g-1", "retained.json"), small)
	write(t, filepath.Join(dir, "series", "1g-1", "measurement.json"), record("ok", "1073741824", "500000000"))
	write(t, filepath.Join(dir, "series", "1g-2", "retained.json"), small)
	write(t, filepath.Join(dir, "series", "1g-2", "measurement.json"), record("ok", "1073741824", "400000000"))
	write(t, filepath.Join(dir, "series", "1g-2", "console"), "INFO: Build completed successfully\n")

	s, err := Read(t.Context(), []string{bare}, "/w", heap.OpenOptions{})
	if err != nil || len(s.Builds) != 1 || !s.Bare() || !s.AtEnd() || s.Limit != nil {
		t.Fatalf("%+v, %v", s, err)
	}
	if o := s.Builds[0].Owners[1]; o.Name != "I.x" || o.File != "a.bzl" || o.Line != 9 {
		t.Errorf("the field is %+v", o)
	}
	s, err = Read(t.Context(), []string{filepath.Join(dir, "series")}, "", heap.OpenOptions{})
	if err != nil || len(s.Builds) != 2 || s.Measured != 2 || s.Bare() {
		t.Fatalf("%+v, %v", s, err)
	}
	if l := s.Limit; l == nil || l.From != FromCounters || l.Bytes != int64(.92*4e8) {
		t.Errorf("the limit is %+v", l)
	}
}

// TestLimitFromBuilds: builds that passed and crashed tell the limit better
// than counters.
func TestLimitFromBuilds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i, status := range []string{"ok", "ok", "out_of_memory", "ok", "out_of_memory", "ok"} {
		limit := []string{"800000000", "700000000", "400000000", "600000000", "450000000", "550000000"}[i]
		folder := filepath.Join(dir, limit+"-1")
		write(t, filepath.Join(folder, "measurement.json"), record(status, limit, "300000000"))
		write(t, filepath.Join(folder, "retained.json"), small)
	}
	s, err := Read(t.Context(), []string{dir}, "", heap.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if l := s.Limit; l == nil || l.From != FromBuilds || l.Bytes < 440e6 || l.Bytes > 570e6 || l.LowBytes >= l.Bytes || l.HighBytes <= l.Bytes {
		t.Errorf("the limit is %+v", l)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	console := write(t, filepath.Join(dir, "console"), "INFO: Build completed successfully\n")
	if _, err := Read(t.Context(), []string{console}, "", heap.OpenOptions{}); !errors.Is(err, ErrNone) {
		t.Errorf("a console: %v", err)
	}
	damaged := write(t, filepath.Join(dir, "retained.json"), small[:100])
	if _, err := Read(t.Context(), []string{damaged}, "", heap.OpenOptions{}); err == nil {
		t.Error("a damaged file is read")
	}
	if _, err := Read(t.Context(), []string{filepath.Join(dir, "nothing")}, "", heap.OpenOptions{}); err == nil || errors.Is(err, ErrNone) {
		t.Errorf("nothing: %v", err)
	}
}

func FuzzCompare(f *testing.F) {
	f.Add([]byte(small), []byte(small))
	f.Add([]byte(`{"schema":1,"owners":[]}`), []byte(small))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var sets [2]Set
		for i, text := range [][]byte{a, b} {
			path := filepath.Join(dir, "retained.json")
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := readRetained(t.Context(), path)
			if err != nil {
				return
			}
			sets[i] = One(r)
		}
		c := Compare(sets[0], sets[1])
		for i := range c.Changes {
			if c.Changes[i].Before == c.Changes[i].After {
				t.Errorf("no change: %+v", c.Changes[i])
			}
		}
	})
}
