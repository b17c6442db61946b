// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"maps"
	"slices"
	"strings"

	"go.starlark.net/syntax"
)

// builtin is a call of one of Bazel's functions, or of a method.
func (in *interpreter) builtin(f *activation, e *syntax.CallExpr, fn *Function, a arguments) Value {
	name := fn.Builtin
	at := in.at(f.module, e)
	first := Value{}
	if len(a.positional) > 0 {
		first = a.positional[0]
	}
	if strings.HasPrefix(name, ".") {
		return in.method(f, e, name, fn.receiver, a)
	}
	if strings.HasPrefix(name, "native.") && name != "native.glob" && !queries[name] {
		in.record(f, e, "target", Value{}, a, Value{})
		return kinds(Nothing)
	}
	switch name {
	case "struct":
		o := in.make(f, e, Struct)
		if o.Fields == nil {
			o.Fields = map[string]Value{}
		}
		if !in.again {
			o.Bytes = structBytes
		}
		for key, v := range a.named {
			o.Fields[key] = join(o.Fields[key], v)
			o.Constant = o.Constant && v.constant()
			if !in.again {
				o.Bytes = min(most, o.Bytes+slotBytes+v.Bytes())
			}
		}
		if emptyDepsets(a.named) {
			in.record(f, e, "instance", Value{}, a, object(o))
		}
		return object(o)
	case "depset":
		return in.depset(f, e, a)
	case "provider":
		return in.provider(f, e, a)
	case "rule", "aspect", "repository_rule", "macro", "subrule", "module_extension":
		return in.definition(f, e, name, a)
	case "transition":
		in.addRoot("transition", "", a.argument("implementation", 0), at, nil)
		return Value{}
	case "attr.label", "attr.label_list", "attr.string", "attr.string_list", "attr.label_keyed_string_dict", "attr.string_dict", "attr.output", "attr.int", "attr.bool":
		in.addRoot("computed_default", "", a.named["default"], at, nil)
		return Value{}
	case "range":
		o := in.make(f, e, Sequence)
		bounds := a.positional
		if len(bounds) > 0 && bounds[min(1, len(bounds)-1)].Number != nil {
			o.Count = *bounds[min(1, len(bounds)-1)].Number
			if len(bounds) > 1 && bounds[0].Number != nil {
				o.Count -= *bounds[0].Number
			}
			if len(bounds) > 2 && bounds[2].Number != nil && *bounds[2].Number != 0 {
				o.Count /= *bounds[2].Number
			}
			o.Count = min(most, max(0, o.Count))
		} else {
			for _, b := range bounds {
				in.part(o, Part{Value: b, Way: Copied, At: at})
			}
		}
		return object(o)
	case "list", "tuple", "sorted", "reversed", "set", "enumerate":
		k := List
		if name == "tuple" {
			k = Tuple
		}
		o := in.make(f, e, k)
		if first.Kind()&Sequence != 0 && !in.again {
			o.Count, o.Bytes = first.Count(), first.Count()*(slotBytes+numberBytes)
		} else {
			in.extend(o, first, at)
		}
		return object(o)
	case "zip":
		o := in.make(f, e, List)
		for _, v := range a.positional {
			in.extend(o, v, at)
		}
		return object(o)
	case "dict":
		o := in.make(f, e, Dict)
		in.extend(o, first, at)
		for key, v := range a.named {
			in.put(object(o), text(key), v, at)
		}
		return object(o)
	case "str", "repr":
		o := in.make(f, e, String)
		in.part(o, Part{Value: first, Way: Copied, At: at})
		if !in.again {
			o.Bytes = stringBytes + first.Bytes()
		}
		return object(o)
	case "getattr":
		return in.getattr(f, e, a)
	case "len":
		if n := first.Count(); n > 0 {
			return number(n)
		}
		return kinds(Number)
	case "min", "max":
		return kinds(Number)
	case "hasattr", "type", "int", "bool", "any", "all", "hash", "print", "fail", "Label", "dir":
		return kinds(Number)
	case "select":
		o := in.make(f, e, Select)
		in.part(o, Part{Value: first, Way: Held, At: at})
		if !in.again {
			o.Count, o.Bytes = first.Count(), first.Bytes()
		}
		in.record(f, e, "select", Value{}, a, object(o))
		return object(o)
	case "native.glob", "glob":
		p := &Path{Step: Step{Root: true, Name: "glob()"}, At: at}
		o := in.make(f, e, List)
		in.part(o, Part{Value: outside(p), Way: Copied, At: at})
		in.record(f, e, "glob", Value{}, a, object(o))
		return object(o)
	case "json.encode", "json.encode_indent", "proto.encode_text":
		return in.encode(f, e, name, first)
	}
	in.record(f, e, name, Value{}, a, Value{})
	return Value{}
}

// queries are the functions of native that make no target.
var queries = map[string]bool{
	"native.existing_rule": true, "native.existing_rules": true, "native.package_name": true, "native.repository_name": true,
	"native.subpackages": true, "native.package_relative_label": true, "native.exports_files": true, "native.package_group": true,
	"native.module_name": true, "native.module_version": true, "native.licenses": true, "native.register_toolchains": true,
}

