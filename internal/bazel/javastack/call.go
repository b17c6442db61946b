// SPDX-License-Identifier: Apache-2.0

package javastack

import "strings"

// How the interpreter calls a Starlark function, by version:
//
//	UserDefinedFunction.call, BaseFunction.callWithArgArray             up to 2.x
//	Starlark.fastcall → StarlarkFunction.fastcall                       3.x to 8.x
//	Starlark.positionalOnlyCall → StarlarkCallable.positionalOnlyCall → 2025 on
//	Starlark.callViaArgumentProcessor →
//	    StarlarkFunction$ArgumentProcessor.call
//	StarlarkFunction.positionalOnlyCall, …namedArgumentCall             2025 on
//
// Starlark's methods call; those of StarlarkFunction and of its argument
// processor run the body, one of them for each function on the stack.

// bodyClasses run a Starlark function's body.
var bodyClasses = map[string]bool{
	"StarlarkFunction": true, "StarlarkFunction$ArgumentProcessor": true, "UserDefinedFunction": true,
}

// callMethods of class Starlark (and of Eval around it) call a function.
var callMethods = map[string]bool{
	"fastcall": true, "call": true, "positionalOnlyCall": true, "callViaArgumentProcessor": true,
}

// runsBody reports whether m runs a Starlark function's body.
func (m method) runsBody() bool {
	return m.starlark() && bodyClasses[m.class] && (strings.HasSuffix(m.name, "call") || strings.HasSuffix(m.name, "Call"))
}

// calls reports whether m calls a function of Starlark's or a builtin for
// another, and is not yet, or no longer, inside it.
func (m method) calls() bool {
	return m.starlark() && m.class == "Starlark" && callMethods[m.name]
}

// Calls reports whether class.method is such a call, as a heap dump tells them.
func Calls(class, name string) bool { return splitMethod(class + "." + name).calls() }

// Leaving reports whether the stack says that the function which ran is no
// longer on it: the innermost frame is a call, so that memory ran out again
// while the error left the function, and the Starlark frames printed begin
// with its caller.
func Leaving(frames []Frame) bool {
	return len(frames) > 0 && splitMethod(frames[0].Method).calls()
}

// Depth counts the Starlark functions on the stack.
func Depth(frames []Frame) int {
	n := 0
	for _, f := range frames {
		if splitMethod(f.Method).runsBody() {
			n++
		}
	}
	return n
}
