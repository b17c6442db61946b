// SPDX-License-Identifier: Apache-2.0

package flow

import "go.starlark.net/syntax"

// spent counts a step, and reports whether there are none left.
func (in *interpreter) spent() bool {
	in.steps++
	return in.steps > maxSteps
}

// eval is what an expression may be.
func (in *interpreter) eval(f *activation, e syntax.Expr) Value {
	if in.spent() {
		return Value{}
	}
	switch e := e.(type) {
	case *syntax.Ident:
		return in.name(f, e)
	case *syntax.Literal:
		return literal(e)
	case *syntax.ParenExpr:
		return in.eval(f, e.X)
	case *syntax.ListExpr:
		return in.items(f, e, List, e.List)
	case *syntax.TupleExpr:
		return in.items(f, e, Tuple, e.List)
	case *syntax.DictExpr:
		return in.dict(f, e)
	case *syntax.Comprehension:
		return in.comprehension(f, e)
	case *syntax.CondExpr:
		in.eval(f, e.Cond)
		return join(in.eval(f, e.True), in.eval(f, e.False))
	case *syntax.BinaryExpr:
		return in.operator(f, e)
	case *syntax.UnaryExpr:
		v := in.eval(f, e.X)
		if e.Op == syntax.MINUS && v.Number != nil {
			return number(-*v.Number)
		}
		return kinds(Number)
	case *syntax.DotExpr:
		on := in.eval(f, e.X)
		in.noteRead(e, on)
		return in.attribute(f, on, e.Name.Name, in.at(f.module, e))
	case *syntax.IndexExpr:
		return in.index(in.eval(f, e.X), in.eval(f, e.Y), in.at(f.module, e))
	case *syntax.SliceExpr:
		return in.slice(f, e)
	case *syntax.LambdaExpr:
		return function(&Function{Name: "lambda", At: in.at(f.module, e), lambda: e, module: f.module, outer: f})
	case *syntax.CallExpr:
		return in.call(f, e)
	}
	return Value{}
}

func (in *interpreter) name(f *activation, e *syntax.Ident) Value {
	switch e.Name {
	case "True", "False":
		return kinds(Number)
	case "None":
		return kinds(Nothing)
	}
	if v, ok := f.lookup(e.Name); ok {
		return v
	}
	b := &Function{Name: e.Name, Builtin: e.Name}
	if builtinProviders[e.Name] {
		b.Provider = e.Name
	}
	return function(b)
}

func literal(e *syntax.Literal) Value {
	switch v := e.Value.(type) {
	case string:
		return text(v)
	case int64:
		return number(v)
	}
	return kinds(Number)
}

// make is the object of an expression, one for each call of the function
// around it.
func (in *interpreter) make(f *activation, n syntax.Node, k TypeSet) *MadeObject {
	o, ok := f.made[n]
	if !ok {
		o = &MadeObject{Kind: k, At: in.at(f.module, n), In: f.in, Loops: in.loops, Module: in.current.Kind == "toplevel", Constant: true, by: in}
		o.Call, _ = n.(*syntax.CallExpr)
		o.Literal, _ = n.(syntax.Expr)
		f.made[n] = o
		if r := in.current.Kind; r != "rule" && r != "aspect" && r != "toplevel" {
			in.made = append(in.made, Making{o, in.current})
		}
		return o
	}
	o.Kind |= k
	if !in.again { // made anew: what is held is that of one turn
		o.Count, o.Bytes = 0, 0
	}
	return o
}

func (in *interpreter) items(f *activation, e syntax.Expr, k TypeSet, list []syntax.Expr) Value {
	values := make([]Value, len(list))
	for i, x := range list {
		values[i] = in.eval(f, x)
	}
	o := in.make(f, e, k)
	for _, v := range values {
		in.add(o, v, in.at(f.module, e))
	}
	if len(values) <= 8 {
		o.items = values
	}
	return object(o)
}

// itemsOf are the elements of a list that is written out.
func itemsOf(o *MadeObject) ([]Value, bool) {
	return o.items, o.Kind&(List|Tuple) != 0 && o.items != nil
}

func (in *interpreter) dict(f *activation, e *syntax.DictExpr) Value {
	type pair struct{ k, v Value }
	var pairs []pair
	for _, x := range e.List {
		if entry, ok := x.(*syntax.DictEntry); ok {
			pairs = append(pairs, pair{in.eval(f, entry.Key), in.eval(f, entry.Value)})
		}
	}
	o := in.make(f, e, Dict)
	for _, p := range pairs {
		in.put(object(o), p.k, p.v, in.at(f.module, e))
	}
	return object(o)
}

