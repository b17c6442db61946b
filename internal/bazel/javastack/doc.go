// SPDX-License-Identifier: Apache-2.0

// Package javastack knows Bazel's Java classes: what a stack of the server's
// frames, innermost first, says of the work under way. Which phase it was,
// which statement of the Starlark interpreter, which builtin; through which
// door the interpreter was entered and how many Starlark functions were on the
// stack; and what Bazel did after Starlark, printing a query's result or
// uploading events. All names of Bazel's and the interpreter's classes in this
// program stand here (those of objects in a heap dump excepted). They were read
// in the sources of Bazel 0.2 to 9 and of HEAD in 2026.
//
// A class that is not known tells nothing; it never tells wrongly.
package javastack

// A Frame is one "at class.method(File.java:1)".
type Frame struct {
	Method string // fully qualified, without the module
	Source string // "Eval.java:397"
}
