package attribution

import (
	"strings"

	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/starlark"
)

// An entry is what the Java frames of a crash tell of the Starlark under way,
// where no Starlark frame was printed (every Bazel before 5.0, and later where
// the error was not wrapped): through which of Bazel's doors the interpreter
// was entered, and how many Starlark functions were on the stack.
type entry struct {
	// kind is what the outermost Starlark function implements; "" if the
	// frames do not tell.
	kind starlark.Kind
	// depth counts the Starlark functions on the stack; 0 is none.
	depth int
	// executing: an action was running, not Starlark.
	executing bool
	// writing: the action writes a file from memory.
	writing bool
}

// doors are the Java methods (matched by part of the name: classes moved
// between packages and were renamed from Skylark* to Starlark* in 2020) in
// which Bazel enters the interpreter.
var doors = []struct {
	method string
	kind   starlark.Kind
}{
	{"larkAspectFactory.create", starlark.Aspect},
	{"larkRuleConfiguredTargetUtil.", starlark.Rule},
	{"larkRepositoryFunction.", starlark.RepositoryRule},
	{"SingleExtensionEvalFunction.", starlark.ModuleExtension},
	{"FunctionTransitionUtil.", starlark.Transition},
	{"BzlLoadFunction.", starlark.Toplevel},
	{"larkImportLookupFunction.", starlark.Toplevel},
	{"PackageFactory.", starlark.Macro},
}

// entryOf reads a Java stack, innermost frame first.
func entryOf(java []console.JavaFrame) entry {
	var e entry
	for _, f := range java {
		if runsStarlark(f.Method) {
			e.depth++
		}
		if strings.Contains(f.Method, "FileWriteAction.") {
			e.writing = true
		}
		if strings.Contains(f.Method, "ActionExecutionFunction.") || strings.Contains(f.Method, "SkyframeActionExecutor.") {
			e.executing = true
		}
		for _, d := range doors {
			if e.kind == "" && strings.Contains(f.Method, d.method) {
				e.kind = d.kind
			}
		}
	}
	if e.depth > 0 && len(java) > 0 && invokes(java[0].Method) {
		e.depth++
	}
	if e.depth == 0 && !e.executing {
		e.kind = ""
	}
	return e
}

// runsStarlark reports whether the method runs a Starlark function's body:
// StarlarkFunction.fastcall from 4.0 on, UserDefinedFunction.call before.
func runsStarlark(method string) bool {
	return (strings.Contains(method, ".StarlarkFunction.") || strings.Contains(method, ".UserDefinedFunction.")) &&
		(strings.HasSuffix(method, "call") || strings.HasSuffix(method, "Call"))
}

// invokes reports whether the method calls a Starlark function for another.
// Where it is the innermost frame, the function has just ended: memory ran out
// once more while its call was being recorded, and that error hides the first.
func invokes(method string) bool {
	return strings.HasSuffix(method, ".eval.Starlark.fastcall") || strings.HasSuffix(method, ".eval.Starlark.call")
}

// fits reports whether the subject can be the outermost Starlark function of a
// stack entered through that door. What is not known fits.
func (e entry) fits(s *subject) bool {
	if e.kind == "" || s.definition == nil && len(s.candidates) == 0 {
		return true
	}
	if s.name == toplevelName {
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
