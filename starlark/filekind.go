// SPDX-License-Identifier: Apache-2.0

package starlark

import "strings"

// A fileKind says how Bazel reads a file. The names are those of
// PackageLookupFunction, WorkspaceFileFunction, ModuleFileFunction and
// RepoFileFunction in Bazel 9.
type fileKind uint8

const (
	notStarlark   fileKind = iota
	bzlFile                // a module that others load
	buildFile              // BUILD, BUILD.bazel: a package
	workspaceFile          // WORKSPACE, WORKSPACE.bazel, WORKSPACE.bzlmod
	moduleFile             // MODULE.bazel and what it includes
	repoFile               // REPO.bazel
)

// kindOfFile tells from a file's base name how Bazel reads it.
func kindOfFile(base string) fileKind {
	switch base {
	case "BUILD", "BUILD.bazel":
		return buildFile
	case "WORKSPACE", "WORKSPACE.bazel", "WORKSPACE.bzlmod":
		return workspaceFile
	case "MODULE.bazel":
		return moduleFile
	case "REPO.bazel":
		return repoFile
	}
	switch {
	case strings.HasSuffix(base, ".bzl"), strings.HasSuffix(base, ".scl"):
		return bzlFile
	case strings.HasSuffix(base, ".MODULE.bazel"):
		return moduleFile
	}
	return notStarlark
}

// isBoundary reports whether a file of that name makes its directory the root
// of a repository, against which "//" labels are read.
func isBoundary(base string) bool {
	switch base {
	case "MODULE.bazel", "REPO.bazel", "WORKSPACE", "WORKSPACE.bazel":
		return true
	}
	return false
}
