// SPDX-License-Identifier: Apache-2.0

package join

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"example.invalid/starlark-memls/starlark"
)

// From a name to a definition. A trace event names a function and nothing
// else: no file, no line, no label. In a real code base a third of all
// implementation functions are called "_impl", so a name by itself often
// leaves several definitions. What is known besides is brought to bear, one
// rule after another; each keeps the candidates that agree with a fact, and is
// passed over where none does, for then the fact is about something else
// (an external repository without sources, another function):
//
//  1. Kind: only a function, a lambda or a file's own code is ever called.
//  2. Labels: where the trace tells under which targets it was called
//     outermost (Bazel 8.5 on), a candidate implements one of those targets'
//     rule classes.
//  3. Configuration: a candidate that only implements rules and aspects none
//     of which was configured cannot have run. Needs build events that are
//     complete; a crash cuts them short.
//  4. Places: crash frames, CPU samples and heap dumps of the same
//     measurements tell file and line. A call of 50 ms, the shortest that is
//     recorded by default, has left CPU samples.
//  5. Loads: a function in a file that nothing loads has not run, unless a file
//     of its package does not parse: what that loads cannot be told.
//
// What remains is not guessed at. One candidate is the definition; several
// are all given, and evidence that does tell the file (frames, samples) is
// then kept apart from what the trace says of the bare name, so that two
// functions of one name are never added up.

// A resolution is what is known of the definition behind a name.
type resolution struct {
	definition *starlark.Definition
	candidates []*starlark.Definition // two or more, the most probable first
	// posterior weighs the candidates, those of an inferred definition, too.
	posterior []Candidate
	// shares weigh them before any call at a crash is looked at.
	shares []Candidate
	// unseen is the probability that the calls were those of a function whose
	// source is not here.
	unseen float64
	// why says what narrowed the candidates; empty where there was only one.
	why string
	// gone: there was a definition, and the edited sources have it no more.
	gone bool
	// stale: the definition was edited since.
	stale bool
}

// isCallable reports whether Bazel can have called the definition.
func isCallable(d *starlark.Definition) bool {
	return d.Kind == starlark.Function || d.Kind == starlark.Lambda || d.Kind == starlark.Toplevel
}

// knowledge is what narrows candidates.
type knowledge struct {
	targets map[string][]string            // by function name: labels
	placed  map[string]map[SubjectKey]bool // by function name: seen at a place
	// configured are the rule classes and aspects' names; nil where the
	// build events do not tell them all.
	configured map[string]bool
	// unread are the directories of files that could not be read in full.
	unread map[string]bool
}

// narrow resolves a name to the candidates that agree with what is known.
func (k *knowledge) narrow(ws *starlark.Workspace, name string) resolution {
	candidates := filter(slices.Concat(ws.Named(name), ws.NamedAbroad(name)), isCallable)
	before := len(candidates)
	var why string
	apply := func(reason string, agrees func(*starlark.Definition) bool) {
		if len(candidates) < 2 {
			return
		}
		if kept := filter(candidates, agrees); len(kept) > 0 && len(kept) < len(candidates) {
			candidates = kept
			why = fmt.Sprintf("of %d functions of this name in the workspace, %s", before, reason)
		}
	}
	if rules := k.rules(ws, name); len(rules) > 0 {
		apply("the one that implements the rule of the targets it was called for", func(d *starlark.Definition) bool {
			return slices.ContainsFunc(d.Uses, func(u *starlark.Definition) bool { return rules[u] })
		})
	}
	if k.configured != nil {
		apply("the one whose rule or aspect was configured in this build", func(d *starlark.Definition) bool {
			return len(d.Uses) == 0 || slices.ContainsFunc(d.Uses, func(u *starlark.Definition) bool { return k.configured[u.Name] })
		})
	}
	if seen := k.placed[name]; len(seen) > 0 {
		apply("the one that samples or stacks of the same builds name with its file", func(d *starlark.Definition) bool { return seen[DefinitionKey(d)] })
	}
	apply("the one in a file that something loads", func(d *starlark.Definition) bool { return k.unread[path.Dir(d.File)] || isLoaded(ws, d.File) })
	switch len(candidates) {
	case 0:
		return resolution{}
	case 1:
		return resolution{definition: candidates[0], why: why}
	}
	slices.SortFunc(candidates, CompareDefinitions)
	return resolution{candidates: candidates, why: why}
}

// rules are those of the targets under which the name was called.
func (k *knowledge) rules(ws *starlark.Workspace, name string) map[*starlark.Definition]bool {
	rules := map[*starlark.Definition]bool{}
	for _, label := range k.targets[name] {
		if t := ws.Target(label); t != nil && t.Rule != nil {
			rules[t.Rule] = true
		}
	}
	return rules
}

func filter(all []*starlark.Definition, keep func(*starlark.Definition) bool) []*starlark.Definition {
	var kept []*starlark.Definition
	for _, d := range all {
		if keep(d) {
			kept = append(kept, d)
		}
	}
	return kept
}

// isLoaded reports whether a package, a module file or a WORKSPACE file loads
// the file, if through others. A file outside the workspace's own (an external
// repository) is loaded by files that cannot all be seen, and counts as
// loaded.
func isLoaded(ws *starlark.Workspace, file string) bool {
	if ws.Rel(file) == file { // not below the root
		return true
	}
	seen := map[string]bool{file: true}
	for queue := []string{file}; len(queue) > 0; queue = queue[1:] {
		if !strings.HasSuffix(queue[0], ".bzl") {
			return true
		}
		for _, by := range ws.LoadedBy(queue[0]) {
			if !seen[by] {
				seen[by] = true
				queue = append(queue, by)
			}
		}
	}
	return false
}
