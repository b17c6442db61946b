package starlark

import "strings"

// Exported returns the rule, aspect, provider, … or function that Bazel
// identifies as "<label of the .bzl file>%<name>", as in an aspect's key
// ("//memory:eat.bzl%traverse"), or nil.
func (w *Workspace) Exported(id string) *Definition {
	i := strings.LastIndexByte(id, '%')
	if i < 0 {
		return nil
	}
	r := w.Resolve(id[:i])
	if r.Path == "" {
		return nil
	}
	for _, d := range w.InFile(r.Path) {
		if d.Name == id[i+1:] && d.Enclosing == nil && d.Kind != Lambda {
			return d
		}
	}
	return nil
}
