// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"iter"
	"slices"
	"strings"
)

// macrosOf tells which functions of a file are legacy macros: a BUILD file
// calls them, or another macro does. The lock is held.
func (w *Workspace) macrosOf(id int32) map[int32]bool {
	if set, ok := w.lazy.macros[id]; ok {
		return set
	}
	if w.lazy.macros == nil {
		w.lazy.macros = map[int32]map[int32]bool{}
	}
	set := map[int32]bool{}
	w.lazy.macros[id] = set // a circle of macros ends here
	if id >= firstExternal || w.files[id].kind != bzlFile {
		return set
	}
	sum := w.files[id].sum
	for _, by := range w.graph.by[id] {
		for _, name := range w.calledFrom(by, id) {
			sum.lookup(name, func(sym symbol) {
				if fn := sum.functionOf(sym); fn > 0 {
					set[fn] = true
				}
			})
		}
	}
	for i := 1; i < len(sum.functions); i++ { // macros that call macros of their own file
		w.spread(sum, int32(i), set)
	}
	return set
}

// spread marks the functions of the same file that a macro calls with a name.
func (w *Workspace) spread(sum *fileSummary, fn int32, set map[int32]bool) {
	if !set[fn] {
		return
	}
	for _, site := range sum.functions[fn].callSites {
		name := calleeName(&site.call)
		if name == "" {
			continue
		}
		sum.lookup(name, func(sym symbol) {
			called := sum.functionOf(sym)
			if called > 0 && !set[called] && (passesName(&site.call) || sum.functions[called].takesName()) {
				set[called] = true
				w.spread(sum, called, set)
			}
		})
	}
}

// functionOf is the function that a symbol is: a def, or a lambda that is
// assigned to it; -1 otherwise.
func (s *fileSummary) functionOf(sym symbol) int32 {
	if sym.function {
		return sym.at
	}
	if v := &s.functions[0].bindings[sym.at].value; v.op == opFunction {
		return v.n
	}
	return -1
}

// takesName reports whether a parameter is called name.
func (f *funcSummary) takesName() bool {
	return slices.ContainsFunc(f.params, func(p param) bool { return p.name == "name" })
}

// passesName reports whether a call is told a name, as what makes targets is.
func passesName(call *expr) bool {
	for i := range call.args[1:] {
		if a := &call.args[1+i]; a.op == opKeyword && a.text == "name" || a.op == opStarStar {
			return true
		}
	}
	return false
}

// calledFrom are the names of a file's functions that another file calls as
// macros: in a BUILD or WORKSPACE file at the top, in a .bzl file inside of
// macros of its own.
func (w *Workspace) calledFrom(by, id int32) []string {
	src := w.files[by]
	if src == nil {
		return nil
	}
	var names []string
	for i, target := range w.graph.to[by] {
		if target != id {
			continue
		}
		for _, n := range src.sum.loads[i].names {
			if src.kind == bzlFile {
				if w.macroCalls(by, n.local) {
					names = append(names, n.remote)
				}
			} else if callsName(src.sum.functions[0].callSites, n.local, false) {
				names = append(names, n.remote)
			}
		}
	}
	return names
}

// macroCalls reports whether a macro of a .bzl file calls the local name.
func (w *Workspace) macroCalls(id int32, local string) bool {
	sum := w.files[id].sum
	called := false
	for i := 1; i < len(sum.functions) && !called; i++ {
		called = callsName(sum.functions[i].callSites, local, true) && w.macrosOf(id)[int32(i)]
	}
	return called
}

// callsName reports whether one of the calls is of the name or of its field.
func callsName(sites []callSite, name string, withName bool) bool {
	return slices.ContainsFunc(sites, func(s callSite) bool {
		callee := calleeName(&s.call)
		return (callee == name || strings.HasPrefix(callee, name+".")) && (!withName || passesName(&s.call))
	})
}

// MadeBy returns the targets of the workspace that a legacy or symbolic macro
// makes, by label's file and position. It looks into every BUILD file that
// loads the macro, directly or through others.
func (w *Workspace) MadeBy(macro *Definition) []*Definition {
	id, ok := w.ids[macro.File]
	if !ok {
		return nil
	}
	var out []*Definition
	for by := range w.packagesThatLoad(id) {
		for _, d := range w.inFile(by) {
			if d.MadeBy != nil && d.MadeBy.File == macro.File && d.MadeBy.NameRange == macro.NameRange {
				out = append(out, d)
			}
		}
	}
	slices.SortFunc(out, byPlace)
	return out
}

// packagesThatLoad are the files that are no .bzl, BUILD and WORKSPACE files,
// which load a file, directly or through others, the nearest first.
func (w *Workspace) packagesThatLoad(id int32) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		seen := map[int32]bool{id: true}
		for queue := []int32{id}; len(queue) > 0; queue = queue[1:] {
			for _, by := range w.graph.by[queue[0]] {
				if w.files[by] == nil || seen[by] {
					continue
				}
				seen[by] = true
				queue = append(queue, by)
				if w.files[by].kind != bzlFile && !yield(by) {
					return
				}
			}
		}
	}
}
