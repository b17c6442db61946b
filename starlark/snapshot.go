// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// With returns the next snapshot: overlays replace the open buffers as a
// whole, changed files (absolute paths; a directory stands for all below it)
// are read again from disk. Everything that did not change is shared with w,
// which stays as it is. It fails only where ctx is done.
func (w *Workspace) With(ctx context.Context, overlays map[string][]byte, changed []string) (*Workspace, error) {
	next := &Workspace{
		root: w.root, opts: w.opts, files: slices.Clone(w.files),
		ids: w.ids, rels: w.rels, boundaries: w.boundaries, repos: w.repos,
		graph: w.graph, links: w.links, uses: w.uses, names: w.names,
		walked: w.walked, external: w.external, targets: w.targets,
	}
	next.opts.Overlays = overlays
	e := &edit{from: w, next: next, buffers: make(map[string][]byte, len(overlays))}
	for p, text := range overlays {
		e.buffers[w.indexed(p)] = text
	}
	if err := e.apply(ctx, changed); err != nil {
		return nil, fmt.Errorf("indexing %s: %w", w.root, err)
	}
	return next, nil
}

// indexed is the path by which a file is, or would be, indexed.
func (w *Workspace) indexed(p string) string {
	p = filepath.ToSlash(p)
	if _, ok := w.ids[p]; ok {
		return p
	}
	if real := cleanPath(p); real != p {
		return real
	}
	// A file that is not there yet may lie in a linked directory.
	return path.Join(cleanPath(path.Dir(p)), path.Base(p))
}

// An edit is the way from one snapshot to the next.
type edit struct {
	from, next *Workspace
	buffers    map[string][]byte
	// edited are the files with another summary; reshaped those whose face
	// changed with it.
	edited, reshaped []int32
	// rebuilt: files came or went, so the tables are to be made anew.
	rebuilt bool
	// ownIDs: next.ids is not shared with from any more.
	ownIDs bool
	// outside are buffers of files of other repositories.
	outside map[string][]byte
	// onDisk are the changed files by the paths they are indexed by.
	onDisk []string
}

func (e *edit) apply(ctx context.Context, changed []string) error {
	touched := e.touched(changed)
	if e.wantsWalk(changed) {
		if err := e.walk(ctx); err != nil {
			return err
		}
	}
	for _, p := range touched {
		if err := ctx.Err(); err != nil {
			return err
		}
		e.file(p)
	}
	e.next.external = e.next.external.next(e.onDisk, e.outside)
	if e.rebuilt || e.renamesRepositories() {
		e.next.number()
		return e.next.connect(ctx)
	}
	e.relink()
	return nil
}

// touched are the files to be looked at: changed ones, buffers that opened,
// changed or closed; BUILD.bazel before BUILD, which it hides.
func (e *edit) touched(changed []string) []string {
	set := map[string]bool{}
	for _, p := range changed {
		p = e.from.indexed(p)
		e.onDisk = append(e.onDisk, p)
		if kindOfFile(path.Base(p)) != notStarlark {
			set[p] = true
		}
	}
	for p, text := range e.buffers {
		if id, ok := e.from.ids[p]; !ok || !sameBuffer(e.from.files[id].overlay, text) {
			set[p] = true
		}
	}
	for _, src := range e.from.files {
		if src != nil && src.overlay != nil {
			if _, open := e.buffers[src.path]; !open {
				set[src.path] = true
			}
		}
	}
	for p := range maps.Clone(set) {
		if path.Base(p) == "BUILD.bazel" {
			set[path.Join(path.Dir(p), "BUILD")] = true
		}
	}
	list := slices.Collect(maps.Keys(set))
	slices.SortFunc(list, func(a, b string) int { return strings.Compare(b, a) })
	return list
}

func sameBuffer(a, b []byte) bool {
	return a != nil && b != nil && bytes.Equal(a, b)
}

