// SPDX-License-Identifier: Apache-2.0

package starlark

// A Position is a place in a source file as go.starlark.net counts it: lines
// from 1, columns in runes from 1. A column of 0 is not known. Bazel reads
// sources as Latin-1, so that the columns which it prints count bytes.
type Position struct {
	Line   int
	Column int
}

// A Range is half-open: End is the position behind the last rune.
type Range struct {
	Start, End Position
}

// Contains reports whether the line lies in the range.
func (r Range) Contains(line int) bool {
	return r.Start.Line <= line && line <= r.End.Line
}

// A Kind says what a definition is in Bazel's terms.
type Kind string

// The kinds. A function that serves as an implementation or a macro keeps the
// kind Function; what it is used as is in Uses.
const (
	Function        Kind = "function"
	Lambda          Kind = "lambda"   // Bazel names it "lambda"
	Toplevel        Kind = "toplevel" // a file's own code, "<toplevel>"
	Rule            Kind = "rule"
	RepositoryRule  Kind = "repository_rule"
	Aspect          Kind = "aspect"
	ModuleExtension Kind = "module_extension"
	TagClass        Kind = "tag_class"
	Provider        Kind = "provider"
	Transition      Kind = "transition"
	Macro           Kind = "macro" // symbolic; a legacy macro is a Function with LegacyMacro set
	Subrule         Kind = "subrule"
	Target          Kind = "target" // a call in a BUILD file that makes a target
)

// A Definition is one named thing in the workspace's sources. It is immutable
// and belongs to one Workspace snapshot.
type Definition struct {
	// Name as Bazel prints it: "traverse_impl", "lambda", "<toplevel>"; a
	// rule made by a factory is called after the variable it is assigned to;
	// a target's name is its label, "//pkg:name".
	Name string
	Kind Kind
	// File is the absolute, slash-separated path of the source, with links
	// resolved.
	File string
	// Range is the whole statement; NameRange its name (for a lambda the
	// keyword, for a toplevel the file's first position).
	Range, NameRange Range
	// Enclosing is the function around a nested function or lambda, or nil.
	Enclosing *Definition
	// Implementation is the function behind a rule, aspect, macro, …, or nil
	// where it could not be found. Candidates holds all of them where a
	// factory, dict or list leaves several.
	Implementation *Definition
	Candidates     []*Definition
	// Uses are the rules, aspects, … that this function implements, by file
	// and position.
	Uses []*Definition
	// LegacyMacro: a BUILD file, or a macro that one calls, calls this
	// function; Workspace.MadeBy gives the targets it makes.
	LegacyMacro bool
	// Parameters are the function's parameter names, in order.
	Parameters []string
	// Class is, for a target, the name of the rule that makes it, and Rule
	// that rule, followed through loads, factories and macros; nil where it
	// could not be followed. Foreign reports that it was followed out of what
	// is here: the class is Bazel's own, or is loaded from a file that is not
	// here, so that no rule of these sources makes the target, whatever it is
	// called.
	Class   string
	Rule    *Definition
	Foreign bool
	// Classes are all that a target may be of, the first of them Class, where
	// a condition that decides is not known; Candidates are then those of their
	// rules that could be followed.
	Classes []string
	// MadeBy is the macro, legacy or symbolic, whose call in the BUILD file
	// made the target, or nil where the BUILD file calls the rule itself.
	MadeBy *Definition
	// Shape is a hash of the definition's tokens without its name, comments
	// and layout: it survives moves and renames, not edits of the body.
	Shape uint64
	// callees are hashes of the names that a function's body calls, ordered.
	callees []uint32
}
