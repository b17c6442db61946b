// SPDX-License-Identifier: Apache-2.0

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
	anUnknown                    // one of several possibilities, of which nothing is known
)

type exprValue struct {
	kind    valueKind
	ref     functionRef
	n       int64
	text    string
	items   []thunk
	entries []keyValue
	open    openness
	made    *construction
	// closure is the scope in which a nested function was made.
	closure *scope
}

// openness is which entries a dict may have besides those that are known.
type openness uint8

const (
	closed openness = iota
	bulky           // arguments that are not kept
	open            // any
)

// A functionRef names a function of a file.
type functionRef struct{ file, function int32 }

// A bindingRef names a module-level binding of a file.
type bindingRef struct{ file, binding int32 }

// A construction is a rule, aspect, … together with what it was made from.
type construction struct {
	kind           Kind
	implementation thunk
	attrs          thunk // of a symbolic macro
	// exported is the module-level variable it was first assigned to.
	exported   bindingRef
	isExported bool
}

// A keyValue is a key with its value, in a dict or struct.
type keyValue struct {
	key   string
	value thunk
}

// A thunk is an expression that is evaluated where it is needed, or values
// that are there already.
type thunk struct {
	expr   *expr
	scope  *scope
	values []exprValue
}

func known(v ...exprValue) thunk { return thunk{values: v} }

// A scope is where names are looked up.
type scope struct {
	file, function int32
	// vars are parameters, or the variables of a loop.
	vars []variable
	// clause is the id of the loop that vars are of; 0 in a comprehension.
	clause int32
	// spot is where in the function an expression stands that is evaluated
	// in this scope; that of the innermost scope counts.
	spot  *spot
	outer *scope
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

// at is the scope of an expression that stands somewhere in the function.
func (s *scope) at(where *spot) *scope {
	return &scope{file: s.file, function: s.function, spot: where, outer: s, inner: true}
}

// upTo is the scope around s, in the function whose own scope is own, that has
// the variables of these clauses and no others.
func (s *scope) upTo(own *scope, around []clause) *scope {
	for cur := s; cur != own; cur = cur.outer {
		if cur.clause != 0 && inClause(around, cur.clause) {
			return cur
		}
	}
	return own
}
