// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"path/filepath"

	"go.starlark.net/syntax"

	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/internal/filecache"
	"example.invalid/starlark-memls/starlark"
)

// boundaryFiles mark the root of a workspace (Bazel's WorkspaceLayout::
// InWorkspace, src/main/cpp/workspace_layout.cc).
var boundaryFiles = []string{"MODULE.bazel", "REPO.bazel", "WORKSPACE.bazel", "WORKSPACE"}

// findRoot is the workspace's folder, absolute: the one that is named, or the
// nearest around the current folder.
func findRoot(named string) (string, error) {
	dir := named
	if dir == "" {
		dir = "."
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if named != "" {
		// A folder that is named is taken at its word, boundary file or
		// not, if it is one.
		info, err := os.Stat(dir)
		if err == nil && !info.IsDir() {
			err = errNoWorkspace(dir)
		}
		return dir, err
	}
	for at := dir; ; at = filepath.Dir(at) {
		for _, name := range boundaryFiles {
			if info, err := os.Stat(filepath.Join(at, name)); err == nil && info.Mode().IsRegular() {
				return at, nil
			}
		}
		if at == filepath.Dir(at) {
			return "", errNoWorkspace(dir)
		}
	}
}

// ownOutputBase is where the workspace's own builds keep its external
// repositories, "" where there is none: evidence that was made elsewhere names
// functions of theirs as well.
func ownOutputBase(root string) string {
	base, _, err := outputbase.Find(root, outputbase.HostEnvironment())
	if err != nil {
		return ""
	}
	return base.Dir
}

// loadWorkspace indexes the sources, with the cache between runs where the
// system has a place for it.
func loadWorkspace(ctx context.Context, root, outputBase string) (*starlark.Workspace, error) {
	return loadParsed(ctx, root, outputBase, nil)
}

// loadParsed does the same, and hands on what it parses.
func loadParsed(ctx context.Context, root, outputBase string, parsed func(string, []byte, *syntax.File)) (*starlark.Workspace, error) {
	options := starlark.LoadOptions{OutputBase: outputBase, Parsed: parsed}
	if cache, err := filecache.Dir(); err == nil {
		options.CacheDir = filepath.Join(cache, "index")
	}
	return starlark.Load(ctx, root, options)
}
