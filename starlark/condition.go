// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"strings"
)

// Conditions. A condition over values that are known is decided; of any other
// both branches count.

// A truth is what is known of a condition.
type truth int8

const (
	maybe truth = iota
	yes
	no
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

func (t truth) not() truth {
	switch t {
	case yes:
		return no
	case no:
		return yes
	}
	return maybe
}

// value is the truth as an expression has it, nothing where it is not known.
func (t truth) value() []exprValue {
	switch t {
	case yes:
		return []exprValue{{kind: aBuiltin, text: "True"}}
	case no:
		return []exprValue{{kind: aBuiltin, text: "False"}}
	}
	return nil
}

// truth evaluates a condition.
func (ev *evaluator) truth(e *expr, s *scope) truth {
	if e.op == opTest {
		switch e.text {
		case "not":
			return ev.truth(&e.args[0], s).not()
		case "and":
			return both(ev.truth(&e.args[0], s), ev.truth(&e.args[1], s))
		case "or":
			return both(ev.truth(&e.args[0], s).not(), ev.truth(&e.args[1], s).not()).not()
		}
		return ev.compare(e, s)
	}
	out := maybe
	for i, v := range ev.eval(e, s) {
		if t := v.truth(); i > 0 && t != out {
			return maybe
		} else {
			out = t
		}
	}
	return out
}

func both(x, y truth) truth {
	switch {
	case x == no || y == no:
		return no
	case x == yes && y == yes:
		return yes
	}
	return maybe
}

// truth is what "if value" does.
func (v exprValue) truth() truth {
	switch v.kind {
	case aString:
		return truthOf(v.text != "")
	case anInt:
		return truthOf(v.n != 0)
	case aList:
		return truthOf(len(v.items) > 0)
	case aDict:
		if len(v.entries) == 0 {
			return maybe // a struct is true, and what a dict holds may not be known
		}
		return yes
	case aFunction, aDefinition:
		return yes
	case aBuiltin:
		switch v.text {
		case "True":
			return yes
		case "False", "None":
			return no
		}
	}
	return maybe
}

// compare evaluates ==, !=, in and not in.
func (ev *evaluator) compare(e *expr, s *scope) truth {
	out := maybe
	ys := ev.eval(&e.args[1], s)
	for i, x := range ev.eval(&e.args[0], s) {
		for j, y := range ys {
			t := maybe
			switch e.text {
			case "==":
				t = ev.equal(x, y, 0)
			case "!=":
				t = ev.equal(x, y, 0).not()
			case "in":
				t = ev.in(x, y)
			case "not in":
				t = ev.in(x, y).not()
			}
			if (i > 0 || j > 0) && t != out {
				return maybe
			}
			out = t
		}
	}
	return out
}

// equal is x == y.
func (ev *evaluator) equal(x, y exprValue, depth int) truth {
	kx, ky := x.typeName(), y.typeName()
	switch {
	case kx == "" || ky == "":
		return maybe
	case kx != ky:
		return no
	}
	switch x.kind {
	case aString, aBuiltin:
		return truthOf(x.text == y.text)
	case anInt:
		return truthOf(x.n == y.n)
	case aList:
		if len(x.items) != len(y.items) {
			return no
		}
		out := yes
		for i := range x.items {
			vx, okX := ev.one(x.items[i])
			vy, okY := ev.one(y.items[i])
			t := maybe
			if okX && okY && depth < 4 {
				t = ev.equal(vx, vy, depth+1)
			}
			if out = both(out, t); out == no {
				return no
			}
		}
		if out == yes && len(x.items) == 0 {
			return maybe // () and [] are not told apart
		}
		return out
	}
	return maybe
}

// in is x in y.
func (ev *evaluator) in(x, y exprValue) truth {
	out := no
	switch {
	case y.kind == aString && x.kind == aString:
		return truthOf(strings.Contains(y.text, x.text))
	case y.kind == aList:
		for _, item := range y.items {
			t := maybe
			if v, ok := ev.one(item); ok {
				t = ev.equal(x, v, 0)
			}
			if out = both(out.not(), t.not()).not(); out == yes {
				return yes
			}
		}
		return out
	case y.kind == aDict:
		key, ok := x.asText()
		if !ok {
			return maybe
		}
		for _, en := range y.entries {
			switch en.key {
			case key:
				return yes
			case "":
				out = maybe // a key that is not known
			}
		}
		if y.open != closed && (y.open == open || bulkyArguments[key]) {
			return maybe
		}
		return out
	}
	return maybe
}

// typeName is Starlark's type of a value, as far as one kind is of one type; a
// dict and a struct, a list and a tuple are not told apart.
func (v exprValue) typeName() string {
	switch v.kind {
	case aString:
		return "string"
	case anInt:
		return "int"
	case aList:
		return "list"
	case aDict:
		return "dict"
	case aFunction, aDefinition:
		return "function"
	case aBuiltin:
		switch v.text {
		case "True", "False":
			return "bool"
		case "None":
			return "NoneType"
		}
	}
	return ""
}

// typeOf is type(x).
func (ev *evaluator) typeOf(e *expr, s *scope) []exprValue {
	v, ok := ev.one(thunk{expr: e, scope: s})
	if !ok {
		return nil
	}
	text := func(s string) exprValue { return exprValue{kind: aString, text: s} }
	switch name := v.typeName(); name {
	case "":
		return nil
	case "list":
		return []exprValue{text("list"), text("tuple")}
	case "dict":
		return []exprValue{text("dict"), text("struct")}
	default:
		return []exprValue{text(name)}
	}
}
