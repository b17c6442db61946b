// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
)

// A Resolution is a path that Bazel printed, mapped to a source.
type Resolution struct {
	Path string // absolute; "" where there is no such file
	How  string // "" for a direct match, else in words how it was matched
	// Note says why there is no file: a builtin, virtual builtins, …
	Note string
}

// Resolve maps a path as Bazel prints it to a source file: an absolute path
// of this workspace or of another checkout of it (matched by the longest path
// suffix that is a file here, though that checkout may lie on this machine,
// too: what is asked about is the code that is open), a file below some output
// base's external/ or execroot/, a path relative to the root, or a label such
// as "//p:x.bzl". Line and column must have been cut off. Where there is no
// source, Note says why.
func (w *Workspace) Resolve(printed string) Resolution {
	if printed == "" {
		return Resolution{Note: "no file was printed"}
	}
	if note := pseudoFile(printed); note != "" {
		return Resolution{Note: note}
	}
	if strings.HasPrefix(printed, "//") || strings.HasPrefix(printed, "@") {
		return w.resolveLabel(printed)
	}
	p := slashed(printed)
	if !isAbsolute(p) {
		return w.resolveRelative(p)
	}
	if id, ok := w.ids[p]; ok {
		return Resolution{Path: w.files[id].path}
	}
	if r, ok := w.resolveHere(p); ok {
		return r
	}
	if r, ok := w.resolveExternal(p); ok {
		return r
	}
	if r, ok := w.resolveExecroot(p); ok {
		return r
	}
	return w.resolveSuffix(p)
}

// pseudoFile explains names that are no files on any disk.
func pseudoFile(p string) string {
	switch {
	case strings.HasPrefix(p, "<") && strings.HasSuffix(p, ">"):
		return "part of Bazel itself (" + p + "): it has no Starlark source"
	case strings.HasPrefix(p, "/virtual_builtins_bzl/"), strings.HasPrefix(p, "@_builtins//"), strings.HasPrefix(p, "@@_builtins//"):
		return "Starlark built into Bazel: its source is in Bazel's own repository, below src/main/starlark/builtins_bzl"
	case strings.HasPrefix(p, "/DEFAULT.WORKSPACE"):
		return "a WORKSPACE part that Bazel makes up itself"
	}
	return ""
}

