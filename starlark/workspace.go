// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"go.starlark.net/syntax"
	"golang.org/x/sync/errgroup"
)

// A Workspace is an immutable snapshot of a workspace's sources. Its methods
// may be called by any number of goroutines; what they return belongs to the
// snapshot and must not be changed.
type Workspace struct {
	root string
	opts LoadOptions

	// files are the sources of the workspace by number; nil where one was
	// removed. A file keeps its number from snapshot to snapshot.
	files []*source
	ids   map[string]int32 // by path
	rels  map[string]int32 // by name below the root
	// boundaries are the directories below the root, by rel, that are the
	// roots of nested repositories.
	boundaries map[string]bool
	repos      *repositories
	graph      loadGraph
	links      []*fileLinks
	uses       map[int32][]use // by the implementation's file
	names      *nameIndex
	walked     []Problem

	external *externals
	targets  *targetMemo

	lazy lazy
}

// LoadOptions tell Load what it cannot find out by itself.
type LoadOptions struct {
	// OutputBase is where external/<repo> directories lie; "" is none.
	OutputBase string
	// CacheDir holds the index cache between runs; "" is none.
	CacheDir string
	// Overlays are open buffers by absolute path.
	Overlays map[string][]byte
	// Confined: read nothing outside root, wherever a link or a
	// local_repository in it leads. For workspaces that are not trusted.
	Confined bool
	// Parsed gets the text and the tree of each file that is parsed, of several
	// at once; the text is the callee's for the call alone. nil is nobody.
	Parsed func(path string, text []byte, tree *syntax.File)
}

// boundary is the directory that a confined workspace is read in, or "".
func (o LoadOptions) boundary(root string) string {
	if o.Confined {
		return root
	}
	return ""
}

// Load reads every Starlark file below root. It fails only where root is not
// a directory that can be read, or ctx is done; what is wrong with single
// files is in Problems.
func Load(ctx context.Context, root string, opts LoadOptions) (*Workspace, error) {
	resolved, err := resolveRoot(root)
	if err != nil {
		return nil, err
	}
	if opts.OutputBase != "" {
		opts.OutputBase = cleanPath(opts.OutputBase)
	}
	w := &Workspace{root: filepath.ToSlash(resolved), opts: opts}
	found, problems, err := walk(ctx, resolved, opts.boundary(w.root))
	if err != nil {
		return nil, fmt.Errorf("indexing %s: %w", root, err)
	}
	w.walked = problems
	cache := openCache(opts.CacheDir, w.root)
	if w.files, err = readAll(ctx, found, cache, opts.Parsed); err != nil {
		return nil, fmt.Errorf("indexing %s: %w", root, err)
	}
	cache.save(ctx, w.files)
	w.external = newExternals(opts.boundary(w.root))
	w.targets = newTargetMemo()
	w.number()
	if err := w.connect(ctx); err != nil {
		return nil, fmt.Errorf("indexing %s: %w", root, err)
	}
	if len(opts.Overlays) > 0 {
		return w.With(ctx, opts.Overlays, nil)
	}
	return w, nil
}

func resolveRoot(root string) (string, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return "", fmt.Errorf("workspace %s: %w", root, err)
	}
	resolved, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return "", fmt.Errorf("workspace %s: %w; give the directory of a Bazel workspace", root, bare(err))
	}
	info, err := os.Stat(resolved)
	if err != nil {
		return "", fmt.Errorf("workspace %s: %w", root, bare(err))
	}
	if !info.IsDir() {
		return "", fmt.Errorf("workspace %s: not a directory; give the directory of a Bazel workspace", root)
	}
	return resolved, nil
}