// wantsWalk reports whether a change is not of single files.
func (e *edit) wantsWalk(changed []string) bool {
	for _, p := range changed {
		p = filepath.ToSlash(p)
		if path.Base(p) == ".bazelignore" || path.Base(p) == doNotFollow || p == e.from.root+"/REPO.bazel" {
			return true
		}
		if kindOfFile(path.Base(p)) != notStarlark {
			continue
		}
		if isDir(p) {
			return true
		}
		for _, src := range e.from.files { // a directory that is gone
			if src != nil && strings.HasPrefix(src.path, p+"/") {
				return true
			}
		}
	}
	return false
}

// walk looks at the whole tree again, reading only what changed.
func (e *edit) walk(ctx context.Context) error {
	files, problems, err := walk(ctx, filepath.FromSlash(e.next.root), e.next.opts.boundary(e.next.root))
	if err != nil {
		return err
	}
	e.next.walked = problems
	there := make(map[string]bool, len(files))
	var buf []byte
	for _, f := range files {
		there[f.path] = true
		id, known := e.from.ids[f.path]
		if known && (e.from.files[id].overlay != nil || e.from.files[id].stamp == f.stamp) {
			continue
		}
		var src *source
		if src, buf = readSource(f, buf, nil); src != nil {
			e.put(src)
		}
	}
	for _, src := range e.from.files {
		if src != nil && !there[src.path] && src.overlay == nil {
			e.remove(src.path)
		}
	}
	return nil
}

// file brings one file up to date.
func (e *edit) file(p string) {
	id, known := e.next.ids[p]
	if known && e.next.files[id] == nil {
		known = false
	}
	rel := ""
	if known {
		rel = e.next.files[id].rel
	} else if rel = e.relOf(p); rel == "" {
		if text, open := e.buffers[p]; open {
			if e.outside == nil {
				e.outside = map[string][]byte{}
			}
			e.outside[p] = text
		}
		return
	}
	f := found{path: p, rel: rel, kind: kindOfFile(path.Base(p))}
	if path.Base(p) == "BUILD" && e.hidden(p) {
		e.remove(p)
		return
	}
	if text, open := e.buffers[p]; open {
		e.put(e.buffer(f, text))
		return
	}
	info, err := os.Stat(p)
	if err != nil || !info.Mode().IsRegular() || leaves(p, e.next.opts.boundary(e.next.root)) {
		e.remove(p) // gone, or replaced by a link that may not be followed
		return
	}
	f.stamp = stampOf(info)
	if known && e.next.files[id].overlay == nil && e.next.files[id].stamp == f.stamp {
		return
	}
	if src, _ := readSource(f, nil, nil); src != nil {
		e.put(src)
	} else {
		e.remove(p)
	}
}

// relOf is the name of a new file below the root, "" where it is not one of
// the workspace's.
func (e *edit) relOf(p string) string {
	rel, ok := strings.CutPrefix(p, e.next.root+"/")
	if !ok {
		return ""
	}
	ignored, _ := readIgnored(e.next.root, e.next.opts.boundary(e.next.root)) // a fault was told when loading
	for dir := path.Dir(rel); dir != "."; dir = path.Dir(dir) {
		if ignored.has(dir) || path.Base(dir) == ".git" {
			return ""
		}
	}
	return rel
}

// hidden reports whether a BUILD file lies beside a BUILD.bazel.
func (e *edit) hidden(p string) bool {
	preferred := p + ".bazel"
	if _, open := e.buffers[preferred]; open {
		return true
	}
	id, ok := e.next.ids[preferred]
	return ok && e.next.files[id] != nil
}

// put enters a file into the next snapshot.
func (e *edit) put(src *source) {
	id, known := e.next.ids[src.path]
	if !known || e.next.files[id] == nil {
		e.rebuilt = true
		if !e.ownIDs {
			e.ownIDs = true
			e.next.ids = maps.Clone(e.next.ids)
		}
		if !known {
			id = int32(len(e.next.files))
			e.next.files = append(e.next.files, nil)
			e.next.ids[src.path] = id
		}
		e.next.files[id] = src
		return
	}
	old := e.next.files[id]
	src.repo = old.repo
	e.next.files[id] = src
	e.edited = append(e.edited, id)
	if face(old.sum) != face(src.sum) {
		e.reshaped = append(e.reshaped, id)
	}
}