// slashed turns a Windows path into one with forward slashes.
func slashed(p string) string {
	if hasDrive(p) || strings.HasPrefix(p, `\\`) || !strings.Contains(p, "/") {
		p = strings.ReplaceAll(p, `\`, "/")
	}
	return path.Clean(p)
}

func hasDrive(p string) bool {
	return len(p) >= 3 && p[1] == ':' && (p[2] == '\\' || p[2] == '/') &&
		('a' <= p[0]|0x20 && p[0]|0x20 <= 'z')
}

func isAbsolute(p string) bool { return strings.HasPrefix(p, "/") || hasDrive(p) }

// resolveHere maps a path that exists as it was printed. One that is neither
// the workspace's nor a repository's of its is another checkout's, if it has a
// match here.
func (w *Workspace) resolveHere(p string) (Resolution, bool) {
	if _, err := os.Stat(p); err != nil {
		return Resolution{}, false
	}
	id := w.anyFile(p)
	if id < 0 {
		return Resolution{}, false
	}
	file := w.source(id).path
	if id >= firstExternal && !w.inLocalRepository(file) && !strings.Contains(p, "/external/") && w.suffixMatch(p) != "" {
		return w.resolveSuffix(p), true
	}
	return Resolution{Path: file}, true
}

func (w *Workspace) resolveLabel(printed string) Resolution {
	l, ok := ParseLabel(printed)
	if !ok {
		return Resolution{Note: "neither a path nor a label"}
	}
	dir, ok := w.repositoryDir(l.Repository)
	if !ok {
		return Resolution{Note: noRepository(l.Repository)}
	}
	p, _ := w.inDir(dir, l.file())
	if id := w.anyFile(p); id >= 0 {
		return Resolution{Path: w.source(id).path}
	}
	return Resolution{Note: "no file " + l.file() + " below " + dir}
}

func noRepository(name string) string {
	return "repository @" + name + " is not on this machine: build once here, or give its output base"
}

// resolveRelative maps a path relative to the root, as generator_location has.
func (w *Workspace) resolveRelative(p string) Resolution {
	if id, ok := w.rels[p]; ok {
		return Resolution{Path: w.files[id].path}
	}
	if r, ok := w.resolveExternal("/" + p); ok {
		return r
	}
	return Resolution{Note: "no file " + p + " below " + w.root}
}

// resolveExternal maps …/external/<repo>/<file> of any output base.
func (w *Workspace) resolveExternal(p string) (Resolution, bool) {
	before, rest, ok := cutLast(p, "/external/")
	if !ok {
		return Resolution{}, false
	}
	name, file, ok := strings.Cut(rest, "/")
	if !ok {
		return Resolution{}, false
	}
	dir, ok := w.repositoryDir(name)
	if !ok {
		// The path says whose file it is: one of ours that is called alike is
		// another, unless it lies in a directory that is called external.
		if strings.Contains("/"+w.suffixMatch(p), "/external/"+name+"/") {
			return Resolution{}, false
		}
		return Resolution{Note: noRepository(name)}, true
	}
	found, _ := w.inDir(dir, file)
	id := w.anyFile(found)
	if id < 0 {
		return Resolution{}, false
	}
	r := Resolution{Path: w.source(id).path}
	if before != w.opts.OutputBase {
		r.How = "repository " + name + " of another output base"
	} else if !strings.HasSuffix(dir, "/"+name) {
		r.How = "repository " + name + " is " + dir
	}
	return r, true
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// resolveExecroot maps …/execroot/<workspace>/<file>.
func (w *Workspace) resolveExecroot(p string) (Resolution, bool) {
	_, rest, ok := cutLast(p, "/execroot/")
	if !ok {
		return Resolution{}, false
	}
	_, file, ok := strings.Cut(rest, "/")
	if id, found := w.rels[file]; ok && found {
		return Resolution{Path: w.files[id].path, How: "below an execroot"}, true
	}
	return Resolution{}, false
}

// resolveSuffix maps a path of another checkout.
func (w *Workspace) resolveSuffix(p string) Resolution {
	rel := w.suffixMatch(p)
	if rel == "" || w.gone(p) {
		return Resolution{Note: "no such file in this workspace"}
	}
	other := strings.TrimSuffix(p, "/"+rel)
	return Resolution{
		Path: w.files[w.rels[rel]].path,
		How:  "longest path suffix: " + rel + " of the checkout at " + other,
	}
}

// gone reports whether the path is one of this very checkout that names no
// file any more: a file elsewhere in it with the same tail is another one.
func (w *Workspace) gone(p string) bool {
	if !strings.HasPrefix(p, w.root+"/") {
		return false
	}
	_, err := os.Stat(p)
	return errors.Is(err, fs.ErrNotExist)
}

// suffixMatch is the longest suffix of whole components of p that names a
// file of the workspace, or "". A checkout holds its files below its root, so
// only whole names below the root are looked for. A bare file name counts only
// where the directory is called like this workspace's, or no other file here
// is called so: every directory has a BUILD.
func (w *Workspace) suffixMatch(p string) string {
	for rest := p; ; {
		_, tail, ok := strings.Cut(rest, "/")
		if !ok {
			return ""
		}
		rest = tail
		if _, ok := w.rels[rest]; !ok {
			continue
		}
		if strings.Contains(rest, "/") || path.Base(path.Dir(p)) == path.Base(w.root) || w.onlyFileCalled(rest) {
			return rest
		}
		return ""
	}
}

func (w *Workspace) onlyFileCalled(base string) bool {
	if kindOfFile(base) != bzlFile {
		return false
	}
	for _, src := range w.files {
		if src != nil && path.Base(src.rel) == base && src.rel != base {
			return false
		}
	}
	return true
}
