// SPDX-License-Identifier: Apache-2.0

package join

import (
	"fmt"
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/starlark"
)

// The package that was being loaded. Bazel's console shows it until the crash,
// whatever became of the profile. While a package is loaded its BUILD file's
// code runs, with the macros that it calls, the computed defaults of the rules
// that it instantiates, and before that the code of the .bzl files that it
// loads; no implementation of a rule or an aspect does. So all of these are
// named, each by how few BUILD files share it: what every package loads could
// have run at any time.
//
// A BUILD file's own code counts half: it may not define or loop, so that it
// makes little but through what it calls.
//
// Bazel names one of the packages that are being loaded at once, and shows its
// progress anew every second or so: the weight is a hint's.

// addLoading finds what can have been running for the package that a crash's
// console shows.
func (s *Subjects) addLoading(ws *starlark.Workspace, crash int, c observe.CrashFacts) {
	if ws == nil || c.Loading == "" || strings.HasPrefix(c.Loading, "@") {
		return
	}
	build, _ := packageCode(ws, c.Loading)
	if build == nil {
		return
	}
	how := fmt.Sprintf("belongs to %s, which was being loaded", c.Loading)
	weight := weights.NamedLoading / float64(1+c.LoadingOthers)
	for _, file := range append([]string{build.File}, loadedBy(ws, build.File)...) {
		share := float64(max(1, len(ws.LoadedBy(file))))
		if file == build.File {
			share *= 2
		}
		for _, d := range ws.InFile(file) {
			if !runsWhileLoading(d) {
				continue
			}
			found := s.of(d.Name, d, "")
			s.touch(crash, found)
			found.nameAt(crash, weight/share, how)
		}
	}
}

// runsWhileLoading reports whether the loading of a package can run it.
func runsWhileLoading(d *starlark.Definition) bool {
	switch d.Kind {
	case starlark.Toplevel:
		return true
	case starlark.Function, starlark.Lambda:
		return !slices.ContainsFunc(d.Uses, func(by *starlark.Definition) bool {
			return by.Kind == starlark.Rule || by.Kind == starlark.Aspect
		})
	}
	return false
}
