// SPDX-License-Identifier: Apache-2.0

package starlark

// call evaluates a call: a constructor makes a definition, a function of the
// workspace is bound and its results evaluated, and of Bazel's own functions
// those are known that pass functions along or build names.
func (ev *evaluator) call(e *expr, s *scope) []exprValue {
	if callee := &e.args[0]; callee.op == opDot {
		if out, ok := ev.method(callee, e.args[1:], s); ok {
			return out
		}
	}
	var out []exprValue
	for _, fn := range ev.eval(&e.args[0], s) {
		switch fn.kind {
		case aBuiltin:
			out = append(out, ev.builtin(fn.text, e.args[1:], s)...)
		case aFunction:
			if inner, ok := ev.bind(fn, e.args[1:], s); ok {
				out = append(out, ev.results(inner)...)
			}
		}
	}
	return bounded(out)
}

// results are what a function returns, as far as its scope decides which of its
// return statements is reached.
func (ev *evaluator) results(s *scope) []exprValue {
	returns := ev.function(s).returns
	var out []exprValue
	for i := range returns {
		r := &returns[i]
		ran, undecided := false, ev.undecided
		known := ev.loop(r.around, s, &r.spot, func(round *scope) bool {
			vs := ev.eval(&r.value, round.at(&r.spot))
			if out == nil && !ran {
				out = vs
			} else {
				out = alternatives(out, vs)
			}
			ran = true
			return undecided != ev.undecided
		})
		switch {
		case ran && undecided == ev.undecided:
			return out
		case !ran && !known:
			out = append(out, ev.eval(&r.value, s.at(&r.spot))...)
		}
	}
	return out
}

// builtin is a call of one of Bazel's own functions.
func (ev *evaluator) builtin(name string, args []expr, s *scope) []exprValue {
	if kind, ok := constructors[name]; ok {
		made := &construction{kind: kind, implementation: ev.implementation(args, s)}
		if kind == Macro {
			made.attrs = keywordThunk(args, "attrs", s)
		}
		return []exprValue{{kind: aDefinition, made: made}}
	}
	switch name {
	case "struct":
		entries, whole := ev.keywords(args, s)
		return []exprValue{{kind: aDict, entries: entries, open: whole}}
	case "dict":
		entries, whole := ev.keywords(args, s)
		if len(args) > 0 && isPositionalArgument(&args[0]) {
			more, ok := ev.entries(&args[0], s)
			entries, whole = append(entries, more...), max(whole, ok)
		}
		return []exprValue{{kind: aDict, entries: entries, open: whole}}
	case "list", "tuple", "sorted", "reversed", "set":
		if len(args) > 0 {
			if items, ok := ev.elements(thunk{expr: &args[0], scope: s}); ok {
				return []exprValue{{kind: aList, items: items}}
			}
		}
	case "range":
		return ev.numbers(args, s)
	case "enumerate":
		return ev.enumerate(args, s)
	case "zip":
		return ev.zip(args, s)
	case "type":
		if len(args) == 1 {
			return ev.typeOf(&args[0], s)
		}
	case "len":
		if len(args) == 1 {
			return ev.length(&args[0], s)
		}
	case "bool":
		if len(args) == 1 {
			return ev.truth(&args[0], s).value()
		}
	case "getattr", "hasattr":
		if len(args) >= 2 {
			return ev.attribute(name, args, s)
		}
	case "str", "Label":
		if len(args) == 1 {
			if text, ok := ev.key(&args[0], s); ok {
				return []exprValue{{kind: aString, text: text}}
			}
		}
	}
	return nil
}

// implementation finds the argument of a constructor that is a function.
func (ev *evaluator) implementation(args []expr, s *scope) thunk {
	for i := range args {
		if args[i].op == opKeyword && isImplementation(args[i].text) {
			return thunk{expr: &args[i].args[0], scope: s}
		}
	}
	named, _ := ev.keywords(args, s)
	for _, en := range named {
		if isImplementation(en.key) {
			return en.value
		}
	}
	if len(args) > 0 && isPositionalArgument(&args[0]) {
		return thunk{expr: &args[0], scope: s}
	}
	return thunk{}
}

func isImplementation(name string) bool {
	return name == "implementation" || name == "impl" || name == "init"
}

func isPositionalArgument(a *expr) bool {
	switch a.op {
	case opKeyword, opStar, opStarStar, opBulky:
		return false
	}
	return true
}

// keywordThunk is a named argument of a call, nothing where it is not given.
func keywordThunk(args []expr, name string, s *scope) thunk {
	for i := range args {
		if args[i].op == opKeyword && args[i].text == name {
			return thunk{expr: &args[i].args[0], scope: s}
		}
	}
	return thunk{}
}

