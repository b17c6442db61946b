// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"os"
	"path"
	"strings"
	"sync"
)

// firstExternal is the number of the first file outside the workspace.
const firstExternal = 1 << 24

// externals are the files of other repositories. They are read when a load, a
// label or a printed path leads to them, never by walking: an output base
// holds hundreds of thousands of files that this workspace never asks for.
// The table is shared by the snapshots that agree on its files.
type externals struct {
	mu    sync.Mutex
	files []*source
	ids   map[string]int32 // -1: there is no such file
	dirs  map[string]string
	// overlays are the open buffers outside of the workspace. They do not
	// change: other buffers make another table.
	overlays map[string][]byte
	// within is the directory outside which nothing is read; "" is no limit.
	within string
}

func newExternals(within string) *externals {
	return &externals{ids: map[string]int32{}, dirs: map[string]string{}, within: within}
}

func (x *externals) source(id int32) *source {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.files[id-firstExternal]
}

// directory remembers findExternal.
func (x *externals) directory(outputBase, name, module string) (string, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	dir, seen := x.dirs[name]
	if !seen {
		dir, _ = findExternal(outputBase, name, module)
		x.dirs[name] = dir
	}
	return dir, dir != ""
}

// open is the number of the file with that real path, which it reads unless
// it did so before; negative where there is none.
func (x *externals) open(p string, repo, repository string) int32 {
	x.mu.Lock()
	defer x.mu.Unlock()
	if id, ok := x.ids[p]; ok {
		return id
	}
	x.ids[p] = loadsNothing
	if x.within != "" && !strings.HasPrefix(p, x.within+"/") {
		return loadsNothing
	}
	src := x.read(p, strings.TrimPrefix(strings.TrimPrefix(p, repo), "/"))
	if src == nil {
		return loadsNothing
	}
	src.repo, src.repository = repo, repository
	id := int32(firstExternal + len(x.files))
	x.files = append(x.files, src)
	x.ids[p] = id
	return id
}

// read reads a file, from its buffer if it is open; nil where it is none.
func (x *externals) read(p, rel string) *source {
	kind := kindOfFile(path.Base(p))
	if kind == notStarlark {
		return nil
	}
	if text, open := x.overlays[p]; open && len(text) <= maxFileBytes {
		return &source{path: p, rel: rel, kind: kind, overlay: text, sum: summarize(kind, text)}
	}
	info, err := os.Stat(p)
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	src, _ := readSource(found{path: p, rel: rel, kind: kind, stamp: stampOf(info)}, nil, nil)
	return src
}

// next is the table with other buffers and without the files that changed,
// which will be read again; the table itself where neither concerns it. What
// was not there before is looked for again when anything on disk changed: a
// build may have fetched it.
func (x *externals) next(changed []string, overlays map[string][]byte) *externals {
	x.mu.Lock()
	defer x.mu.Unlock()
	stale := map[string]bool{}
	for _, p := range changed {
		if id, ok := x.ids[p]; ok && id >= 0 {
			stale[p] = true
		}
	}
	for p, text := range overlays {
		if !sameBuffer(x.overlays[p], text) {
			stale[p] = true
		}
	}
	for p := range x.overlays {
		if _, open := overlays[p]; !open {
			stale[p] = true
		}
	}
	if len(stale) == 0 && len(changed) == 0 {
		return x
	}
	next := newExternals(x.within)
	next.overlays = overlays
	next.files = append(next.files, x.files...)
	for p, id := range x.ids {
		if id >= 0 && !stale[p] {
			next.ids[p] = id
		}
	}
	for name, dir := range x.dirs {
		if dir != "" {
			next.dirs[name] = dir
		}
	}
	return next
}

// anyFile is the number of a file, of the workspace or of a repository that
// it knows; negative where there is none.
func (w *Workspace) anyFile(p string) int32 {
	if p == "" {
		return loadsNothing
	}
	if id, ok := w.ids[p]; ok {
		return id
	}
	real := cleanPath(p)
	if id, ok := w.ids[real]; ok {
		return id
	}
	if strings.HasPrefix(real, w.root+"/") && !w.inLocalRepository(real) {
		return loadsNothing // ignored, or not there
	}
	repo, repository := w.repositoryAround(real)
	return w.external.open(real, repo, repository)
}

// inLocalRepository reports whether the file lies in a repository that the
// main one names, though .bazelignore keeps it out of the walk.
func (w *Workspace) inLocalRepository(p string) bool {
	for _, dir := range w.repos.local {
		if strings.HasPrefix(p, dir+"/") {
			return true
		}
	}
	return false
}

// repositoryAround is the root directory and the name of the repository that
// a file outside the workspace belongs to.
func (w *Workspace) repositoryAround(p string) (dir, name string) {
	for n, d := range w.repos.local {
		if strings.HasPrefix(p, d+"/") && (len(d) > len(dir) || len(d) == len(dir) && n < name) {
			dir, name = d, n
		}
	}
	if dir != "" {
		return dir, name
	}
	if w.opts.OutputBase != "" {
		if rest, ok := strings.CutPrefix(p, w.opts.OutputBase+"/external/"); ok {
			name, _, _ = strings.Cut(rest, "/")
			return path.Join(w.opts.OutputBase, "external", name), name
		}
	}
	// A link in external/ that leads elsewhere: the nearest boundary file.
	for d := path.Dir(p); d != "/" && d != "."; d = path.Dir(d) {
		for _, b := range []string{"MODULE.bazel", "REPO.bazel", "WORKSPACE", "WORKSPACE.bazel"} {
			if _, err := os.Stat(path.Join(d, b)); err == nil {
				return d, path.Base(d)
			}
		}
	}
	return path.Dir(p), path.Base(path.Dir(p))
}