func (a arguments) argument(name string, at int) Value {
	if v, ok := a.named[name]; ok {
		return v
	}
	if at >= 0 && at < len(a.positional) {
		return a.positional[at]
	}
	return Value{}
}

// encode is json.encode(x), x.to_json(): a text of all that x holds.
func (in *interpreter) encode(f *activation, e *syntax.CallExpr, name string, v Value) Value {
	o := in.make(f, e, String)
	at := in.at(f.module, e)
	seen := map[*MadeObject]bool{}
	var whole func(v Value, deep int)
	whole = func(v Value, deep int) {
		in.part(o, Part{Value: v, Way: Copied, At: at})
		if deep > 4 {
			return
		}
		for _, inner := range v.Objects {
			if seen[inner] {
				continue
			}
			seen[inner] = true
			whole(inner.Elements, deep+1)
			for _, name := range slices.Sorted(maps.Keys(inner.Fields)) {
				whole(inner.Fields[name], deep+1)
			}
		}
	}
	whole(v, 0)
	if !in.again {
		o.Bytes = stringBytes + v.Bytes()
	}
	in.record(f, e, "json.encode", Value{}, arguments{positional: []Value{v}}, object(o))
	return object(o)
}

func (in *interpreter) depset(f *activation, e *syntax.CallExpr, a arguments) Value {
	o := in.make(f, e, Depset)
	at := in.at(f.module, e)
	if direct := a.argument("direct", 0); !direct.empty() {
		in.part(o, Part{Value: direct, Way: Copied, At: at})
		o.Elements = join(o.Elements, in.element(direct, at))
		o.Constant = o.Constant && direct.constant()
		if !in.again {
			o.Count, o.Bytes = direct.Count(), direct.Bytes()+structBytes
		}
	} else if !in.again {
		o.Bytes = structBytes
	}
	transitive := a.named["transitive"]
	for _, list := range transitive.Objects {
		in.part(o, Part{Value: list.Elements, Way: Shared, At: at})
		for _, p := range list.Parts {
			// Lists of depsets that are joined, or filled in a loop.
			in.part(o, Part{Value: Value{Paths: p.Value.step(Step{}, at)}, Way: Shared, At: at})
			for _, inner := range p.Value.Objects {
				in.part(o, Part{Value: inner.Elements, Way: Shared, At: at})
			}
		}
	}
	if len(transitive.Paths) > 0 {
		in.part(o, Part{Value: Value{Paths: transitive.step(Step{}, at)}, Way: Shared, At: at})
	}
	if !transitive.empty() {
		o.Constant = false
	}
	if len(in.loops) > 0 {
		in.record(f, e, "depset", Value{}, a, object(o))
	}
	return object(o)
}

// provider is provider(…); with init it is a pair.
func (in *interpreter) provider(f *activation, e *syntax.CallExpr, a arguments) Value {
	at := in.at(f.module, e)
	p := &Function{Name: "provider", At: at, module: f.module}
	p.Name = in.assignedTo(f, e)
	p.Provider = in.program.Workspace.Rel(f.module.file.Path) + "%" + p.Name
	init, ok := a.named["init"]
	if !ok {
		return function(p)
	}
	raw := *p
	p.init = init
	o := in.make(f, e, Tuple)
	o.items = []Value{function(p), function(&raw)}
	return object(o)
}

// assignedTo is the name that a call's result gets at the top of a file.
func (in *interpreter) assignedTo(f *activation, e *syntax.CallExpr) string {
	for _, s := range f.module.file.Tree.Stmts {
		assign, ok := s.(*syntax.AssignStmt)
		if !ok || assign.RHS != syntax.Expr(e) {
			continue
		}
		switch to := assign.LHS.(type) {
		case *syntax.Ident:
			return to.Name
		case *syntax.TupleExpr:
			if id, ok := to.List[0].(*syntax.Ident); ok {
				return id.Name
			}
		}
	}
	return "provider"
}

// definition is rule(…), aspect(…) and the like.
func (in *interpreter) definition(f *activation, e *syntax.CallExpr, kind string, a arguments) Value {
	at := in.at(f.module, e)
	name := in.assignedTo(f, e)
	if name == "provider" {
		name = ""
	}
	in.addRoot(kind, name, a.argument("implementation", 0), at, a.named)
	in.record(f, e, kind, Value{}, a, Value{})
	return function(&Function{Name: name, At: at, Maker: kind, module: f.module})
}

func (in *interpreter) getattr(f *activation, e *syntax.CallExpr, a arguments) Value {
	at := in.at(f.module, e)
	if len(a.positional) < 2 {
		return Value{}
	}
	out := Value{}
	switch name := a.positional[1].Text; {
	case name != nil:
		out = in.attribute(f, a.positional[0], *name, at)
		out.Functions = nil
	default:
		out.Paths = a.positional[0].step(Step{Name: "*"}, at)
	}
	if len(a.positional) > 2 {
		out = join(out, a.positional[2])
	}
	return out
}
