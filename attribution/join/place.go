// SPDX-License-Identifier: Apache-2.0

package join

import (
	"cmp"
	"strings"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/starlark"
)

// A printedPlace is a place in a function as Bazel printed it.
type printedPlace struct {
	function, file string
	line           int
}

// A sourcePlace is a printed place in the sources as they are now.
type sourcePlace struct {
	definition *starlark.Definition
	path       string // absolute; "" where there is no source
	line       int    // moved with the definition
	how        string // how the path was matched, "" if directly
	stale      bool
	gone       bool // the definition was there and is no more
}

// locate maps a printed place to the sources. A function that is not where it
// was printed has been moved since the build: it is then sought by its name in
// the same file, nearest to the line, and called stale.
func locate(ws *starlark.Workspace, at printedPlace) sourcePlace {
	if ws == nil || observe.IsBuiltin(at.file) {
		return sourcePlace{}
	}
	r := resolvePath(ws, at.file)
	if r.Path == "" {
		return sourcePlace{}
	}
	p := sourcePlace{path: r.Path, how: r.How, line: at.line}
	if d := ws.Frame(r.Path, at.line, at.function); d != nil {
		p.definition = d
		return p
	}
	for _, d := range ws.InFile(r.Path) {
		if d.Name == at.function && isCallable(d) &&
			(p.definition == nil || distance(d, at.line) < distance(p.definition, at.line)) {
			p.definition = d
		}
	}
	if p.definition != nil {
		// Samples of line 0 (a version that gives none) name no other place.
		p.stale = at.line > 0 && !p.definition.Range.Contains(at.line)
		p.line = clampLine(p.definition, at.line)
	}
	return p
}

// resolvePath maps a printed path to a source, and prefers one of the
// workspace: a measurement of another checkout, which may lie on this machine
// too, is about the code that is open here.
func resolvePath(ws *starlark.Workspace, printed string) starlark.Resolution {
	r := ws.Resolve(printed)
	if r.Path == "" || ws.Rel(r.Path) != r.Path || strings.Contains(printed, "/external/") {
		return r
	}
	for rest := strings.TrimPrefix(printed, "/"); ; {
		_, tail, more := strings.Cut(rest, "/")
		if !more {
			return r
		}
		rest = tail
		if here := ws.Resolve(rest); here.Path != "" && ws.Rel(here.Path) == rest {
			here.How = "the same path in another checkout"
			return here
		}
	}
}

// distance is how many lines the line lies outside the definition.
func distance(d *starlark.Definition, line int) int {
	return max(d.Range.Start.Line-line, line-d.Range.End.Line, 0)
}

// clampLine is the line if the definition holds it, else the definition's own.
func clampLine(d *starlark.Definition, line int) int {
	if d.Range.Contains(line) {
		return line
	}
	return d.NameRange.Start.Line
}

// compareDefinitions orders by file, place and name.
func CompareDefinitions(a, b *starlark.Definition) int {
	return cmp.Or(strings.Compare(a.File, b.File),
		cmp.Compare(a.Range.Start.Line, b.Range.Start.Line),
		cmp.Compare(a.Range.Start.Column, b.Range.Start.Column),
		strings.Compare(a.Name, b.Name))
}

func framePlace(f console.StarlarkFrame) printedPlace {
	return printedPlace{f.Function, f.File, f.Line}
}
