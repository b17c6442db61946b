// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"path"
	"slices"
	"strings"
	"sync"
)

// Targets: what the calls of a BUILD file make.
//
// A call of a rule makes the target of its name. A call of a function that a
// .bzl file defines, a legacy macro, makes whatever the rules that it calls
// are named; the evaluator follows it, through other macros and loops over
// what is known, as far as names can be computed. Where they cannot, the call
// itself stands for the target it names. WORKSPACE files make repositories,
// which Bazel prints as "//external:name".

// A declaredTarget is one call of a BUILD file with one of the targets it makes.
type declaredTarget struct {
	name   string
	rule   madeRule
	others []madeRule // that it may be of as well
	madeBy key        // file is -1 where the BUILD file calls the rule itself
	site   int32
}

// A madeRule is what the rule of a target is known as.
type madeRule struct {
	class string
	// exported is the variable that holds it; file is -1 where it is not known.
	exported bindingRef
	foreign  bool // none of these sources makes it
	unread   bool // foreign, and not Bazel's own
}

// ruleCalled is a rule of which the name alone is known.
func ruleCalled(class string) madeRule { return madeRule{class: class, exported: bindingRef{file: -1}} }

// foreignRule is one that is not made by these sources.
func foreignRule(class string) madeRule {
	rule := ruleCalled(class)
	rule.foreign = true
	return rule
}

const (
	// targetSteps bounds the evaluation of one call of a BUILD file.
	targetSteps = 50000
	// maxMacroDepth bounds macros that call macros.
	maxMacroDepth = 12
	// maxTargets bounds the targets of one BUILD file.
	maxTargets = 20000
)

// notTargets are functions of BUILD and WORKSPACE files that take a name but
// make no target.
var notTargets = map[string]bool{
	"workspace": true, "module": true, "repo": true, "existing_rule": true,
	"package_name": true, "repository_name": true, "bind": true,
}

// A targetMemo keeps the targets of files from snapshot to snapshot, each
// with the summaries it was computed from.
type targetMemo struct {
	mu    sync.Mutex
	files map[int32]*madeTargets
}

type madeTargets struct {
	list []declaredTarget
	deps []dependency
}

type dependency struct {
	file int32
	sum  *fileSummary
}

func newTargetMemo() *targetMemo { return &targetMemo{files: map[int32]*madeTargets{}} }

// targetsOf are the targets of a file, by call.
func (w *Workspace) targetsOf(id int32) []declaredTarget {
	src := w.source(id)
	if src.kind != buildFile && src.kind != workspaceFile || len(src.sum.functions[0].callSites) == 0 {
		return nil
	}
	w.targets.mu.Lock()
	kept := w.targets.files[id]
	w.targets.mu.Unlock()
	if kept != nil && w.current(kept.deps) {
		return kept.list
	}
	x := &expander{w: w, ev: w.evaluator(), file: id}
	for i := range src.sum.functions[0].callSites {
		x.site(int32(i))
	}
	fresh := &madeTargets{list: x.targets, deps: []dependency{{id, src.sum}}}
	for dep := range x.ev.deps {
		fresh.deps = append(fresh.deps, dependency{dep, w.source(dep).sum})
	}
	w.targets.mu.Lock()
	w.targets.files[id] = fresh
	w.targets.mu.Unlock()
	return fresh.list
}

// current reports whether this snapshot still has those summaries.
func (w *Workspace) current(deps []dependency) bool {
	for _, d := range deps {
		if d.file < firstExternal && (int(d.file) >= len(w.files) || w.files[d.file] == nil) {
			return false
		}
		if w.source(d.file).sum != d.sum {
			return false
		}
	}
	return true
}

// An expander follows the calls of one BUILD file.
type expander struct {
	w       *Workspace
	ev      *evaluator
	file    int32
	targets []declaredTarget
	// Of the call that is being followed:
	at       int32
	macro    key
	complete bool // every name was computed
}

// site expands one call of the BUILD file.
func (x *expander) site(i int32) {
	x.at, x.macro, x.complete = i, key{file: -1}, true
	x.ev.steps = targetSteps
	first := len(x.targets)
	top := x.ev.summary(x.file).functions[0].callSites
	s := moduleScope(x.file)
	ran := false
	known := x.ev.loop(top[i].around, s, &top[i].spot, func(inner *scope) bool {
		ran = true
		x.call(&top[i].call, inner, 0)
		return len(x.targets) < maxTargets
	})
	if !known {
		x.complete = false
	}
	x.targets = append(x.targets[:first], compactTargets(x.targets[first:])...)
	if ran && len(x.targets) == first || !x.complete {
		x.fallback(&top[i].call, s, first)
	}
}

