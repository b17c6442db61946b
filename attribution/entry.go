package attribution

import (
	"strings"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/bazel/javastack"
	"example.invalid/starlark-memls/starlark"
)

// An entry is what the Java frames of a crash tell of the Starlark under way,
// where no Starlark frame was printed (every Bazel before 5.0, and later where
// the error was not wrapped): through which of Bazel's doors the interpreter
// was entered, and how many Starlark functions were on the stack.
type entry struct {
	javastack.Entry
	// kind is what the outermost Starlark function implements; "" if the
	// frames do not tell.
	kind starlark.Kind
}

// behind is the kind of definition behind each door.
var behind = map[javastack.Door]starlark.Kind{
	javastack.Aspect:          starlark.Aspect,
	javastack.Rule:            starlark.Rule,
	javastack.RepositoryRule:  starlark.RepositoryRule,
	javastack.ModuleExtension: starlark.ModuleExtension,
	javastack.Transition:      starlark.Transition,
	javastack.File:            starlark.Toplevel,
	javastack.Package:         starlark.Macro,
}

// entryOf reads a Java stack, innermost frame first.
func entryOf(java []console.JavaFrame) entry {
	e := javastack.EntryOf(java)
	return entry{Entry: e, kind: behind[e.Door]}
}

// fits reports whether the subject can be the outermost Starlark function of a
// stack entered through that door. What is not known fits.
func (e entry) fits(s *subject) bool {
	if e.kind == "" || s.definition == nil && len(s.candidates) == 0 {
		return true
	}
	if s.name == observe.Toplevel {
		return e.fitsFile(s.definition)
	}
	switch e.kind {
	case starlark.Toplevel:
		return false
	case starlark.Macro: // a BUILD file's own code is the outermost
		return s.implements(starlark.Macro, "") || s.implements(starlark.Target, "") || !s.implementsAny()
	case starlark.Rule:
		return s.implements(starlark.Rule, "") || !s.implementsAny()
	}
	return s.implements(e.kind, "")
}

// fitsFile reports whether the code of a file, nil if it is not known which, can
// be the outermost.
func (e entry) fitsFile(code *starlark.Definition) bool {
	switch e.kind {
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

// words names the door in a sentence.
func (e entry) words() string {
	switch e.kind {
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