// keywords are the named arguments of a call, those of **x included, and which
// there may be besides.
func (ev *evaluator) keywords(args []expr, s *scope) (out []keyValue, besides openness) {
	for i := range args {
		switch a := &args[i]; a.op {
		case opKeyword:
			out = append(out, keyValue{a.text, thunk{expr: &a.args[0], scope: s}})
		case opStarStar:
			more, o := ev.entries(&a.args[0], s)
			out, besides = append(out, more...), max(besides, o)
		case opBulky:
			besides = max(besides, bulky)
		}
	}
	return out, besides
}

// entries are those of an expression that is a dict, and which it may have
// besides.
func (ev *evaluator) entries(e *expr, s *scope) ([]keyValue, openness) {
	if v, ok := ev.one(thunk{expr: e, scope: s}); ok && v.kind == aDict {
		return v.entries, v.open
	}
	return nil, open
}

// length is len(x) of a list or a string.
func (ev *evaluator) length(e *expr, s *scope) []exprValue {
	v, ok := ev.one(thunk{expr: e, scope: s})
	switch {
	case ok && v.kind == aList:
		return []exprValue{{kind: anInt, n: int64(len(v.items))}}
	case ok && v.kind == aString:
		return []exprValue{{kind: anInt, n: int64(len(v.text))}}
	}
	return nil
}

// attribute is getattr(x, name[, default]), or hasattr(x, name).
func (ev *evaluator) attribute(function string, args []expr, s *scope) []exprValue {
	name, ok := ev.key(&args[1], s)
	x, okX := ev.one(thunk{expr: &args[0], scope: s})
	if !ok || !okX {
		return nil
	}
	if function == "hasattr" {
		return ev.in(exprValue{kind: aString, text: name}, x).value()
	}
	out := ev.dot(&expr{op: opDot, text: name, args: args[:1]}, s)
	if len(out) == 0 && len(args) > 2 {
		out = ev.eval(&args[2], s)
	}
	return out
}

// bind makes the scope of a function's body from a call's arguments.
func (ev *evaluator) bind(fn exprValue, args []expr, s *scope) (*scope, bool) {
	f := &ev.summary(fn.ref.file).functions[fn.ref.function]
	inner := &scope{file: fn.ref.file, function: fn.ref.function, outer: fn.closure}
	var positional []thunk
	named, besides := ev.keywords(args, s)
	for i := range args {
		switch a := &args[i]; a.op {
		case opKeyword, opStarStar, opBulky:
		case opStar:
			if more, ok := ev.elements(thunk{expr: &a.args[0], scope: s}); ok {
				positional = append(positional, more...)
			} else {
				besides = open
			}
		default:
			positional = append(positional, thunk{expr: a, scope: s})
		}
	}
	inner.vars = ev.parameters(f, inner, positional, named, besides)
	return inner, ev.steps > 0
}

// parameters pairs a function's parameters with arguments.
func (ev *evaluator) parameters(f *funcSummary, inner *scope, positional []thunk, named []keyValue, besides openness) []variable {
	vars := make([]variable, 0, len(f.params))
	taken := make(map[string]bool, len(named))
	next, keywordOnly := 0, false
	for i := range f.params {
		p := &f.params[i]
		switch {
		case p.stars == 1:
			rest := exprValue{kind: aList}
			if next < len(positional) {
				rest.items = positional[next:]
			}
			next, keywordOnly = len(positional), true
			vars = append(vars, variable{p.name, known(rest)})
			continue
		case p.stars == 2:
			rest := exprValue{kind: aDict, open: besides}
			for _, en := range named {
				if !taken[en.key] {
					rest.entries = append(rest.entries, en)
				}
			}
			vars = append(vars, variable{p.name, known(rest)})
			continue
		}
		arg, given := thunk{}, false
		if !keywordOnly && next < len(positional) {
			arg, given = positional[next], true
			next++
		}
		for _, en := range named {
			if en.key == p.name {
				arg, given = en.value, true
			}
		}
		unknown := besides == open || besides == bulky && bulkyArguments[p.name]
		if taken[p.name] = true; !given && !unknown && p.value.op != opNone {
			// Defaults are evaluated where the function is defined.
			defined := inner.outer
			if defined == nil {
				defined = moduleScope(inner.file)
			}
			arg = thunk{expr: &p.value, scope: defined}
		}
		vars = append(vars, variable{p.name, arg})
	}
	return vars
}