func (in *interpreter) comprehension(f *activation, e *syntax.Comprehension) Value {
	k := List
	if e.Curly {
		k = Dict
	}
	o := in.make(f, e, k)
	before := f.scope
	f.scope = &scope{around: before}
	in.clauses(f, e, e.Clauses, o)
	f.scope = before
	return object(o)
}

func (in *interpreter) clauses(f *activation, e *syntax.Comprehension, rest []syntax.Node, o *MadeObject) {
	if len(rest) == 0 {
		if entry, ok := e.Body.(*syntax.DictEntry); ok {
			in.put(object(o), in.eval(f, entry.Key), in.eval(f, entry.Value), in.at(f.module, e))
		} else {
			in.add(o, in.eval(f, e.Body), in.at(f.module, e))
		}
		return
	}
	switch c := rest[0].(type) {
	case *syntax.ForClause:
		in.loop(f, c, c.Vars, in.eval(f, c.X), true, 1, func() { in.clauses(f, e, rest[1:], o) })
	case *syntax.IfClause:
		in.eval(f, c.Cond)
		in.clauses(f, e, rest[1:], o)
		if !in.again { // how many it lets through is not known
			o.Count, o.Bytes = 0, 0
		}
	}
}

// slice is x[a:b].
func (in *interpreter) slice(f *activation, e *syntax.SliceExpr) Value {
	v := in.eval(f, e.X)
	var bound int64 = most
	for _, x := range []syntax.Expr{e.Lo, e.Hi, e.Step} {
		if x == nil {
			continue
		}
		if n := in.eval(f, x); n.Number != nil {
			size := *n.Number
			if size < 0 {
				size = -size
			}
			bound = min(bound, size)
		}
	}
	kind := v.Kind() & (String | List | Tuple)
	if v.Text != nil {
		kind = String
	}
	o := in.make(f, e, kind)
	if bound < most {
		// A part of a length that does not grow.
		if !in.again {
			o.Count, o.Bytes = min(v.Count(), bound), min(v.Bytes(), bound*slotBytes+stringBytes)
		}
		o.Elements = in.element(v, o.At)
		o.Constant = v.constant()
		return object(o)
	}
	in.extend(o, v, o.At)
	return object(o)
}

// element is what one element of a value may be.
func (in *interpreter) element(v Value, at SourceRange) Value {
	out := Value{Paths: v.step(Step{}, at)}
	for _, o := range v.Objects {
		if o.Kind == Sequence {
			out = join(out, kinds(Number))
			continue
		}
		out = join(out, o.Elements)
		for _, p := range o.Parts {
			switch {
			case p.Way != Copied && p.Way != Shared || o.Kind&String != 0:
			case o.Elements.empty() || p.Flat:
				// Of a container that was filled from what is not known.
				out = join(out, Value{Paths: p.Value.step(Step{}, at)})
			default:
				if o.Literal == nil || !isComprehension(o.Literal) {
					out = join(out, Value{Paths: p.Value.step(Step{}, at)})
				}
			}
		}
	}
	return out
}

func isComprehension(e syntax.Expr) bool { _, ok := e.(*syntax.Comprehension); return ok }

// index is x[k].
func (in *interpreter) index(v, key Value, at SourceRange) Value {
	var out Value
	for _, fn := range key.Functions {
		if fn.Provider == "" {
			continue
		}
		out = join(out, Value{Paths: v.step(Step{Provider: fn.Provider}, at)})
	}
	if !out.empty() {
		return out
	}
	if key.Text != nil {
		for _, o := range v.Objects {
			if f, ok := o.Fields[*key.Text]; ok {
				out = join(out, f)
			}
		}
		if !out.empty() {
			return out
		}
	}
	if key.Number != nil {
		for _, o := range v.Objects {
			if items, ok := itemsOf(o); ok && *key.Number >= 0 && *key.Number < int64(len(items)) && o.Count == int64(len(items)) {
				return items[*key.Number]
			}
		}
	}
	return in.element(v, at)
}

// attribute is x.name.
func (in *interpreter) attribute(f *activation, v Value, name string, at SourceRange) Value {
	out := Value{Paths: v.step(Step{Name: name}, at)}
	for _, o := range v.Objects {
		if field, ok := o.Fields[name]; ok && o.Kind&(Struct|Instance) != 0 {
			out = join(out, field)
		}
	}
	if !out.empty() && len(v.Paths) == 0 {
		return out
	}
	if out.empty() || isMethod(name) {
		m := &Function{Name: name, Builtin: "." + name, receiver: v, At: at}
		for _, fn := range v.Functions { // attr.label, ctx.actions, native.glob, json.encode
			if fn.Builtin != "" {
				m.Builtin = fn.Builtin + "." + name
			}
		}
		out.Functions = append(out.Functions, m)
	}
	return out
}
