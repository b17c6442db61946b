// SPDX-License-Identifier: Apache-2.0

package join

import (
	"strings"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/bazel/javastack"
	"example.invalid/starlark-memls/starlark"
)

// An Entry is what the Java frames of a crash tell of the Starlark under way,
// where no Starlark frame was printed (every Bazel before 5.0, and later where
// the error was not wrapped): through which of Bazel's doors the interpreter
// was entered, and how many Starlark functions were on the stack.
type Entry struct {
	javastack.Entry
	// kind is what the outermost Starlark function implements; "" if the
	// frames do not tell.
	Kind starlark.Kind
}

// implementedBy is the kind of definition behind each entry point.
var implementedBy = map[javastack.Door]starlark.Kind{
	javastack.Aspect:          starlark.Aspect,
	javastack.Rule:            starlark.Rule,
	javastack.RepositoryRule:  starlark.RepositoryRule,
	javastack.ModuleExtension: starlark.ModuleExtension,
	javastack.Transition:      starlark.Transition,
	javastack.File:            starlark.Toplevel,
	javastack.Package:         starlark.Macro,
}

// EntryOf reads a Java stack, innermost frame first.
func EntryOf(java []console.JavaFrame) Entry {
	e := javastack.EntryOf(java)
	return Entry{Entry: e, Kind: implementedBy[e.Door]}
}

// fits reports whether the subject can be the outermost Starlark function of a
// stack entered through that entry point. What is not known fits.
func (e Entry) fits(s *Subject) bool {
	if e.Kind == "" || s.Definition == nil && len(s.Candidates) == 0 {
		return true
	}
	if s.Name == observe.Toplevel {
		return e.fitsFile(s.Definition)
	}
	switch e.Kind {
	case starlark.Toplevel:
		return false
	case starlark.Macro: // a BUILD file's own code is the outermost
		return s.implements(starlark.Macro, "") || s.implements(starlark.Target, "") || !s.implementsAny()
	case starlark.Rule:
		return s.implements(starlark.Rule, "") || !s.implementsAny()
	}
	return s.implements(e.Kind, "")
}

// fitsFile reports whether the code of a file, nil if it is not known which, can
// be the outermost.
func (e Entry) fitsFile(code *starlark.Definition) bool {
	switch e.Kind {
	case starlark.Toplevel:
		return code == nil || isLoadable(code.File)
	case starlark.Macro:
		return code == nil || !isLoadable(code.File)
	}
	return false
}

// isLoadable reports whether the file is loaded by others, not a BUILD file.
func isLoadable(file string) bool {
	return strings.HasSuffix(file, ".bzl") || strings.HasSuffix(file, ".scl")
}

// Words name the entry point in a sentence.
func (e Entry) Words() string {
	switch e.Kind {
	case starlark.Aspect:
		return "an aspect's implementation"
	case starlark.Rule:
		return "a rule's implementation"
	case starlark.RepositoryRule:
		return "a repository rule's implementation"
	case starlark.ModuleExtension:
		return "a module extension's implementation"
	case starlark.Transition:
		return "a transition"
	case starlark.Toplevel:
		return "the code of a .bzl file"
	case starlark.Macro:
		return "a BUILD file or macro"
	}
	return ""
}
