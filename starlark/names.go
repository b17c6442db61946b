// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"slices"
	"strings"
)

// A nameIndex finds the files that define a name. It is made once for all
// files; a later snapshot lists the files that changed since, which are
// scanned.
type nameIndex struct {
	files   map[string][]int32
	changed []int32
}

// maxChanged is how many changed files are scanned before the index is made
// anew.
const maxChanged = 64

func (w *Workspace) indexNames() *nameIndex {
	x := &nameIndex{files: make(map[string][]int32, 4*len(w.files))}
	for id, src := range w.files {
		if src == nil {
			continue
		}
		add := func(name string) {
			list := x.files[name]
			if n := len(list); n == 0 || list[n-1] != int32(id) {
				x.files[name] = append(list, int32(id))
			}
		}
		for i := 1; i < len(src.sum.functions); i++ {
			add(src.sum.functions[i].name)
		}
		bindings := src.sum.functions[0].bindings
		for i := range bindings {
			if mayConstruct(&bindings[i].value) {
				add(bindings[i].name)
			}
		}
	}
	return x
}

// Named returns the definitions of the workspace that Bazel would print with
// that name, by file and position: "traverse_impl", "lambda", "<toplevel>",
// or a target's label.
func (w *Workspace) Named(name string) []*Definition {
	if strings.HasPrefix(name, "//") || strings.HasPrefix(name, "@") {
		if d := w.Target(name); d != nil {
			return []*Definition{d}
		}
		return nil
	}
	var ids []int32
	if name == "<toplevel>" {
		ids = w.byPath()
	} else {
		for _, id := range w.names.files[name] {
			if !slices.Contains(w.names.changed, id) {
				ids = append(ids, id)
			}
		}
		for _, id := range w.names.changed {
			if w.files[id] != nil {
				ids = append(ids, id)
			}
		}
		slices.SortFunc(ids, func(a, b int32) int { return strings.Compare(w.files[a].path, w.files[b].path) })
	}
	w.lazy.mu.Lock()
	defer w.lazy.mu.Unlock()
	var out []*Definition
	for _, id := range ids {
		first := len(out)
		sum := w.files[id].sum
		for i := range sum.functions {
			if sum.functions[i].name == name {
				out = append(out, w.object(functionKey(id, int32(i))))
			}
		}
		for _, m := range w.linksOf(id).made {
			if sum.functions[0].bindings[m.binding].name == name {
				out = append(out, w.object(bindingKey(id, m.binding)))
			}
		}
		slices.SortFunc(out[first:], byPosition)
	}
	return out
}
