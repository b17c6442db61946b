// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"context"
	"os"
	"path"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// What a load statement's label leads to, where it is no file of the workspace.
const (
	loadsNothing = -1 // no such file
	loadsOutside = -2 // a file of another repository, looked at when needed
)

// A loadGraph holds, by file number, where each load leads and who loads the
// file.
type loadGraph struct {
	to [][]int32
	by [][]int32
}

// resolveLoads fills the graph.
func (w *Workspace) resolveLoads(ctx context.Context) error {
	w.graph.to = make([][]int32, len(w.files))
	err := w.parallel(ctx, func(id int32) { w.graph.to[id] = w.loadsOf(id) })
	if err != nil {
		return err
	}
	w.graph.by = make([][]int32, len(w.files))
	for id := range w.graph.to {
		for _, target := range distinct(w.graph.to[id]) {
			w.graph.by[target] = append(w.graph.by[target], int32(id))
		}
	}
	return nil
}

// distinct are the files of a list of load targets, each once.
func distinct(targets []int32) []int32 {
	switch len(targets) {
	case 0:
		return nil
	case 1:
		if targets[0] < 0 {
			return nil
		}
		return targets
	}
	out := slices.Clone(targets)
	slices.Sort(out)
	out = slices.Compact(out)
	return slices.DeleteFunc(out, func(t int32) bool { return t < 0 })
}

// parallel calls do for every file, on all cores.
func (w *Workspace) parallel(ctx context.Context, do func(id int32)) error {
	const batch = 64
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for range workers() {
		group.Go(func() error {
			for {
				from := int(next.Add(batch)) - batch
				if from >= len(w.files) {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				for i := from; i < min(from+batch, len(w.files)); i++ {
					if w.files[i] != nil {
						do(int32(i))
					}
				}
			}
		})
	}
	return group.Wait()
}

// loadsOf resolves the labels that a workspace file loads.
func (w *Workspace) loadsOf(id int32) []int32 {
	src := w.files[id]
	if len(src.sum.loads) == 0 {
		return nil
	}
	out := make([]int32, len(src.sum.loads))
	for i := range src.sum.loads {
		out[i] = loadsNothing
		p, inside := w.labelFile(src, src.sum.loads[i].module)
		if target, ok := w.ids[p]; ok {
			out[i] = target
		} else if p != "" && !inside {
			out[i] = loadsOutside
		}
	}
	return out
}

// loadTarget is the number of the file that the i-th load of a file leads to,
// or negative. It reads files of other repositories as needed.
func (w *Workspace) loadTarget(id int32, i int) int32 {
	if id < firstExternal {
		if target := w.graph.to[id][i]; target != loadsOutside {
			return target
		}
	}
	src := w.source(id)
	p, _ := w.labelFile(src, src.sum.loads[i].module)
	return w.anyFile(p)
}

// labelFile maps a label written in the file src to a path, "" where its
// repository is not known; inside tells whether the path is the workspace's.
// For a file below the root the path is the one by which it is indexed.
func (w *Workspace) labelFile(src *source, label string) (p string, inside bool) {
	l, ok := ParseLabel(label)
	if !ok {
		return "", false
	}
	if !l.Absolute {
		return w.below(src, path.Join(w.packageOf(src), l.Name))
	}
	if l.Repository == "" && !l.Canonical && !strings.HasPrefix(label, "@") {
		return w.below(src, l.file())
	}
	dir, ok := w.repositoryDir(l.Repository)
	if !ok {
		return "", false
	}
	return w.inDir(dir, l.file())
}

// packageOf is the package that a file belongs to, by its name in its
// repository: the nearest directory upwards with a BUILD file. Where there is
// none, which Bazel would refuse, it is the file's own directory.
func (w *Workspace) packageOf(src *source) string {
	dir := path.Dir(src.rel)
	if src.repository == "" && src.repo != w.root {
		dir = strings.TrimPrefix(strings.TrimPrefix(path.Join(w.root, dir), src.repo), "/")
	}
	if dir == "." {
		dir = ""
	}
	if src.kind != bzlFile {
		return dir
	}
	for pkg := dir; ; pkg = parentPackage(pkg) {
		if w.isPackage(src, pkg) {
			return pkg
		}
		if pkg == "" {
			return dir
		}
	}
}

func parentPackage(pkg string) string {
	return strings.TrimSuffix(pkg[:strings.LastIndex(pkg, "/")+1], "/")
}

// isPackage reports whether a directory of the file's repository has a BUILD
// file.
func (w *Workspace) isPackage(src *source, dir string) bool {
	own := w.root
	if src.repo != "" {
		own = src.repo
	}
	for _, base := range []string{"BUILD.bazel", "BUILD"} {
		p := path.Join(own, dir, base)
		if rel, below := strings.CutPrefix(p, w.root+"/"); below && src.repository == "" {
			if _, ok := w.rels[rel]; ok {
				return true
			}
		} else if info, err := os.Stat(p); err == nil && info.Mode().IsRegular() {
			return true
		}
	}
	return false
}

// below finds a file of src's own repository: in the nested one around it
// first, since that is how the nested workspace is built by itself.
func (w *Workspace) below(src *source, file string) (string, bool) {
	if src.repository != "" {
		return path.Join(src.repo, file), false
	}
	if src.repo != w.root {
		nested := strings.TrimPrefix(path.Join(src.repo, file), w.root+"/")
		if id, ok := w.rels[nested]; ok {
			return w.files[id].path, true
		}
	}
	if id, ok := w.rels[file]; ok {
		return w.files[id].path, true
	}
	return path.Join(w.root, file), true
}

// inDir finds a file in a repository's directory, which may be the root.
func (w *Workspace) inDir(dir, file string) (string, bool) {
	p := path.Join(dir, file)
	if rest, ok := strings.CutPrefix(p, w.root+"/"); ok {
		if id, ok := w.rels[rest]; ok {
			return w.files[id].path, true
		}
		return p, true
	}
	return p, false
}

// Loads returns the files that a file loads, in order, those of other
// repositories included where they are here. path is absolute.
func (w *Workspace) Loads(path string) []string {
	id := w.anyFile(cleanPath(path))
	if id < 0 {
		return nil
	}
	var out []string
	for i := range w.source(id).sum.loads {
		if target := w.loadTarget(id, i); target >= 0 {
			out = append(out, w.source(target).path)
		}
	}
	return out
}

// LoadedBy returns the workspace's files that load a file of it, ordered.
func (w *Workspace) LoadedBy(path string) []string {
	id, ok := w.ids[cleanPath(path)]
	if !ok {
		return nil
	}
	var out []string
	for _, by := range w.graph.by[id] {
		if w.files[by] != nil {
			out = append(out, w.files[by].path)
		}
	}
	slices.Sort(out)
	return out
}
