// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"slices"
	"strings"

	"go.starlark.net/syntax"
)

// An argument list of a call, evaluated.
type arguments struct {
	positional []Value
	named      map[string]Value
	// exprs are the expressions of the named ones.
	exprs map[string]syntax.Expr
	// rest is what *args and **kwargs hold that is not known by name.
	rest Value
}

func (in *interpreter) arguments(f *activation, list []syntax.Expr) arguments {
	a := arguments{named: map[string]Value{}, exprs: map[string]syntax.Expr{}}
	for _, x := range list {
		switch x := x.(type) {
		case *syntax.BinaryExpr:
			if name, ok := x.X.(*syntax.Ident); ok && x.Op == syntax.EQ {
				a.named[name.Name] = in.eval(f, x.Y)
				a.exprs[name.Name] = x.Y
				continue
			}
		case *syntax.UnaryExpr:
			v := in.eval(f, x.X)
			if x.Op == syntax.STARSTAR {
				for _, o := range v.Objects {
					for name, field := range o.Fields {
						a.named[name] = join(a.named[name], field)
					}
				}
				continue
			}
			if x.Op == syntax.STAR {
				a.rest = join(a.rest, in.element(v, in.at(f.module, x)))
				for _, o := range v.Objects {
					if items, ok := itemsOf(o); ok {
						a.positional = append(a.positional, items...)
					}
				}
				continue
			}
		}
		a.positional = append(a.positional, in.eval(f, x))
	}
	return a
}

// call evaluates a call of whatever the callee may be.
func (in *interpreter) call(f *activation, e *syntax.CallExpr) Value {
	callee := in.eval(f, e.Fn)
	a := in.arguments(f, e.Args)
	if in.steps > maxSteps {
		return Value{}
	}
	var out Value
	for _, fn := range callee.Functions {
		switch {
		case fn.def != nil || fn.lambda != nil:
			out = join(out, in.function(f, e, fn, a))
		case fn.Provider != "":
			out = join(out, in.instance(f, e, fn, a))
		case fn.Builtin != "":
			out = join(out, in.builtin(f, e, fn, a))
		case fn.Maker != "":
			out = join(out, in.target(f, e, fn, a))
		}
	}
	return out
}

// function calls a function of these sources.
func (in *interpreter) function(f *activation, e *syntax.CallExpr, fn *Function, a arguments) Value {
	key, keeps := in.key(fn, &a)
	if keeps {
		if v, ok := in.remembered(key, f.depth); ok {
			return v
		}
	}
	cuts := in.cuts
	in.chain = append(in.chain, in.at(f.module, e))
	v := in.enter(fn, f, nil, &a)
	in.chain = in.chain[:len(in.chain)-1]
	if keeps && !in.again && in.steps <= maxSteps {
		in.memo[key] = kept{v, f.depth, cuts != in.cuts}
	}
	return v
}

// params are a function's parameters.
func (f *Function) params() []syntax.Expr {
	if f.def != nil {
		return f.def.Params
	}
	if f.lambda != nil {
		return f.lambda.Params
	}
	return nil
}

// parameter takes a parameter apart: its name, its default and its stars.
func parameter(p syntax.Expr) (name string, value syntax.Expr, stars int) {
	switch p := p.(type) {
	case *syntax.Ident:
		return p.Name, nil, 0
	case *syntax.BinaryExpr:
		if id, ok := p.X.(*syntax.Ident); ok {
			return id.Name, p.Y, 0
		}
	case *syntax.UnaryExpr:
		stars = 1
		if p.Op == syntax.STARSTAR {
			stars = 2
		}
		if id, ok := p.X.(*syntax.Ident); ok {
			return id.Name, nil, stars
		}
		return "", nil, stars
	}
	return "", nil, 0
}

// enter runs a function's body. known are arguments by name; a those of a call.
func (in *interpreter) enter(fn *Function, from *activation, known map[string]Value, a *arguments) Value {
	if fn.def != nil {
		in.called[fn.def] = true
	}
	depth := 0
	if from != nil {
		depth = from.depth + 1
	}
	if depth > maxDepth || in.steps > maxSteps || fn.module == nil || fn.module.globals == nil {
		in.cuts++
		return Value{}
	}
	g := &activation{module: fn.module, scope: &scope{}, outer: fn.outer, in: fn, made: map[syntax.Node]*MadeObject{}, depth: depth}
	if fn.outer == fn.module.globals {
		g.outer = nil // lookup ends there anyway
	}
	in.parameters(fn, g, known, a)
	if fn.lambda != nil {
		return in.eval(g, fn.lambda.Body)
	}
	in.block(g, fn.def.Body)
	return g.result
}

