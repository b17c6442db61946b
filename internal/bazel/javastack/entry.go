// SPDX-License-Identifier: Apache-2.0

package javastack

import "strings"

// A Door is where Bazel enters the interpreter: what the outermost Starlark
// function on a stack implements.
type Door string

// The doors. A package's is that of a BUILD file and the macros it calls, a
// file's that of a .bzl file's own code.
const (
	Aspect          Door = "aspect"
	Rule            Door = "rule"
	RepositoryRule  Door = "repository rule"
	ModuleExtension Door = "module extension"
	Transition      Door = "transition"
	File            Door = "file"
	Package         Door = "package"
)

// doors are the Java methods behind each, matched by part of the name: classes
// moved between packages and were renamed from Skylark* to Starlark* in 2020.
var doors = []struct {
	method string
	door   Door
}{
	{"larkAspectFactory.create", Aspect},
	{"larkRuleConfiguredTargetUtil.", Rule},
	{"larkRepositoryFunction.", RepositoryRule},
	{"SingleExtensionEvalFunction.", ModuleExtension},
	{"RegularRunnableExtension.", ModuleExtension},
	{"FunctionTransitionUtil.", Transition},
	{"BzlLoadFunction.", File},
	{"larkImportLookupFunction.", File},
	{"PackageFactory.", Package},
	{"MacroInstanceFunction.", Package},
	{"EvalMacroFunction.", Package},
}

// An Entry is what a stack tells of the Starlark under way.
type Entry struct {
	// Door is "" if the frames do not tell.
	Door Door
	// Depth counts the Starlark functions, with one that has just been left;
	// 0 is none.
	Depth int
	// Executing: an action was running, not Starlark; Writing: it writes a
	// file from memory.
	Executing, Writing bool
}

// EntryOf reads a stack, innermost frame first.
func EntryOf(frames []Frame) Entry {
	e := Entry{Depth: Depth(frames)}
	for _, f := range frames {
		if strings.Contains(f.Method, "FileWriteAction.") {
			e.Writing = true
		}
		if strings.Contains(f.Method, "ActionExecutionFunction.") || strings.Contains(f.Method, "SkyframeActionExecutor.") {
			e.Executing = true
		}
		for _, d := range doors {
			if e.Door == "" && strings.Contains(f.Method, d.method) {
				e.Door = d.door
			}
		}
	}
	if e.Depth > 0 && Leaving(frames) {
		e.Depth++
	}
	if e.Depth == 0 && !e.Executing {
		e.Door = ""
	}
	return e
}