// readAll reads the files, from the cache where it knows them.
func readAll(ctx context.Context, files []found, cache *cache, parsed func(string, []byte, *syntax.File)) ([]*source, error) {
	out := make([]*source, len(files))
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for range workers() {
		group.Go(func() error {
			var buf []byte
			for {
				i := int(next.Add(1)) - 1
				if i >= len(files) {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				if sum := cache.get(files[i]); sum != nil {
					out[i] = &source{path: files[i].path, rel: files[i].rel, kind: files[i].kind, stamp: files[i].stamp, sum: sum}
					continue
				}
				out[i], buf = readSource(files[i], buf, parsed)
			}
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(out, func(s *source) bool { return s == nil }), nil
}

// number makes the tables that find files by name.
func (w *Workspace) number() {
	w.ids = make(map[string]int32, len(w.files))
	w.rels = make(map[string]int32, len(w.files))
	w.boundaries = map[string]bool{}
	for i, src := range w.files {
		if src == nil {
			continue
		}
		w.ids[src.path] = int32(i)
		w.rels[src.rel] = int32(i)
		if dir := path.Dir(src.rel); isBoundary(path.Base(src.rel)) && dir != "." {
			w.boundaries[dir] = true
		}
	}
	for i, src := range w.files {
		if src == nil {
			continue
		}
		if repo := w.repoRoot(src.rel); repo != src.repo {
			moved := *src // other snapshots share the old one
			moved.repo = repo
			w.files[i] = &moved
		}
	}
}

// repoRoot is the root directory of the repository around a file.
func (w *Workspace) repoRoot(rel string) string {
	if len(w.boundaries) > 0 {
		for dir := path.Dir(rel); dir != "."; dir = path.Dir(dir) {
			if w.boundaries[dir] {
				return path.Join(w.root, dir)
			}
		}
	}
	return w.root
}

// connect links the files with one another.
func (w *Workspace) connect(ctx context.Context) error {
	w.repos = w.findRepositories()
	if err := w.resolveLoads(ctx); err != nil {
		return err
	}
	if err := w.linkAll(ctx); err != nil {
		return err
	}
	w.names = w.indexNames()
	return nil
}

// source is the file with that number, in the workspace or outside of it.
func (w *Workspace) source(id int32) *source {
	if id < firstExternal {
		return w.files[id]
	}
	return w.external.source(id)
}

// Root is the workspace's directory, absolute, slash-separated, links
// resolved.
func (w *Workspace) Root() string { return w.root }

// Definitions yields every definition of the workspace, by file and position.
// Files of other repositories are not among them.
func (w *Workspace) Definitions() iter.Seq[*Definition] {
	return func(yield func(*Definition) bool) {
		for _, id := range w.byPath() {
			for _, d := range w.inFile(id) {
				if !yield(d) {
					return
				}
			}
		}
	}
}

// byPath are the numbers of the files, ordered by path.
func (w *Workspace) byPath() []int32 {
	ids := make([]int32, 0, len(w.files))
	for i, src := range w.files {
		if src != nil {
			ids = append(ids, int32(i))
		}
	}
	slices.SortFunc(ids, func(a, b int32) int { return strings.Compare(w.files[a].path, w.files[b].path) })
	return ids
}

// Files yields the paths of the workspace's Starlark files, ordered.
func (w *Workspace) Files() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, id := range w.byPath() {
			if !yield(w.files[id].path) {
				return
			}
		}
	}
}

// Problems are the files that could not be read, or not parsed in full, by
// path. Those with Syntax set are for whoever asks for them.
func (w *Workspace) Problems() []Problem {
	problems := slices.Clone(w.walked)
	for _, src := range w.files {
		switch {
		case src == nil:
		case src.problem != nil:
			problems = append(problems, *src.problem)
		case src.sum.fault != nil:
			problems = append(problems, syntaxProblem(src.path, src.sum.fault))
		}
	}
	slices.SortStableFunc(problems, func(a, b Problem) int { return strings.Compare(a.Path, b.Path) })
	return problems
}

// Rel is the path relative to the root with forward slashes where it lies
// below it, else the path itself.
func (w *Workspace) Rel(p string) string {
	p = filepath.ToSlash(p)
	if rest, ok := strings.CutPrefix(p, w.root+"/"); ok {
		return rest
	}
	return p
}

// cleanPath is a path absolute, slash-separated and with links resolved as
// far as it exists.
func cleanPath(p string) string {
	if real, err := filepath.EvalSymlinks(p); err == nil {
		p = real
	}
	if abs, err := filepath.Abs(p); err == nil {
		p = abs
	}
	return filepath.ToSlash(p)
}

// lazy is what a snapshot computes on demand.
type lazy struct {
	mu      sync.Mutex
	objects map[key]*Definition
	ordered map[int32][]*Definition
	links   map[int32]*fileLinks // of files outside the workspace
	macros  map[int32]map[int32]bool
	// abroad are files of other repositories, see abroad.go.
	abroad      []int32
	abroadKnown bool
}
