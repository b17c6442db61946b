package starlark

// call evaluates a call: a constructor makes a definition, a function of the
// workspace is bound and its results evaluated, and of Bazel's own functions
// those are known that pass functions along or build names.
func (ev *evaluator) call(e *expr, s *scope) []value {
	if callee := &e.args[0]; callee.op == opDot {
		if out, ok := ev.method(callee, e.args[1:], s); ok {
			return out
		}
	}
	var out []value
	for _, fn := range ev.eval(&e.args[0], s) {
		switch fn.kind {
		case aBuiltin:
			out = append(out, ev.builtin(fn.text, e.args[1:], s)...)
		case aFunction:
			inner, ok := ev.bind(fn, e.args[1:], s)
			if !ok {
				continue
			}
			returns := ev.summary(fn.ref.file).functions[fn.ref.function].returns
			for i := range returns {
				out = append(out, ev.eval(&returns[i], inner)...)
			}
		}
	}
	return bounded(out)
}

// builtin is a call of one of Bazel's own functions.
func (ev *evaluator) builtin(name string, args []expr, s *scope) []value {
	if kind, ok := constructors[name]; ok {
		return []value{{kind: aDefinition, made: &construction{kind: kind, implementation: ev.implementation(args, s)}}}
	}
	switch name {
	case "struct":
		return []value{{kind: aDict, entries: ev.keywords(args, s)}}
	case "dict":
		entries := ev.keywords(args, s)
		if len(args) > 0 && args[0].op != opKeyword {
			entries = append(entries, ev.entries(&args[0], s)...)
		}
		return []value{{kind: aDict, entries: entries}}
	case "list", "tuple", "sorted", "reversed", "set":
		if len(args) > 0 {
			if items, ok := ev.elements(thunk{expr: &args[0], scope: s}); ok {
				return []value{{kind: aList, items: items}}
			}
		}
	case "range":
		return ev.numbers(args, s)
	case "enumerate":
		return ev.enumerate(args, s)
	case "zip":
		return ev.zip(args, s)
	case "str", "Label":
		if len(args) == 1 {
			if text, ok := ev.key(&args[0], s); ok {
				return []value{{kind: aString, text: text}}
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
	for _, en := range ev.keywords(args, s) {
		if isImplementation(en.key) {
			return en.value
		}
	}
	if len(args) > 0 && args[0].op != opKeyword && args[0].op != opStarStar && args[0].op != opStar {
		return thunk{expr: &args[0], scope: s}
	}
	return thunk{}
}

func isImplementation(name string) bool {
	return name == "implementation" || name == "impl" || name == "init"
}

// keywords are the named arguments of a call, those of **x included.
func (ev *evaluator) keywords(args []expr, s *scope) []entry {
	var out []entry
	for i := range args {
		switch a := &args[i]; a.op {
		case opKeyword:
			out = append(out, entry{a.text, thunk{expr: &a.args[0], scope: s}})
		case opStarStar:
			out = append(out, ev.entries(&a.args[0], s)...)
		}
	}
	return out
}

// entries are those of an expression that is a dict.
func (ev *evaluator) entries(e *expr, s *scope) []entry {
	if v, ok := ev.one(thunk{expr: e, scope: s}); ok && v.kind == aDict {
		return v.entries
	}
	return nil
}

// bind makes the scope of a function's body from a call's arguments.
func (ev *evaluator) bind(fn value, args []expr, s *scope) (*scope, bool) {
	f := &ev.summary(fn.ref.file).functions[fn.ref.function]
	inner := &scope{file: fn.ref.file, function: fn.ref.function, outer: fn.closure}
	var positional []thunk
	var named []entry
	unknownRest := false
	for i := range args {
		switch a := &args[i]; a.op {
		case opKeyword:
			named = append(named, entry{a.text, thunk{expr: &a.args[0], scope: s}})
		case opStarStar:
			named = append(named, ev.entries(&a.args[0], s)...)
		case opStar:
			if more, ok := ev.elements(thunk{expr: &a.args[0], scope: s}); ok {
				positional = append(positional, more...)
			} else {
				unknownRest = true
			}
		default:
			positional = append(positional, thunk{expr: a, scope: s})
		}
	}
	inner.vars = ev.parameters(f, inner, positional, named, unknownRest)
	return inner, ev.steps > 0
}

// parameters pairs a function's parameters with arguments.
func (ev *evaluator) parameters(f *function, inner *scope, positional []thunk, named []entry, unknownRest bool) []variable {
	vars := make([]variable, 0, len(f.params))
	taken := make(map[string]bool, len(named))
	next, keywordOnly := 0, false
	for i := range f.params {
		p := &f.params[i]
		switch {
		case p.stars == 1:
			rest := value{kind: aList}
			if next < len(positional) {
				rest.items = positional[next:]
			}
			next, keywordOnly = len(positional), true
			vars = append(vars, variable{p.name, known(rest)})
			continue
		case p.stars == 2:
			rest := value{kind: aDict}
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
		if taken[p.name] = true; !given && !unknownRest && p.value.op != opNone {
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
