// SPDX-License-Identifier: Apache-2.0

package live

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/bazel/server"
	"example.invalid/starlark-memls/internal/filecache"
)

// Heap asks the server for its heap and reads it. Nothing is kept of it.
func Heap(ctx context.Context, s *server.Server, o DumpOptions, read heap.ReadOptions) (*heap.Summary, Way, error) {
	read.CacheDir = "" // what is asked again is another heap
	if _, err := private(o.Dir); err != nil {
		return nil, "", err
	}
	if read.TempDir == "" {
		read.TempDir = o.Dir
	}
	var summary *heap.Summary
	way, err := Dump(ctx, s, o, func(ctx context.Context, path string) (err error) {
		summary, err = heap.Read(ctx, path, read)
		return err
	})
	if err != nil {
		return nil, way, err
	}
	summary.Dump = fmt.Sprintf("the living server, process %d", s.PID)
	return summary, way, nil
}

// Keep asks the server for its heap and keeps it in a file that must not be
// there yet, gzip'd where its name says so. The file gets its name when it is
// whole.
func Keep(ctx context.Context, s *server.Server, o DumpOptions, file string) error {
	unlock, err := lock(s)
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("%s is there already; name another file", file)
	}
	can, err := abilities(ctx, s)
	if err != nil {
		return err
	}
	dir, partial := filepath.Dir(file), file+".partial"
	os.Remove(partial)
	options := "-all"
	switch {
	case filepath.Ext(file) != ".gz":
	case can.gzip:
		options += " -gz=1"
	default:
		return fmt.Errorf("%s: this server's JVM cannot compress a dump; name a file without .gz", file)
	}
	if _, err := roomFor(s, dir, filepath.Ext(file) == ".gz"); err != nil {
		return err
	}
	defer os.Remove(partial)
	if err := outcome(s, ask(ctx, s.Process(), options, partial), nil); err != nil {
		return err
	}
	return os.Rename(partial, file)
}

// Store writes a summary as a measurement's heap.json, whole or not at all: no
// contents, but names.
func Store(s *heap.Summary, path string) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return filecache.Write(path, text)
}
