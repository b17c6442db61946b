// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"bytes"
	"context"
	"path"
	"runtime"
	"sync"

	"go.starlark.net/syntax"
	"golang.org/x/sync/errgroup"

	"example.invalid/starlark-memls/starlark"
)

// Trees are the .bzl files that were parsed while a workspace was indexed, so
// that they need not be parsed again. They are for a workspace without open
// buffers.
type Trees struct {
	mu    sync.Mutex
	files map[string]*File
}

// Keep takes in a file; it is starlark.LoadOptions.Parsed.
func (t *Trees) Keep(file string, text []byte, tree *syntax.File) {
	if path.Ext(file) != ".bzl" {
		return
	}
	f := &File{Path: file, Text: bytes.Clone(text), Tree: tree}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.files == nil {
		t.files = map[string]*File{}
	}
	t.files[file] = f
}

// parse gives all files, those that were kept and the others.
func (t *Trees) parse(ctx context.Context, ws *starlark.Workspace, files []string) (map[string]*File, error) {
	out := make(map[string]*File, len(files))
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, file := range files {
		if t.files[file] != nil {
			mu.Lock()
			out[file] = t.files[file]
			mu.Unlock()
			continue
		}
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			f := parse(ws, file)
			mu.Lock()
			defer mu.Unlock()
			out[file] = f
			return nil
		})
	}
	return out, group.Wait()
}

// parse reads and parses a file; nil where it cannot be.
func parse(ws *starlark.Workspace, file string) *File {
	text, err := ws.Text(file)
	if err != nil {
		return nil
	}
	tree, err := starlark.Parse(file, text)
	if err != nil {
		return nil
	}
	return &File{Path: file, Text: text, Tree: tree}
}
