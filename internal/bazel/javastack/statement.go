// SPDX-License-Identifier: Apache-2.0

package javastack

import "strings"

// What was under way in the innermost Starlark function, from the Java frames.
//
// 4.x prints no Starlark frame when memory runs out, and later versions print
// the line of the last call begun, not of the allocation. But the evaluator
// interprets a tree, and its methods name the nodes: between the newest frame
// and the first call of a Starlark function lie exactly the statement and the
// expression that were being evaluated. In a for loop over `x += "…"`:
//
//	java.lang.StringConcatHelper.newArray      the operation's body
//	net.starlark.java.eval.EvalUtils.binaryOp
//	net.starlark.java.eval.Eval.inplaceBinaryOp    the evaluator
//	net.starlark.java.eval.Eval.execAugmentedAssignment
//	net.starlark.java.eval.Eval.execFor
//	net.starlark.java.eval.StarlarkFunction.fastcall    the function's call
//
// The evaluator was com.google.devtools.build.lib.syntax up to 3.x and
// net.starlark.java.eval from 4.0. In the oldest (up to 0.29) expressions
// evaluate themselves: BinaryOperatorExpression.doEval.

// Statement says in plain words what kind of statement and operation was under
// way in the innermost Starlark function, given the frames of a thread,
// innermost first: "augmented assignment, concatenating strings, in a for
// loop"; or of a thread outside Starlark what the action did. It is "" if the
// frames do not tell.
func Statement(frames []Frame) string {
	end := -1
	for i, f := range frames {
		if splitMethod(f.Method).runsBody() {
			end = i
			break
		}
	}
	if end < 0 {
		return actionUnderWay(frames)
	}
	inner := frames[:end]
	kind, op := statementKind(inner), operation(inner)
	if kind == "expression statement" && op != "" {
		kind, op = "", strings.TrimPrefix(op, "in a ")
	}
	words := []string{kind, op}
	if loops(inner) {
		words = append(words, "in a for loop")
	}
	kept := words[:0]
	for _, w := range words {
		if w != "" {
			kept = append(kept, w)
		}
	}
	return strings.Join(kept, ", ")
}

// A method is a qualified name in its parts.
type method struct{ pkg, class, name string }

// splitMethod parts "net.starlark.java.eval.Eval.execFor". The class keeps
// its outer one: "FileWriteAction$CompressedString".
func splitMethod(s string) method {
	dot := strings.LastIndexByte(s, '.')
	if dot < 0 {
		return method{name: s}
	}
	m := method{name: s[dot+1:], class: s[:dot]}
	if dot := strings.LastIndexByte(m.class, '.'); dot >= 0 {
		m.pkg, m.class = m.class[:dot], m.class[dot+1:]
	}
	return m
}

// starlark reports whether the method is of the evaluator's package.
func (m method) starlark() bool {
	return m.pkg == "net.starlark.java.eval" || m.pkg == "com.google.devtools.build.lib.syntax"
}

// outer is the class that a nested one stands in.
func (m method) outer() string {
	class, _, _ := strings.Cut(m.class, "$")
	return class
}

var statements = map[string]string{
	"execAugmentedAssignment": "augmented assignment",
	"execAssignment":          "assignment",
	"execReturn":              "return statement",
	"execFor":                 "iteration of a for loop",
	"execIf":                  "if statement",
	"execIfBranch":            "if statement",
	"execDef":                 "function definition",
	"execLoad":                "load statement",
	"exec":                    "expression statement",
	"execDispatch":            "expression statement",
}

// statementKind is the kind of the innermost statement.
func statementKind(frames []Frame) string {
	for i, f := range frames {
		m := splitMethod(f.Method)
		if !m.starlark() || m.class != "Eval" {
			continue
		}
		kind, found := statements[m.name]
		if !found {
			continue
		}
		if m.name == "execFor" && i > 0 && strings.HasPrefix(splitMethod(frames[i-1].Method).name, "execStatements") {
			return "" // the statement in the loop's body was compiled away
		}
		return kind
	}
	return ""
}

// loops reports whether the statement stands in a for loop of the function.
func loops(frames []Frame) bool {
	seen := false // a statement inside the loop
	for _, f := range frames {
		m := splitMethod(f.Method)
		if !m.starlark() || m.class != "Eval" {
			continue
		}
		if m.name == "execFor" && seen {
			return true
		}
		seen = seen || strings.HasPrefix(m.name, "exec")
	}
	return false
}

