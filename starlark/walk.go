// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"example.invalid/starlark-memls/internal/input"
)

// Finding the workspace's files.
//
// The walk goes where Bazel's "//..." goes: everywhere below the root but the
// directories that are ignored (ignore.go), the bazel-* links, a directory that
// asks not to be walked through links, and output bases. It follows other
// symbolic links to directories, as Bazel does, but last, and never into a
// directory that was seen already: a circle of links ends there, and a file
// reached twice keeps its direct name.

// A found file, before it is read.
type found struct {
	path string // links resolved
	rel  string // the name below the root, by which labels call it
	kind fileKind
	stamp
}

// A stamp tells whether a file on disk is still the one that was read.
type stamp struct {
	size, mtime int64 // bytes, nanoseconds
}

func stampOf(info fs.FileInfo) stamp {
	return stamp{size: info.Size(), mtime: info.ModTime().UnixNano()}
}

// doNotFollow is the name of the file that keeps Bazel from following links
// out of its directory (RecursiveFilesystemTraversalValue).
const doNotFollow = "DONT_FOLLOW_SYMLINKS_WHEN_TRAVERSING_THIS_DIRECTORY_VIA_A_RECURSIVE_TARGET_PATTERN"

// A walker collects the files below one root.
type walker struct {
	root    string
	within  string
	ignored ignored

	mu       sync.Mutex
	files    []found
	links    []dir
	seen     map[string]bool // real directories
	problems []Problem
}

// A dir is a directory to be walked: its real path and its name below the root.
type dir struct{ path, rel string }

// walk returns every Starlark file below root, sorted by path. No link is
// followed out of within, if that is not empty.
func walk(ctx context.Context, root, within string) ([]found, []Problem, error) {
	w := &walker{root: root, within: within, seen: map[string]bool{}}
	w.ignored, w.problems = readIgnored(root, within)
	if err := w.tree(ctx, dir{path: root}); err != nil {
		return nil, nil, err
	}
	for len(w.links) > 0 {
		links := w.links
		w.links = nil
		slices.SortFunc(links, func(a, b dir) int { return strings.Compare(a.rel, b.rel) })
		for _, l := range links {
			if err := w.tree(ctx, l); err != nil {
				return nil, nil, err
			}
		}
	}
	slices.SortFunc(w.files, func(a, b found) int { return strings.Compare(a.path, b.path) })
	w.files = slices.CompactFunc(w.files, func(a, b found) bool { return a.path == b.path })
	return w.files, w.problems, nil
}

// tree walks one tree with as many directories at a time as there are cores.
func (w *walker) tree(ctx context.Context, top dir) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers())
	var visit func(d dir) error
	visit = func(d dir) error {
		for _, sub := range w.directory(d) {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !group.TryGo(func() error { return visit(sub) }) {
				if err := visit(sub); err != nil {
					return err
				}
			}
		}
		return nil
	}
	group.Go(func() error { return visit(top) })
	return group.Wait()
}

// directory notes the files of one directory and returns its subdirectories.
func (w *walker) directory(d dir) []dir {
	if !w.enter(d.path) {
		return nil
	}
	entries, err := os.ReadDir(d.path)
	if err != nil {
		w.problem(d.path, err, "make the directory readable or name it in .bazelignore")
	}
	hidesBuild, follow := false, true
	for _, e := range entries {
		switch e.Name() {
		case "BUILD.bazel":
			hidesBuild = !e.IsDir()
		case doNotFollow:
			follow = false
		case "DO_NOT_BUILD_HERE":
			return nil // an output base
		}
	}
	var files []found
	var subs, links []dir
	for _, e := range entries {
		name := e.Name()
		rel := path.Join(d.rel, name)
		if e.IsDir() {
			if name != ".git" && !w.ignored.has(rel) {
				subs = append(subs, dir{filepath.Join(d.path, name), rel})
			}
			continue
		}
		kind := kindOfFile(name)
		if e.Type()&fs.ModeSymlink != 0 {
			if l, f, ok := w.link(d, name, kind); ok && l.path != "" && follow {
				links = append(links, l)
			} else if ok && f.path != "" && !(hidesBuild && name == "BUILD") {
				files = append(files, f)
			}
			continue
		}
		if kind == notStarlark || !e.Type().IsRegular() || hidesBuild && name == "BUILD" {
			continue
		}
		full := filepath.Join(d.path, name)
		info, err := e.Info()
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				w.problem(full, err, "make the file readable")
			}
			continue
		}
		files = append(files, found{path: filepath.ToSlash(full), rel: rel, kind: kind, stamp: stampOf(info)})
	}
	w.mu.Lock()
	w.files = append(w.files, files...)
	w.links = append(w.links, links...)
	w.mu.Unlock()
	return subs
}

// link follows the symbolic link name in d to a directory or a Starlark file.
func (w *walker) link(d dir, name string, kind fileKind) (dir, found, bool) {
	rel := path.Join(d.rel, name)
	if strings.HasPrefix(name, "bazel-") || w.ignored.has(rel) {
		return dir{}, found{}, false
	}
	full := filepath.Join(d.path, name)
	real, err := filepath.EvalSymlinks(full)
	if err != nil {
		return dir{}, found{}, false // dangling, or a circle
	}
	if w.within != "" && !strings.HasPrefix(filepath.ToSlash(real), w.within+"/") {
		return dir{}, found{}, false
	}
	info, err := os.Stat(real)
	switch {
	case err != nil:
		return dir{}, found{}, false
	case info.IsDir():
		return dir{path: real, rel: rel}, found{}, !input.Around(real, w.root)
	case kind != notStarlark && info.Mode().IsRegular():
		return dir{}, found{path: filepath.ToSlash(real), rel: rel, kind: kind, stamp: stampOf(info)}, true
	}
	return dir{}, found{}, false
}

// enter reports whether a real directory is met for the first time.
func (w *walker) enter(real string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen[real] {
		return false
	}
	w.seen[real] = true
	return true
}

func (w *walker) problem(at string, err error, advice string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problems = append(w.problems, Problem{Path: filepath.ToSlash(at), Message: fmt.Sprintf("cannot be read: %v; %s", bare(err), advice)})
}

// bare is the cause of a file error without the path, which a Problem has.
func bare(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// leaves reports whether a path leads, through links, out of the directory
// within; "" is no limit.
func leaves(p, within string) bool {
	return within != "" && !strings.HasPrefix(cleanPath(p), within+"/")
}