func (e *edit) remove(p string) {
	if id, ok := e.next.ids[p]; ok && e.next.files[id] != nil {
		e.next.files[id] = nil
		e.rebuilt = true
	}
}

// buffer reads an open buffer, helped by what the file was before.
func (e *edit) buffer(f found, text []byte) *source {
	src := &source{path: f.path, rel: f.rel, kind: f.kind, overlay: text}
	if len(text) > maxFileBytes {
		p := tooBig(f.path, int64(len(text)))
		src.sum, src.problem = emptySummary(), &p
		return src
	}
	src.sum = summarize(f.kind, text)
	if src.sum.fault == nil {
		return src
	}
	if id, ok := e.from.ids[f.path]; ok && e.from.files[id] != nil {
		src.keepSound(e.from.files[id])
	}
	return src
}

// renamesRepositories reports whether an edit may have changed which
// repositories there are.
func (e *edit) renamesRepositories() bool {
	return slices.ContainsFunc(e.reshaped, func(id int32) bool {
		kind := e.next.files[id].kind
		return kind == moduleFile || kind == workspaceFile
	})
}

// relink renews what the reshaped files and those that looked into them link
// to. Other tables are shared.
func (e *edit) relink() {
	if len(e.reshaped) == 0 {
		return
	}
	n := e.next
	n.graph.to = slices.Clone(n.graph.to)
	n.graph.by = slices.Clone(n.graph.by)
	for _, id := range e.reshaped {
		e.reload(id)
	}
	stale := map[int32]bool{}
	for _, id := range e.reshaped {
		stale[id] = true
	}
	for id, links := range e.from.links {
		if links != nil && slices.ContainsFunc(links.deps, func(d int32) bool { return slices.Contains(e.reshaped, d) }) {
			stale[int32(id)] = true
		}
	}
	n.links = slices.Clone(n.links)
	n.uses = maps.Clone(n.uses)
	for id := range stale {
		e.dropUses(id, stale)
	}
	for id := range stale {
		n.links[id] = n.link(id)
	}
	for id := range stale {
		n.addUses(id, n.links[id])
	}
	n.names = n.names.with(e.reshaped)
	if len(n.names.changed) > maxChanged {
		n.names = n.indexNames()
	}
}

// reload renews the edges of the load graph that leave a file.
func (e *edit) reload(id int32) {
	n := e.next
	before, after := n.graph.to[id], n.loadsOf(id)
	n.graph.to[id] = after
	if slices.Equal(before, after) {
		return
	}
	for _, t := range distinct(before) {
		n.graph.by[t] = slices.DeleteFunc(slices.Clone(n.graph.by[t]), func(by int32) bool { return by == id })
	}
	for _, t := range distinct(after) {
		n.graph.by[t] = append(slices.Clone(n.graph.by[t]), id)
	}
}

// dropUses takes the old links of a file out of the reverse table. The lists
// are copied, so that appending to them does not touch the older snapshot's.
func (e *edit) dropUses(id int32, stale map[int32]bool) {
	if int(id) >= len(e.from.links) || e.from.links[id] == nil {
		return
	}
	for _, m := range e.from.links[id].made {
		for _, fn := range m.by {
			e.next.uses[fn.file] = slices.DeleteFunc(slices.Clone(e.next.uses[fn.file]), func(u use) bool { return stale[u.by.file] })
		}
	}
}

// with is the index with more files to scan.
func (x *nameIndex) with(ids []int32) *nameIndex {
	changed := slices.Clone(x.changed)
	for _, id := range ids {
		if !slices.Contains(changed, id) {
			changed = append(changed, id)
		}
	}
	return &nameIndex{files: x.files, changed: changed}
}