// operation says what the evaluator had called, or was doing itself.
func operation(frames []Frame) string {
	body := frames
	var node method
	for i, f := range frames {
		if m := splitMethod(f.Method); evaluates(m) {
			body, node = frames[:i], m
			break
		}
	}
	if name := builtinCalled(body); name != "" {
		return "in a call of " + name
	}
	if w := comprehension(frames); w != "" {
		return w
	}
	if w := bodyWords(body); w != "" {
		return w
	}
	return nodeWords[node.name]
}

// evaluates reports whether m is the evaluator's for a node of the tree.
func evaluates(m method) bool {
	if !m.starlark() {
		return false
	}
	return m.class == "Eval" || m.class == "Expression" ||
		strings.HasSuffix(m.class, "Expression") && (m.name == "doEval" || m.name == "eval") ||
		strings.HasSuffix(m.class, "Literal") && m.name == "doEval"
}

var nodeWords = map[string]string{
	"evalDict": "building a dict", "evalList": "building a list", "evalTuple": "building a tuple",
	"evalSlice": "slicing", "evalIndex": "indexing", "evalDot": "reading a field",
	"evalUnaryOperator": "", "evalCall": "calling a function", "callFunction": "calling a function",
	"assignSequence": "unpacking", "assignItem": "setting an element", "setIndex": "setting an element",
}

// comprehension looks for a comprehension around the operation: it is the
// evaluator's outermost expression inside the statement.
func comprehension(frames []Frame) string {
	for _, f := range frames {
		m := splitMethod(f.Method)
		if !m.starlark() {
			continue
		}
		switch {
		case m.class == "Eval" && strings.HasPrefix(m.name, "exec") && m.name != "execClauses":
			return ""
		case strings.HasPrefix(m.name, "evalComprehension"), strings.HasPrefix(m.class, "Eval$") && strings.Contains(m.class, "omprehension"),
			strings.HasPrefix(m.class, "ListComprehension"), strings.HasPrefix(m.class, "AbstractComprehension"):
			return "in a comprehension"
		case strings.HasPrefix(m.class, "DictComprehension"):
			return "in a dict comprehension"
		}
	}
	return ""
}

// bodyWords names the operation by the methods that carry it out.
func bodyWords(body []Frame) string {
	// From the evaluator inwards: the outermost method is the operation,
	// what lies further in is how Java does it.
	operator := false
	for i := len(body) - 1; i >= 0; i-- {
		m := splitMethod(body[i].Method)
		if m.name == "repr" || m.name == "str" || m.name == "debugPrint" {
			return "printing a value"
		}
		for _, w := range bodies {
			if strings.HasPrefix(m.class, w.class) && (w.name == "" || strings.HasPrefix(m.name, w.name)) {
				return w.words
			}
		}
		operator = operator || m.class == "EvalUtils"
		if m.class == "AbstractStringBuilder" || m.class == "StringBuilder" || m.class == "StringConcatHelper" {
			return "concatenating strings"
		}
	}
	if operator {
		return "in an operator"
	}
	return ""
}

var bodies = []struct{ class, name, words string }{
	{"Starlark", "format", "formatting a string"},
	{"Printer", "format", "formatting a string"},
	{"BinaryOperatorExpression", "percent", "formatting a string"},
	{"FormatParser", "", "formatting a string"},
	{"Printer", "", "printing a value"},
	{"StarlarkList", "concat", "concatenating lists"},
	{"StarlarkList", "plus", "concatenating lists"},
	{"StarlarkList", "repeat", "repeating a list"},
	{"StarlarkList", "", "growing a list"},
	{"SkylarkList", "", "growing a list"},
	{"Tuple", "concat", "concatenating tuples"},
	{"Tuple", "", "building a tuple"},
	{"StarlarkSet", "", "growing a set"},
	{"Dict", "", "growing a dict"},
	{"SkylarkDict", "", "growing a dict"},
	{"EvalUtils", "repeatString", "repeating a string"},
	{"EvalUtils", "mult", "repeating a value"},
	{"StringModule", "repeat", "repeating a string"},
	{"StarlarkInt", "", "computing with a big integer"},
}
