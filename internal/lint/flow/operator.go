// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"slices"

	"go.starlark.net/syntax"
)

// operator is a binary expression.
func (in *interpreter) operator(f *activation, e *syntax.BinaryExpr) Value {
	left, right := in.eval(f, e.X), in.eval(f, e.Y)
	switch e.Op {
	case syntax.OR, syntax.AND:
		return join(left, right)
	case syntax.PLUS, syntax.MINUS, syntax.STAR, syntax.SLASHSLASH, syntax.PERCENT, syntax.PIPE:
		return in.binary(f, e, e.Op, left, right)
	}
	return kinds(Number)
}

func (in *interpreter) binary(f *activation, n syntax.Node, op syntax.Token, left, right Value) Value {
	kind := left.Kind() | right.Kind()
	at := in.at(f.module, n)
	switch {
	case op == syntax.PERCENT && left.Kind()&String != 0:
		return in.format(f, n, left, right)
	case op == syntax.STAR && kind&(String|List) != 0:
		return in.repeat(f, n, left, right)
	case left.Kind() == Number && (right.Kind()&^Number) == 0 || right.Kind() == Number && (left.Kind()&^Number) == 0:
		return arithmetic(op, left, right)
	case op == syntax.PLUS || op == syntax.PIPE:
		if kind == 0 && len(left.Paths) == 0 && len(right.Paths) == 0 {
			return Value{}
		}
		known := kind & (Collection | String | Select | Depset)
		o := in.make(f, n, known)
		if known&String != 0 && known&Collection == 0 {
			in.glue(o, left, right, at)
			in.grows(o, n, left, at)
			return object(o)
		}
		for _, v := range []Value{left, right} {
			in.extend(o, v, at)
		}
		return object(o)
	}
	return kinds(Number)
}

// glue joins two strings.
func (in *interpreter) glue(o *MadeObject, left, right Value, at SourceRange) {
	for _, v := range []Value{left, right} {
		in.part(o, Part{Value: v, Way: Copied, At: at})
	}
	if in.again {
		return
	}
	grown := left.Bytes() + right.Bytes()
	o.Bytes = max(o.Bytes, min(most, grown+stringBytes))
}

// grows notes a string that is added to in every turn of a loop.
func (in *interpreter) grows(o *MadeObject, n syntax.Node, left Value, at SourceRange) {
	if len(in.loops) <= len(o.Loops)-1 || len(in.loops) == 0 || in.loops[len(in.loops)-1].Comprehension || !leads(left, o, 0) {
		return
	}
	if o.growing || in.failing || in.once {
		return
	}
	o.growing = true
	in.growths = append(in.growths, StringGrowth{
		At: at, Node: n, Loop: in.loops[len(in.loops)-1], Root: in.current, In: o.In, Chain: slices.Clone(in.chain),
	})
}

// leads reports whether a string was made from another, over a few more.
func leads(v Value, to *MadeObject, deep int) bool {
	for _, o := range v.Objects {
		if o == to {
			return true
		}
		if deep > 3 || o.Kind != String {
			continue
		}
		for _, p := range o.Parts {
			if p.Way == Copied && leads(p.Value, to, deep+1) {
				return true
			}
		}
	}
	return false
}

// format is "…" % values and "…".format(…).
func (in *interpreter) format(f *activation, n syntax.Node, values ...Value) Value {
	o := in.make(f, n, String)
	at := in.at(f.module, n)
	size := int64(stringBytes)
	for _, v := range values {
		in.part(o, Part{Value: v, Way: Copied, At: at})
		size += v.Bytes()
		for _, t := range v.of(Tuple | List) {
			in.part(o, Part{Value: t.Elements, Way: Copied, At: at})
		}
	}
	if !in.again {
		o.Bytes = size
	}
	return object(o)
}

// repeat is "x" * n and [x] * n.
func (in *interpreter) repeat(f *activation, e syntax.Node, left, right Value) Value {
	if left.Kind()&Number != 0 && right.Kind()&Number == 0 {
		left, right = right, left
	}
	o := in.make(f, e, left.Kind()&(String|Collection))
	in.part(o, Part{Value: left, Way: Copied, At: in.at(f.module, e)})
	n := int64(1)
	if right.Number != nil {
		n = max(0, *right.Number)
	}
	if !in.again {
		o.Count = min(most, left.Count()*n)
		o.Bytes = min(most, max(1, left.Bytes())*min(most, n)+stringBytes)
	}
	return object(o)
}

// arithmetic folds constants. Where one side is not known the other stands for
// the result of a sum or a difference: "length - len(text)" is about length.
func arithmetic(op syntax.Token, left, right Value) Value {
	a, b := left.Number, right.Number
	switch {
	case a == nil && b == nil:
	case b == nil:
		if op == syntax.PLUS || op == syntax.MINUS {
			return number(*a)
		}
	case a == nil:
		if op == syntax.PLUS {
			return number(*b)
		}
	default:
		switch op {
		case syntax.PLUS:
			return number(*a + *b)
		case syntax.MINUS:
			return number(*a - *b)
		case syntax.STAR:
			if *a < most && *b < most {
				return number(min(most, *a**b))
			}
		case syntax.SLASHSLASH:
			if *b != 0 {
				return number(*a / *b)
			}
		case syntax.PERCENT:
			if *b != 0 {
				return number(*a % *b)
			}
		}
	}
	return kinds(Number)
}
