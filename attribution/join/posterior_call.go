// SPDX-License-Identifier: Apache-2.0

package join

import (
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/starlark"
)

// callFacts are what is known of a call, beside the name.
type callFacts struct {
	caller  string
	around  observe.Surrounding
	callees []string
	// files are what the package that was being created can run, nil where
	// it is not known.
	files  map[string]bool
	target string
	entry  Entry
	// cut: the server died, and what was around the call may have died with it.
	cut bool
}

// likelihood is how well the facts go with a call of the definition.
func (j *Joined) likelihood(c *callFacts, d *starlark.Definition) float64 {
	return j.inside(c, d) * j.from(c, d) * c.within(d) * c.forTarget(j.Workspace, d) * c.through(d)
}

// inside compares what the call called with the body. A function of these sources
// that the body does not name, and that the file cannot name, is two facts.
func (j *Joined) inside(c *callFacts, d *starlark.Definition) float64 {
	if d.Kind == starlark.Toplevel {
		return 1
	}
	for _, name := range c.callees {
		switch {
		case d.Calls(name):
		case j.cannotName(d.File, name):
			return misfit * misfit
		default:
			return misfit
		}
	}
	return 1
}

// cannotName reports whether functions of the name are here, and none of them in
// the file or in one that it loads.
func (j *Joined) cannotName(file, name string) bool {
	key := [2]string{file, name}
	cannot, known := j.unnameable[key]
	if !known {
		defines := map[string]bool{}
		for _, d := range filter(j.Workspace.Named(name), isCallable) {
			defines[d.File] = true
		}
		reached := map[string]bool{}
		addReached(reached, j.Workspace, file, defines)
		cannot = len(defines) > 0
		for at := range defines {
			cannot = cannot && !reached[at]
		}
		put(&j.unnameable, key, cannot)
	}
	return cannot
}

// from compares the caller.
func (j *Joined) from(c *callFacts, d *starlark.Definition) float64 {
	byBazel := len(d.Uses) > 0
	switch {
	case c.caller == "" && (byBazel || d.Kind == starlark.Toplevel):
		return 1
	case c.caller == "" && c.cut:
		return lost
	case c.caller == "":
		return misfit
	case c.caller == observe.Toplevel:
		if byBazel && !implements(d, starlark.Macro) {
			return misfit
		}
		return 1
	}
	callers := j.callersOf(c.caller, d.Name)
	if !callers.known || callers.functions[d.File] || !byBazel && callers.rules[d.File] {
		return 1
	}
	return misfit
}

// callers are what a caller's name says of where the function stands that it
// called. Names come in hundreds, callers and called alike: it is found once of
// each two, not for each function by each.
type callers struct {
	// known: it has a source, and is no builtin that calls back.
	known bool
	// functions are the files of which a function by the caller's name, that
	// calls this one, can name something; rules likewise those of rules,
	// which run computed defaults.
	functions, rules map[string]bool
}

func (j *Joined) callersOf(caller, called string) *callers {
	key := [2]string{caller, called}
	if found := j.callers[key]; found != nil {
		return found
	}
	found := &callers{functions: map[string]bool{}, rules: map[string]bool{}}
	defines := map[string]bool{}
	for _, d := range filter(j.Workspace.Named(called), isCallable) {
		defines[d.File] = true
	}
	for _, d := range j.Workspace.Named(caller) {
		switch d.Kind {
		case starlark.Function, starlark.Lambda:
			found.known = true
			if d.Calls(called) {
				addReached(found.functions, j.Workspace, d.File, defines)
			}
		case starlark.Rule, starlark.RepositoryRule, starlark.Macro: // a computed default
			found.known = true
			addReached(found.rules, j.Workspace, d.File, defines)
		}
	}
	put(&j.callers, key, found)
	return found
}

// maxReexports is through how many files a function is looked for that these
// load and hand on.
const maxReexports = 3

