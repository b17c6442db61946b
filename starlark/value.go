package starlark

// Abstract values.
//
// Linking asks what an expression may be when Bazel evaluates it, without
// running it: conditions are not decided (both sides count), arguments that
// are not known are not known, and an evaluation that takes too many steps
// gives what it has. A value is one possibility; an expression evaluates to
// any number of them, none where nothing is known.

type valueKind uint8

const (
	aFunction   valueKind = iota // ref
	aBuiltin                     // text: "native.filegroup", "rule", …
	anUnread                     // text: a name loaded from a file that is not here
	aString                      // text
	anInt                        // n
	aList                        // items
	aDict                        // entries; also structs and **kwargs
	aDefinition                  // made: what a constructor returned
)

type value struct {
	kind    valueKind
	ref     functionRef
	n       int64
	text    string
	items   []thunk
	entries []entry
	made    *construction
	// closure is the scope in which a nested function was made.
	closure *scope
}

// A functionRef names a function of a file.
type functionRef struct{ file, function int32 }

// A bindingRef names a module-level binding of a file.
type bindingRef struct{ file, binding int32 }

// A construction is a rule, aspect, … together with what it was made from.
type construction struct {
	kind           Kind
	implementation thunk
	// exported is the module-level variable it was first assigned to.
	exported   bindingRef
	isExported bool
}

// An entry is a key with its value, in a dict or struct.
type entry struct {
	key   string
	value thunk
}

// A thunk is an expression that is evaluated where it is needed, or values
// that are there already.
type thunk struct {
	expr   *expr
	scope  *scope
	values []value
}

func known(v ...value) thunk { return thunk{values: v} }

// A scope is where names are looked up.
type scope struct {
	file, function int32
	// vars are parameters, or the variables of a loop.
	vars []variable
	// hidden is the local whose assignment is being evaluated: in
	// "name = name + '_x'" the inner name is the parameter.
	hidden string
	outer  *scope
	// inner: the scope continues outer's function (a loop, an assignment).
	inner bool
}

type variable struct {
	name  string
	value thunk
}

func moduleScope(file int32) *scope { return &scope{file: file} }

// within is a scope of the same function with more variables.
func (s *scope) within(vars []variable) *scope {
	return &scope{file: s.file, function: s.function, vars: vars, outer: s, inner: true}
}

// hiding is a scope of the same function in which a local is not visible.
func (s *scope) hiding(name string) *scope {
	return &scope{file: s.file, function: s.function, hidden: name, outer: s, inner: true}
}