// compactTargets makes one target of those of one name: where a condition could
// not be decided, both branches are followed.
func compactTargets(list []declaredTarget) []declaredTarget {
	seen := make(map[string]int, len(list))
	out := list[:0]
	for _, t := range list {
		i, twice := seen[t.name]
		if !twice {
			seen[t.name] = len(out)
			out = append(out, t)
			continue
		}
		if first := &out[i]; t.rule != first.rule && !slices.Contains(first.others, t.rule) {
			first.others = append(first.others, t.rule)
		}
	}
	return out
}

// call follows one call, of a rule or of a macro.
func (x *expander) call(call *expr, s *scope, depth int) {
	if x.ev.steps--; x.ev.steps < 0 || depth > maxMacroDepth || len(x.targets) >= maxTargets {
		x.complete = false
		return
	}
	callees := x.ev.eval(&call.args[0], s)
	if len(callees) == 0 { // made by something that is not here
		x.unknown(call, s)
	}
	for _, fn := range callees {
		switch fn.kind {
		case aFunction:
			x.follow(fn, call, s, depth)
		case aDefinition:
			x.rule(fn.made, call, s, depth)
		case aBuiltin, anUnread:
			if notTargets[fn.text] {
				continue
			}
			rule := foreignRule(strings.TrimPrefix(fn.text, "native."))
			rule.unread = fn.kind == anUnread
			x.named(rule, call, s)
			if fn.kind == anUnread {
				x.firstNamed(rule, call, s)
			}
		case anUnknown:
			x.unknown(call, s)
		}
	}
}

// unknown lets a call of what is not known stand for the target that it names.
func (x *expander) unknown(call *expr, s *scope) {
	if class := calleeName(call); class != "" && !notTargets[class] {
		x.named(ruleCalled(class), call, s)
	}
}

// follow expands the body of a legacy macro.
func (x *expander) follow(fn exprValue, call *expr, s *scope, depth int) {
	if x.macro.file < 0 {
		x.macro = functionKey(fn.ref.file, fn.ref.function)
		defer func() { x.macro = key{file: -1} }()
	}
	inner, ok := x.ev.bind(fn, call.args[1:], s)
	if !ok {
		x.complete = false
		return
	}
	x.body(inner, depth)
}

// body expands the calls of a function's body.
func (x *expander) body(inner *scope, depth int) {
	f := x.ev.function(inner)
	expand := func(call *expr, at *spot) {
		known := x.ev.loop(at.around, inner, at, func(round *scope) bool {
			x.call(call, round.at(at), depth+1)
			return len(x.targets) < maxTargets
		})
		if !known {
			x.complete = false
		}
	}
	for i := range f.callSites {
		expand(&f.callSites[i].call, &f.callSites[i].spot)
	}
	for i := range f.returns { // "return rule(name = …)", a lambda's body
		if r := &f.returns[i]; r.value.op == opCall {
			expand(&r.value, &r.spot)
		}
	}
}

// rule notes the target that a rule or symbolic macro of the workspace makes.
func (x *expander) rule(c *construction, call *expr, s *scope, depth int) {
	switch c.kind {
	case Rule, Macro, RepositoryRule:
	default:
		return
	}
	made := ruleCalled(calleeName(call))
	if c.isExported {
		made.class = x.w.source(c.exported.file).sum.functions[0].bindings[c.exported.binding].name
		made.exported = c.exported
	}
	outer := x.macro
	if c.kind == Macro && c.isExported && x.macro.file < 0 {
		x.macro = bindingKey(c.exported.file, c.exported.binding)
	}
	if c.kind != Macro || !x.symbolic(c, call, s, depth) {
		x.named(made, call, s)
	}
	x.macro = outer
}

// named notes a target of that class, if the call names one.
func (x *expander) named(rule madeRule, call *expr, s *scope) {
	name := x.nameArgument(call, s)
	if name == nil {
		return
	}
	vs := x.ev.force(*name)
	if len(vs) == 0 {
		x.complete = false
	}
	for _, v := range vs {
		if v.kind == aString && v.text != "" && len(x.targets) < maxTargets {
			x.targets = append(x.targets, declaredTarget{name: v.text, rule: rule, madeBy: x.macro, site: x.at})
		}
	}
}

