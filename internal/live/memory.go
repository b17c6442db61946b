// SPDX-License-Identifier: Apache-2.0

package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/bazel/server"
	"example.invalid/starlark-memls/internal/filecache"
	"example.invalid/starlark-memls/internal/input"
)

// ErrNeverAsked says that there is nothing to compare with.
var ErrNeverAsked = errors.New("nothing to compare with: this server's heap was never asked for before")

// Remember keeps who held the heap, for the next time, below dir, whole or not
// at all, for this user alone: names of targets may be secrets.
func Remember(dir string, s *server.Server, r heap.Retained) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return filecache.Write(memory(dir, s), text)
}

// Remembered is who held the heap the last time that it was asked for, or
// ErrNeverAsked.
func Remembered(ctx context.Context, dir string, s *server.Server) (heap.Retained, error) {
	r, err := ReadRetained(ctx, memory(dir, s))
	if errors.Is(err, fs.ErrNotExist) {
		return r, ErrNeverAsked
	}
	return r, err
}

// ReadRetained reads a retained.json.
func ReadRetained(ctx context.Context, path string) (heap.Retained, error) {
	file, err := input.Open(ctx, path)
	if err != nil {
		return heap.Retained{}, err
	}
	defer file.Close()
	r, err := heap.ReadRetained(file)
	if err != nil {
		return r, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func memory(dir string, s *server.Server) string {
	return filepath.Join(dir, "last", filecache.Key(s.OutputBase)+".json")
}
