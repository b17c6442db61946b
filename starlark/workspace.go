package starlark

import (
	"context"
	"iter"
)

// A Workspace is an immutable snapshot of a workspace's sources.
type Workspace struct {
	root string
}

// Options tell Load what it cannot find out by itself.
type Options struct {
	// OutputBase is where external/<repo> directories lie; "" is none.
	OutputBase string
	// CacheDir holds the index cache between runs; "" is none.
	CacheDir string
	// Overlays are open buffers by absolute path.
	Overlays map[string][]byte
}

// Load reads every Starlark file below root.
func Load(ctx context.Context, root string, opts Options) (*Workspace, error) {
	return &Workspace{root: root}, nil
}

// Root is the workspace's directory, absolute, links resolved.
func (w *Workspace) Root() string { return w.root }

// Definitions yields every definition, by file and position.
func (w *Workspace) Definitions() iter.Seq[*Definition] { return func(func(*Definition) bool) {} }

// Named returns the definitions Bazel would print with that name.
func (w *Workspace) Named(name string) []*Definition { return nil }

// InFile returns the definitions of one file by position.
func (w *Workspace) InFile(path string) []*Definition { return nil }

// At returns the innermost function (or toplevel) around a line.
func (w *Workspace) At(path string, line int) *Definition { return nil }

// Target returns the target with that label, in any of Bazel's spellings.
func (w *Workspace) Target(label string) *Definition { return nil }

// A Resolution is a path that Bazel printed, mapped to a source.
type Resolution struct {
	Path string // absolute; "" where there is no such file
	How  string // "" for a direct match, else in words how it was matched
	// Note says why there is no file: a builtin, virtual builtins, …
	Note string
}

// Resolve maps a path as Bazel prints it to a source file.
func (w *Workspace) Resolve(printed string) Resolution { return Resolution{} }

// Rel is the path relative to the root with forward slashes where it lies
// below it, else the path itself.
func (w *Workspace) Rel(path string) string { return path }

// With returns the next snapshot: overlays replace the open buffers as a
// whole, changed files are read again from disk.
func (w *Workspace) With(ctx context.Context, overlays map[string][]byte, changed []string) (*Workspace, error) {
	return w, nil
}
