// SPDX-License-Identifier: Apache-2.0

package join

import (
	"path"
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/starlark"
)

// Which file's <toplevel>? In a trace the code of every BUILD and .bzl file
// has that one name. The packages around it tell them apart: a BUILD file's
// code runs inside an event that evaluates its package; and a .bzl file's runs,
// on the same thread, right after the evaluation of the package that loads it
// was broken off for want of it (Skyframe begins it anew once the file is
// there). Of the files that the package loads, one that no other package loads
// is likelier than one that others will have loaded before.

// toplevelOf is the file's code that a call was of, nil where more than one
// remains.
func toplevelOf(ws *starlark.Workspace, c observe.EndedCall) *starlark.Definition {
	if ws == nil || c.Package == "" || strings.HasPrefix(c.Package, "@") {
		return nil
	}
	build, byFile := packageCode(ws, c.Package)
	if build == nil || c.InBuild {
		return build
	}
	var own, shared []*starlark.Definition
	for _, file := range loadedBy(ws, build.File) {
		d := byFile[file]
		switch {
		case d == nil:
		case len(ws.LoadedBy(file)) == 1:
			own = append(own, d)
		default:
			shared = append(shared, d)
		}
	}
	switch {
	case len(own) == 1:
		return own[0]
	case len(own) == 0 && len(shared) == 1:
		return shared[0]
	}
	return nil
}

// packageCode is the code of a package's BUILD file, nil where it has none
// here, and that of all files.
func packageCode(ws *starlark.Workspace, pkg string) (build *starlark.Definition, byFile map[string]*starlark.Definition) {
	byFile = map[string]*starlark.Definition{}
	for _, d := range ws.Named(observe.Toplevel) {
		byFile[d.File] = d
		rel := ws.Rel(d.File)
		if base := path.Base(rel); (base == "BUILD" || base == "BUILD.bazel") && path.Dir(rel) == path.Clean(strings.TrimPrefix(pkg, "//")) {
			build = d
		}
	}
	return build, byFile
}

// loadedBy are the files that a file loads, if through others.
func loadedBy(ws *starlark.Workspace, file string) []string {
	seen := []string{file}
	for i := 0; i < len(seen); i++ {
		for _, next := range ws.Loads(seen[i]) {
			if !slices.Contains(seen, next) {
				seen = append(seen, next)
			}
		}
	}
	return seen[1:]
}
