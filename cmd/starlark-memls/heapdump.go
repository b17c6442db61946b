// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/plain"
)

// dumpNamed is the dump that the arguments of heap name: a file, or the newest
// in a folder; without one, the newest that a server of this workspace has left.
// Which of several was taken is said.
func (r *heapRequest) dumpNamed(c *cobra.Command, args []string) (string, error) {
	var found []outputbase.SeenFile
	var in string
	switch {
	case len(args) == 0:
		root, err := findRoot(r.workspace)
		if err != nil {
			return "", fmt.Errorf("%w; or name the heap dump", err)
		}
		base, _, err := outputbase.Find(root, outputbase.HostEnvironment())
		if err != nil {
			return "", fmt.Errorf("%w; or name the heap dump", err)
		}
		r.workspace, in = root, base.Dir
		for _, d := range base.HeapDumps {
			found = append(found, d.SeenFile)
		}
	default:
		path := dumpPath(args[0])
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			return path, nil // what is wrong with it, its reader says
		}
		in = path
		var err error
		if found, err = dumpsIn(c.Context(), path); err != nil {
			return "", err
		}
	}
	if len(found) == 0 {
		return "", errors.New(in + ": no heap dump is in it. starlark-memls arm has the running server leave one if it runs out of memory; starlark-memls live asks it now; report shows what a measurement has kept of its dump")
	}
	newest := found[0]
	which := newest.Path
	if len(found) > 1 {
		which += fmt.Sprintf(", the newest of %d heap dumps", len(found))
	}
	fmt.Fprintf(c.ErrOrStderr(), "starlark-memls: reading %s, of %s\n", plain.Path(which), newest.Modified.Local().Format(time.DateTime))
	return newest.Path, nil
}

// dumpsIn are the heap dumps in a folder, the newest first: an output base, a
// measurement, or a folder of measurements.
func dumpsIn(ctx context.Context, dir string) ([]outputbase.SeenFile, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, e := range entries {
		if outputbase.IsHeapDumpName(e.Name()) {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	if len(paths) == 0 {
		measurements, _, err := measurement.Open(ctx, dir)
		if err != nil && ctx.Err() != nil {
			return nil, err
		}
		for _, m := range measurements {
			paths = append(paths, m.Parts[measurement.HeapDump]...)
		}
	}
	var found []outputbase.SeenFile
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			found = append(found, outputbase.SeenFile{Path: path, Bytes: info.Size(), Modified: info.ModTime()})
		}
	}
	slices.SortFunc(found, func(a, b outputbase.SeenFile) int {
		return cmp.Or(b.Modified.Compare(a.Modified), cmp.Compare(a.Path, b.Path))
	})
	return found, nil
}