func (in *interpreter) parameters(fn *Function, g *activation, known map[string]Value, a *arguments) {
	next, keywordOnly := 0, false
	for _, p := range fn.params() {
		name, byDefault, stars := parameter(p)
		switch {
		case stars == 1:
			keywordOnly = true
			if a != nil && name != "" {
				o := in.make(g, p, Tuple)
				for _, v := range a.positional[min(next, len(a.positional)):] {
					in.hold(o, v, o.At)
				}
				o.items = slices.Clone(a.positional[min(next, len(a.positional)):])
				g.scope.set(name, object(o))
			}
		case stars == 2:
			o := in.make(g, p, Dict)
			if a != nil {
				o.Fields = map[string]Value{}
				for key, v := range a.named {
					if _, taken := g.scope.get(key); !taken {
						o.Fields[key] = v
						in.hold(o, v, o.At)
					}
				}
			}
			g.scope.set(name, object(o))
		default:
			v, given := known[name]
			if a != nil {
				if n, ok := a.named[name]; ok {
					v, given = n, true
				} else if !keywordOnly && next < len(a.positional) {
					v, given = a.positional[next], true
					next++
				} else if !a.rest.empty() {
					v, given = a.rest, true
				}
			}
			if !given && byDefault != nil {
				// Defaults belong to the file, and are made when it is loaded.
				v = in.eval(g.module.defaults(), byDefault)
			}
			g.scope.set(name, v)
		}
	}
}

// instance is P(field = …).
func (in *interpreter) instance(f *activation, e *syntax.CallExpr, fn *Function, a arguments) Value {
	named, exprs := a.named, a.exprs
	for _, init := range fn.init.Functions {
		if init.def == nil && init.lambda == nil {
			continue
		}
		in.chain = append(in.chain, in.at(f.module, e))
		made := in.enter(init, f, nil, &a)
		in.chain = in.chain[:len(in.chain)-1]
		named, exprs = map[string]Value{}, nil
		for _, o := range made.of(Dict) {
			for name, v := range o.Fields {
				named[name] = v
			}
		}
	}
	o := in.make(f, e, Instance)
	o.Provider = fn.Provider
	if o.Fields == nil {
		o.Fields = map[string]Value{}
	}
	if !in.again {
		o.Bytes = structBytes
	}
	for name, v := range named {
		o.Fields[name] = join(o.Fields[name], v)
		o.Constant = o.Constant && v.constant()
		if !in.again {
			o.Bytes = min(most, o.Bytes+v.Bytes())
		}
		if !in.again {
			in.store(f, e, o, name, v, exprs[name], 0)
		}
	}
	if emptyDepsets(a.named) {
		in.record(f, e, "instance", Value{}, a, object(o))
	}
	return object(o)
}

const maxStructs = 3

// store notes what a field gets, and what the structs in it hold.
func (in *interpreter) store(f *activation, e *syntax.CallExpr, instance *MadeObject, name string, v Value, arg syntax.Expr, deep int) {
	at := in.at(f.module, e)
	if arg != nil {
		at = in.at(f.module, arg)
	}
	if consumed(instance.Provider, name) {
		return
	}
	s := &Store{
		Field: Field{instance.Provider, name}, Value: v, At: at, In: f.in, Root: in.current,
		Loops: in.loops, Call: e, Argument: arg, Chain: slices.Clone(in.chain),
	}
	in.stores = append(in.stores, s)
	instance.stores = append(instance.stores, s)
	if deep >= maxStructs {
		return
	}
	for _, o := range v.of(Struct) {
		for inner, value := range o.Fields {
			in.store(f, e, instance, name+"."+inner, value, arg, deep+1)
		}
	}
}

// target is a call of a rule or a macro's native rule.
func (in *interpreter) target(f *activation, e *syntax.CallExpr, fn *Function, a arguments) Value {
	if fn.Maker == "rule" || fn.Maker == "repository_rule" || fn.Maker == "macro" {
		in.record(f, e, "target", Value{}, a, Value{})
	}
	return kinds(Nothing)
}

// asked are the calls that checks ask for.
var asked = map[string]bool{
	"aspect": true, "depset": true, "instance": true, "json.encode": true, "select": true, "target": true,
	".add": true, ".add_all": true, ".add_joined": true, ".expand_template": true, ".merge": true,
	".run": true, ".run_shell": true, ".to_list": true, ".write": true,
}

// emptyDepsets reports whether several arguments are empty depsets.
func emptyDepsets(named map[string]Value) bool {
	n := 0
	for _, v := range named {
		if len(v.Objects) == 1 && v.Objects[0].Kind == Depset && len(v.Objects[0].Parts) == 0 {
			n++
		}
	}
	return n > 2
}

// record notes a call that checks may ask for.
func (in *interpreter) record(f *activation, e *syntax.CallExpr, name string, receiver Value, a arguments, result Value) {
	if in.again || in.failing || !asked[name] {
		return
	}
	in.calls = append(in.calls, &Call{
		Name: name, Receiver: receiver, Args: a.positional, Named: a.named, Result: result,
		At: in.at(f.module, e), In: f.in, Root: in.current, Loops: in.loops, Expr: e, Chain: slices.Clone(in.chain),
	})
}

// consumed reports whether an argument of one of Bazel's own providers is taken
// apart when the instance is made, and not kept as it is.
func consumed(provider, name string) bool {
	if !builtinProviders[provider] || provider == "OutputGroupInfo" {
		return false
	}
	return provider != "DefaultInfo" || name != "files" && !strings.HasSuffix(name, "runfiles")
}

// builtinProviders are Bazel's own.
var builtinProviders = func() map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq("DefaultInfo OutputGroupInfo RunEnvironmentInfo CcInfo JavaInfo PyInfo ProtoInfo InstrumentedFilesInfo CcToolchainConfigInfo AnalysisTestResultInfo JavaPluginInfo ObjcInfo AppleDynamicFrameworkInfo") {
		m[name] = true
	}
	return m
}()