// addReached adds the files that code of a file can name the function of: its
// own and those that it loads, and where none of them defines it those that they
// load in turn, for it is handed on then (work = _work).
func addReached(files map[string]bool, ws *starlark.Workspace, from string, defines map[string]bool) {
	seen := map[string]bool{from: true}
	level := []string{from}
	for range 2 + maxReexports {
		var next []string
		found := false
		for _, file := range level {
			files[file] = true
			found = found || defines[file]
			for _, loaded := range ws.Loads(file) {
				if !seen[loaded] {
					seen[loaded] = true
					next = append(next, loaded)
				}
			}
		}
		if found {
			return
		}
		level = next
	}
}

// within compares what Bazel was at.
func (c *callFacts) within(d *starlark.Definition) float64 {
	analysis := implements(d, starlark.Rule) || implements(d, starlark.Aspect)
	repository := implements(d, starlark.RepositoryRule)
	switch c.around {
	case observe.LoadingPackage:
		if analysis || repository {
			return misfit
		}
		if c.files != nil && !c.files[d.File] {
			return misfit
		}
	case observe.FetchRepository:
		if len(d.Uses) > 0 && !repository {
			return misfit
		}
	default:
		if repository && !c.cut {
			return misfit
		}
		if repository {
			return lost
		}
	}
	return 1
}

// forTarget compares the label that it was called for.
func (c *callFacts) forTarget(ws *starlark.Workspace, d *starlark.Definition) float64 {
	if c.target == "" || implements(d, starlark.Aspect) {
		return 1
	}
	t := ws.Target(c.target)
	if t == nil || t.Rule == nil && !t.Foreign || t.Rule != nil && slices.Contains(d.Uses, t.Rule) {
		return 1
	}
	return misfit
}

// through compares the entry point of the interpreter.
func (c *callFacts) through(d *starlark.Definition) float64 {
	if c.caller == "" && !c.entry.fits(&Subject{Name: d.Name, Definition: d}) {
		return weights.MisfitShare
	}
	return 1
}

func implements(d *starlark.Definition, kind starlark.Kind) bool {
	return slices.ContainsFunc(d.Uses, func(u *starlark.Definition) bool { return u.Kind == kind })
}

// factsOf are the facts of a call that ended with a crash.
func (j *Joined) factsOf(call *observe.EndedCall, entry Entry) callFacts {
	facts := callFacts{caller: call.Caller, around: call.Around, callees: call.Callees, target: call.Target, entry: entry, cut: true}
	if call.Around == observe.LoadingPackage {
		facts.files = j.runBy(call.Package)
	}
	return facts
}

// runBy are the files whose code the creation of a package can run, nil where
// the package is not here.
func (j *Joined) runBy(pkg string) map[string]bool {
	if files, known := j.packages[pkg]; known {
		return files
	}
	var files map[string]bool
	if build, _ := packageCode(j.Workspace, pkg); pkg != "" && !strings.HasPrefix(pkg, "@") && build != nil {
		files = map[string]bool{build.File: true}
		for _, file := range loadedBy(j.Workspace, build.File) {
			files[file] = true
		}
	}
	if j.packages == nil {
		j.packages = map[string]map[string]bool{}
	}
	j.packages[pkg] = files
	return files
}

// findLastCalls collects the calls that ended with the crashes of which no stack is
// known, by name.
func (j *Joined) findLastCalls() map[string][]lastCall {
	all := map[string][]lastCall{}
	if j.Workspace == nil || j.was != nil {
		return nil
	}
	for _, i := range j.Graded {
		c := j.Observed.Crashes[i]
		t := c.Trace()
		if t == nil {
			continue
		}
		entry := EntryOf(c.Facts.Java)
		for order, ending := range t.Endings[:min(len(t.Endings), maxGraded)] {
			if order > 0 {
				entry = Entry{} // the frames are of one thread
			}
			chain := entry.onStack(ending.Chain)
			for depth, part := range partsOf(chain, j.handOn(chain, false)) {
				gap := float64(ending.BeforeLastMicros + ending.EndMicros() - chain[depth].EndMicros)
				weight := part / (1 + gap/observe.CloseMicros) / float64(order+1)
				all[chain[depth].Name] = append(all[chain[depth].Name], lastCall{i, j.factsOf(&chain[depth], entry), weight})
			}
		}
	}
	return all
}
