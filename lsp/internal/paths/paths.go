// SPDX-License-Identifier: Apache-2.0

package paths

// Documents are known by URI, sources by path. Clients spell URIs their own
// way (file:///c%3A/x, file:///C:/x); go.lsp.dev/uri makes one of these out
// of all. A path is made canonical as the starlark package has them: links
// resolved, slashes.

import (
	"path/filepath"
	"strings"

	"go.lsp.dev/uri"
)

// OfURI is the source path of a URI, or "" where it is not a file here:
// untitled:, git:, a file on another host, one of another system (file:///C:/x
// where paths begin with a slash), or a path longer than any system takes.
func OfURI(u uri.URI) string {
	if len(u) > maxURI || !u.IsFile() || u.Path() == "" {
		return ""
	}
	path := u.FsPath()
	if !filepath.IsAbs(path) || strings.ContainsRune(path, 0) {
		return ""
	}
	return Canonical(path)
}

// maxURI bounds a URI in bytes: three for each of a path's, of which Windows
// takes 32,767 and others 4,096.
const maxURI = 3 * 32767

// Canonical resolves a path's links as far as it exists.
func Canonical(path string) string {
	path = filepath.Clean(path)
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		return filepath.ToSlash(resolved)
	}
	// A file that is not there yet lies in a directory that may be a link.
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(dir, filepath.Base(path))
	}
	return filepath.ToSlash(path)
}

// FromArgument reads a path as commands take it: a file URI or a path,
// relative ones to dir.
func FromArgument(arg, dir string) string {
	if strings.HasPrefix(arg, "file:") {
		if u, err := uri.Parse(arg); err == nil {
			return u.FsPath()
		}
	}
	if !filepath.IsAbs(arg) && dir != "" {
		return filepath.Join(dir, filepath.FromSlash(arg))
	}
	return arg
}

// Below reports whether path is dir or lies in it; both are canonical.
func Below(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}

// IsSource reports whether a path may be one that the starlark package reads.
func IsSource(path string) bool {
	name := path[strings.LastIndexByte(path, '/')+1:]
	switch name {
	case "BUILD", "WORKSPACE", ".bazelignore":
		return true
	}
	return strings.HasSuffix(name, ".bzl") || strings.HasSuffix(name, ".bazel")
}
