// SPDX-License-Identifier: Apache-2.0

package starlark

import "slices"

// Sources of other repositories that the workspace's own code leads to. A
// profile names a function and no file, and the rule that filled the heap may be
// of a repository that Bazel fetched. What BUILD files and .bzl files load from
// there, and what that loads in turn, is read when a name is first asked for;
// an output base holds hundreds of thousands of files that nothing here leads to.

// maxAbroad bounds the files that are read for it.
const maxAbroad = 4096

// NamedAbroad returns the functions of other repositories that Bazel would print
// with that name, in files that the workspace's own load, directly or through
// others, and that are on this machine; by file and position.
func (w *Workspace) NamedAbroad(name string) []*Definition {
	w.lazy.mu.Lock()
	defer w.lazy.mu.Unlock()
	var out []*Definition
	for _, id := range w.abroad() {
		sum := w.source(id).sum
		for i := 1; i < len(sum.functions); i++ {
			if sum.functions[i].name == name {
				out = append(out, w.object(functionKey(id, int32(i))))
			}
		}
	}
	slices.SortFunc(out, byPlace)
	return out
}

// abroad are the files of other repositories that loads lead to, in the order in
// which they are met. The lock is held.
func (w *Workspace) abroad() []int32 {
	if w.lazy.abroadKnown {
		return w.lazy.abroad
	}
	w.lazy.abroadKnown = true
	seen := map[int32]bool{}
	take := func(id int32) {
		for i := range w.source(id).sum.loads {
			if to := w.loadTarget(id, i); to >= firstExternal && !seen[to] && len(seen) < maxAbroad {
				seen[to] = true
				w.lazy.abroad = append(w.lazy.abroad, to)
			}
		}
	}
	for id, src := range w.files {
		if src != nil && w.leadsOut(int32(id)) {
			take(int32(id))
		}
	}
	for i := 0; i < len(w.lazy.abroad); i++ {
		take(w.lazy.abroad[i])
	}
	return w.lazy.abroad
}

// leadsOut reports whether a file of the workspace loads one of another
// repository, here or not.
func (w *Workspace) leadsOut(id int32) bool { return slices.Contains(w.graph.to[id], loadsOutside) }

// instancesAbroad counts the targets that the workspace's BUILD files make of a
// rule of another repository. The lock is held.
func (w *Workspace) instancesAbroad(rule *Definition, most int) int {
	id := w.anyFile(rule.File)
	if id < firstExternal {
		return 0
	}
	count := 0
	for by, src := range w.files {
		if src == nil || src.kind == bzlFile || !w.reachesOut(int32(by)) {
			continue
		}
		for _, t := range w.targetsOf(int32(by)) {
			if w.makes(t.rule, id, rule.Name) && t.rule.exported.file == id {
				count++
			}
		}
		if count >= most {
			return most
		}
	}
	return count
}

// reachesOut reports whether a file loads one of another repository, if through
// a macro's file.
func (w *Workspace) reachesOut(id int32) bool {
	seen := map[int32]bool{id: true}
	for queue := []int32{id}; len(queue) > 0; queue = queue[1:] {
		if w.leadsOut(queue[0]) {
			return true
		}
		for _, to := range w.graph.to[queue[0]] {
			if to >= 0 && to < firstExternal && !seen[to] {
				seen[to] = true
				queue = append(queue, to)
			}
		}
	}
	return false
}