// firstNamed notes a target that a call names by its first argument, as that of
// a macro in a struct which is not here does: unittest.suite(name, …).
func (x *expander) firstNamed(rule madeRule, call *expr, s *scope) {
	if call.args[0].op != opDot || len(call.args) < 2 || !isPositionalArgument(&call.args[1]) {
		return
	}
	if text, ok := x.ev.text(thunk{expr: &call.args[1], scope: s}); ok && isTargetName(text) {
		x.targets = append(x.targets, declaredTarget{name: text, rule: rule, madeBy: x.macro, site: x.at})
	}
}

// isTargetName reports whether a text looks like the name of a target and not
// like a label or a message.
func isTargetName(text string) bool {
	return text != "" && text[0] != '/' && !strings.ContainsAny(text, " \t\n:@%\"'")
}

func (x *expander) nameArgument(call *expr, s *scope) *thunk {
	named, _ := x.ev.keywords(call.args[1:], s)
	for _, en := range named {
		if en.key == "name" {
			return &en.value
		}
	}
	return nil
}

// fallback lets a call stand for the target that it names itself.
func (x *expander) fallback(call *expr, s *scope, first int) {
	class := calleeName(call)
	if class == "" || notTargets[class] {
		return
	}
	name := x.nameArgument(call, s)
	if name == nil && len(call.args) > 1 && call.args[1].op == opString {
		name = &thunk{expr: &call.args[1], scope: s}
	}
	if name == nil {
		return
	}
	x.ev.steps = maxSteps
	text, ok := x.ev.text(*name)
	if !ok || slices.ContainsFunc(x.targets[first:], func(t declaredTarget) bool { return t.name == text }) {
		return
	}
	by := key{file: -1}
	rule := ruleCalled(strings.TrimPrefix(class, "native."))
	for _, fn := range x.ev.eval(&call.args[0], s) {
		switch fn.kind {
		case aFunction:
			by = functionKey(fn.ref.file, fn.ref.function)
		case aDefinition:
			if c := fn.made; c.kind == Macro && c.isExported {
				by = bindingKey(c.exported.file, c.exported.binding)
			}
		case aBuiltin, anUnread:
			rule.foreign, rule.unread = true, fn.kind == anUnread
		}
	}
	x.targets = append(x.targets, declaredTarget{name: text, rule: rule, madeBy: by, site: x.at})
}

// labelOf is the label of a target that this file makes.
func (s *source) labelOf(name string) string {
	if s.kind == workspaceFile {
		return "//external:" + name
	}
	pkg := path.Dir(s.rel)
	if pkg == "." {
		pkg = ""
	}
	repo := ""
	if s.repository != "" {
		repo = "@" + s.repository
	}
	return repo + "//" + pkg + ":" + name
}

// Target returns the target with that label, in any of Bazel's spellings:
// "//p:x", "//p", "@//p:x", "@@//p:x", "@r//p:x", "@@r+//p:x"; ":x" is one of
// the root's package. It is nil where no BUILD file makes such a target as far
// as can be told without running it.
func (w *Workspace) Target(label string) *Definition {
	l, ok := ParseLabel(label)
	if !ok {
		return nil
	}
	for _, id := range w.buildFiles(l) {
		w.lazy.mu.Lock()
		for i, t := range w.targetsOf(id) {
			if t.name == l.Name {
				d := w.object(key{id, int32(i), inTargets})
				w.lazy.mu.Unlock()
				return d
			}
		}
		w.lazy.mu.Unlock()
	}
	return nil
}

// buildFiles are the files that may make the label's target.
func (w *Workspace) buildFiles(l Label) []int32 {
	if w.repos.main[l.Repository] {
		if l.Package == "external" {
			return w.rootFiles("WORKSPACE.bazel", "WORKSPACE", "WORKSPACE.bzlmod")
		}
		return w.rootFiles(path.Join(l.Package, "BUILD.bazel"), path.Join(l.Package, "BUILD"))
	}
	dir, ok := w.repositoryDir(l.Repository)
	if !ok {
		return nil
	}
	for _, base := range []string{"BUILD.bazel", "BUILD"} {
		p, _ := w.inDir(dir, path.Join(l.Package, base))
		if id := w.anyFile(p); id >= 0 {
			return []int32{id}
		}
	}
	return nil
}

func (w *Workspace) rootFiles(rels ...string) []int32 {
	var ids []int32
	for _, rel := range rels {
		if id, ok := w.rels[rel]; ok {
			ids = append(ids, id)
		}
	}
	return ids
}
