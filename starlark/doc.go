// SPDX-License-Identifier: Apache-2.0

// Package starlark knows the sources of a Bazel workspace: every function,
// rule, aspect, macro, provider and target with its place, what implements
// what, which file loads which, and which source a path that Bazel printed
// means.
//
// The way through the package:
//
//	walk      which files Bazel would read             walk.go, filekind.go
//	parse     text → tree, also of a broken text       parse.go, dialect.go, chunk.go, salvage.go
//	extract   tree → summary; the tree is dropped      extract.go, convert.go, effects.go, shape.go
//	cache     summaries between two runs               cache.go, codec_read.go, codec_write.go
//	connect   labels → files, rules → functions        loadgraph.go, link.go, eval.go, call.go
//	answer    definitions, made when asked for         object.go, target.go, names.go, resolve.go
//	edit      the next snapshot from this one          snapshot.go, midedit.go, assembly.go
//
// A summary says what one file says by itself and is shared by all snapshots
// of the file's text. Everything that concerns several files is by file number
// and index, so that an edit that only moves lines invalidates nothing but the
// edited file. A Workspace is an immutable snapshot; Load makes the first,
// With the next.
//
// What depends on running the code is not guessed. Where a factory, a table or
// a condition leaves several implementations, a definition lists them all;
// where the name of a target cannot be computed, there is no such target.
//
// Only go.starlark.net/syntax is relied upon for the language. Names of files
// and repositories follow Bazel 4 to 9.
package starlark
