// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"slices"

	"go.starlark.net/syntax"
)

// Callees: what the body of a function calls, by name.
//
// A profile names the functions and builtins that ran inside a call, and with
// this a function that never calls them can be told from its namesake that
// does. Of each name only 32 bits of a hash are kept: it is asked about names,
// never for them. The code of a file itself is left out, and a call of what a
// variable or parameter holds has no name to keep.

// called notes a call in the body of fn: the name of a function, the field of
// a struct or the method of a value; a function that a load renames also by
// the name it was defined with.
func (x *extractor) called(fn int32, callee syntax.Expr) {
	name := lastName(callee)
	if fn == 0 || name == "" {
		return
	}
	f := &x.sum.functions[fn]
	f.callees = append(f.callees, nameHash(name))
	if remote := x.renamed[name]; remote != "" {
		f.callees = append(f.callees, nameHash(remote))
	}
}

// settleCallees orders those of a function whose body has been walked.
func (x *extractor) settleCallees(fn int32) {
	f := &x.sum.functions[fn]
	slices.Sort(f.callees)
	f.callees = slices.Clip(slices.Compact(f.callees))
}

func nameHash(name string) uint32 { return uint32(foldString(shapeSeed, name)) }

// Calls reports whether the function's own body calls something of that name:
// a function, a builtin ("sorted") or a method ("encode" of json.encode).
// Functions inside of it are functions of their own. False for what is not a
// function or lambda.
func (d *Definition) Calls(name string) bool {
	_, found := slices.BinarySearch(d.callees, nameHash(name))
	return found
}

// Instances counts the targets of a rule, or the repositories of a repository
// rule, that the workspace's BUILD and WORKSPACE files declare, as far as they
// can be computed. It looks into the files that load the rule's, directly or
// through others, and stops at most. Of an aspect it counts the targets that it
// may visit: all that these files declare.
func (w *Workspace) Instances(rule *Definition, most int) int {
	w.lazy.mu.Lock()
	defer w.lazy.mu.Unlock()
	id, ok := w.ids[rule.File]
	if !ok {
		return w.instancesAbroad(rule, most)
	}
	count := 0
	for by := range w.packagesThatLoad(id) {
		if count >= most {
			break
		}
		for _, t := range w.targetsOf(by) {
			if rule.Kind == Aspect || w.makes(t.rule, id, rule.Name) {
				count++
			}
		}
	}
	return min(count, most)
}

// UnreadTargets counts the targets whose rule is loaded from a file that is not
// here, as far as that can be computed. It stops at most.
func (w *Workspace) UnreadTargets(most int) int {
	w.lazy.mu.Lock()
	defer w.lazy.mu.Unlock()
	count := 0
	for id, src := range w.files {
		if src == nil || src.kind != buildFile || !w.loadsUnread(int32(id)) {
			continue
		}
		for _, t := range w.targetsOf(int32(id)) {
			if t.rule.unread {
				count++
			}
		}
		if count >= most {
			return most
		}
	}
	return count
}

// loadsUnread reports whether a file loads one that is not here.
func (w *Workspace) loadsUnread(id int32) bool {
	for i := range w.source(id).sum.loads {
		if w.loadTarget(id, i) < 0 {
			return true
		}
	}
	return false
}

// makes reports whether a target's rule is the one of that name in a file. One
// that could not be followed is taken by its name.
func (w *Workspace) makes(rule madeRule, file int32, name string) bool {
	if rule.class != name || rule.foreign {
		return false
	}
	return rule.exported.file < 0 || rule.exported.file == file
}

// lastName is the name that a callee is called by, "" if it has none.
func lastName(callee syntax.Expr) string {
	switch e := callee.(type) {
	case *syntax.Ident:
		return e.Name
	case *syntax.DotExpr:
		return e.Name.Name
	case *syntax.ParenExpr:
		return lastName(e.X)
	}
	return ""
}

// Callers counts the functions that call a function, in its own file and in
// those that load it, and tells in how many files they are. Both stop at most.
func (w *Workspace) Callers(d *Definition, most int) (functions, files int) {
	for _, file := range append([]string{d.File}, w.LoadedBy(d.File)...) {
		here := false
		for _, by := range w.InFile(file) {
			if (by.Kind == Function || by.Kind == Lambda) && by != d && by.Calls(d.Name) {
				functions++
				here = true
			}
		}
		if here {
			files++
		}
		if functions >= most {
			break
		}
	}
	return min(functions, most), min(files, most)
}
