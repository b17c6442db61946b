package starlark

// Evaluation of expr to abstract values.

const (
	// maxSteps bounds one evaluation: a factory in the wild takes tens.
	maxSteps = 5000
	// maxEvalDepth bounds its recursion.
	maxEvalDepth = 48
	// maxAlternatives bounds the values of one expression.
	maxAlternatives = 256
	// maxElements bounds a computed list.
	maxElements = 2000
)

// An evaluator evaluates against one snapshot. It notes which files it looked
// into, so that its results can be kept while those files stay.
type evaluator struct {
	w     *Workspace
	steps int
	depth int
	deps  map[int32]struct{}
}

func (w *Workspace) evaluator() *evaluator {
	return &evaluator{w: w, steps: maxSteps, deps: map[int32]struct{}{}}
}

// summary is the file's summary, noted as a dependency.
func (ev *evaluator) summary(file int32) *summary {
	ev.deps[file] = struct{}{}
	return ev.w.source(file).sum
}

func (ev *evaluator) force(t thunk) []value {
	if t.expr == nil {
		return t.values
	}
	return ev.eval(t.expr, t.scope)
}

// one is the value of an expression that has exactly one.
func (ev *evaluator) one(t thunk) (value, bool) {
	vs := ev.force(t)
	if len(vs) != 1 {
		return value{}, false
	}
	return vs[0], true
}

func (ev *evaluator) eval(e *expr, s *scope) []value {
	ev.steps--
	if ev.steps < 0 || ev.depth >= maxEvalDepth {
		return nil
	}
	ev.depth++
	defer func() { ev.depth-- }()
	switch e.op {
	case opName:
		return ev.name(e.text, s)
	case opString:
		return []value{{kind: aString, text: e.text}}
	case opInt:
		return []value{{kind: anInt, n: int64(e.n)}}
	case opFunction:
		return []value{{kind: aFunction, ref: functionRef{s.file, e.n}, closure: closure(s)}}
	case opList:
		return []value{{kind: aList, items: thunks(e.args, s)}}
	case opDict:
		return []value{ev.dict(e.args, s)}
	case opCall:
		return ev.call(e, s)
	case opDot:
		return ev.dot(e, s)
	case opIndex:
		return ev.index(e, s)
	case opBinary:
		return ev.binary(e, s)
	case opEither:
		return bounded(append(ev.eval(&e.args[0], s), ev.eval(&e.args[1], s)...))
	case opEach:
		return ev.each(e, s)
	}
	return nil
}

// closure is the scope that a function made here can see, nil for the module's.
func closure(s *scope) *scope {
	if s.function == 0 && s.outer == nil {
		return nil
	}
	return s
}

func bounded(vs []value) []value {
	if len(vs) > maxAlternatives {
		return vs[:maxAlternatives]
	}
	return vs
}

func thunks(args []expr, s *scope) []thunk {
	out := make([]thunk, len(args))
	for i := range args {
		out[i] = thunk{expr: &args[i], scope: s}
	}
	return out
}

func (ev *evaluator) dict(args []expr, s *scope) value {
	v := value{kind: aDict, entries: make([]entry, 0, len(args))}
	for i := range args {
		if args[i].op != opEntry {
			continue
		}
		key, _ := ev.key(&args[i].args[0], s)
		v.entries = append(v.entries, entry{key: key, value: thunk{expr: &args[i].args[1], scope: s}})
	}
	return v
}

// key is a dict key or index as text.
func (ev *evaluator) key(e *expr, s *scope) (string, bool) {
	if e.op == opString {
		return e.text, true
	}
	v, ok := ev.one(thunk{expr: e, scope: s})
	if !ok {
		return "", false
	}
	return v.asText()
}

// name looks a name up, from the innermost scope outwards.
func (ev *evaluator) name(name string, s *scope) []value {
	hidden := false
	for cur := s; cur != nil; cur = cur.outer {
		for i := range cur.vars {
			if cur.vars[i].name == name && (cur.inner || hidden || !ev.assigns(cur, name)) {
				return ev.force(cur.vars[i].value)
			}
		}
		hidden = hidden || cur.hidden == name
		if cur.inner {
			continue
		}
		if cur.function > 0 {
			if !hidden {
				if vs, ok := ev.local(name, cur); ok {
					return vs
				}
			}
			hidden = false
			continue
		}
	}
	return ev.global(s.file, name)
}

// assigns reports whether the scope's function assigns to the name.
func (ev *evaluator) assigns(s *scope, name string) bool {
	f := &ev.summary(s.file).functions[s.function]
	for i := range f.bindings {
		if f.bindings[i].name == name {
			return true
		}
	}
	return false
}

// local looks a name up among the assignments and defs of a function.
func (ev *evaluator) local(name string, s *scope) ([]value, bool) {
	sum := ev.summary(s.file)
	var out []value
	found := false
	bindings := sum.functions[s.function].bindings
	for i := range bindings {
		if bindings[i].name == name {
			found = true
			out = append(out, ev.eval(&bindings[i].value, s.hiding(name))...)
		}
	}
	for i := int(s.function) + 1; i < len(sum.functions); i++ {
		f := &sum.functions[i]
		if f.parent == s.function && f.kind == Function && f.name == name {
			found = true
			out = append(out, value{kind: aFunction, ref: functionRef{s.file, int32(i)}, closure: closure(s)})
		}
	}
	return bounded(out), found
}

// global looks a name up in a file: its own definitions, then its loads, then
// Bazel's own names.
func (ev *evaluator) global(file int32, name string) []value {
	out, found := ev.exported(file, name)
	if !found {
		return []value{{kind: aBuiltin, text: name}}
	}
	return out
}

// exported is global without Bazel's own names.
func (ev *evaluator) exported(file int32, name string) ([]value, bool) {
	if ev.depth++; ev.depth > maxEvalDepth {
		ev.depth--
		return nil, true
	}
	defer func() { ev.depth-- }()
	sum := ev.summary(file)
	var out []value
	found := false
	sum.lookup(name, func(sym symbol) {
		found = true
		if sym.function {
			out = append(out, value{kind: aFunction, ref: functionRef{file, sym.at}})
			return
		}
		for _, v := range ev.eval(&sum.functions[0].bindings[sym.at].value, moduleScope(file)) {
			if v.kind == aDefinition && !v.made.isExported {
				made := *v.made
				made.exported, made.isExported = bindingRef{file, sym.at}, true
				v.made = &made
			}
			out = append(out, v)
		}
	})
	if found {
		return bounded(out), true
	}
	for i := range sum.loads {
		for _, n := range sum.loads[i].names {
			if n.local != name {
				continue
			}
			target := ev.w.loadTarget(file, i)
			if target < 0 {
				return []value{{kind: anUnread, text: n.remote}}, true
			}
			vs, _ := ev.exported(target, n.remote)
			return vs, true
		}
	}
	return nil, false
}

// dot selects a field of a struct, or names a builtin's.
func (ev *evaluator) dot(e *expr, s *scope) []value {
	var out []value
	for _, v := range ev.eval(&e.args[0], s) {
		switch v.kind {
		case aDict:
			for _, en := range v.entries {
				if en.key == e.text {
					out = append(out, ev.force(en.value)...)
				}
			}
		case aBuiltin:
			if v.text == "native" {
				out = append(out, value{kind: aBuiltin, text: e.text})
			} else {
				out = append(out, value{kind: aBuiltin, text: v.text + "." + e.text})
			}
		case anUnread:
			out = append(out, value{kind: anUnread, text: v.text + "." + e.text})
		}
	}
	return bounded(out)
}

// index selects an element; all of them where the index is not known.
func (ev *evaluator) index(e *expr, s *scope) []value {
	key, known := ev.key(&e.args[1], s)
	var out []value
	for _, v := range ev.eval(&e.args[0], s) {
		switch v.kind {
		case aDict:
			for _, en := range v.entries {
				if !known || en.key == key {
					out = append(out, ev.force(en.value)...)
				}
			}
		case aList:
			for i, t := range v.items {
				if !known || key == decimal(int64(i)) || key == decimal(int64(i-len(v.items))) {
					out = append(out, ev.force(t)...)
				}
			}
		case aDefinition:
			// provider(init = …) returns the provider and its raw constructor.
			if v.made.kind == Provider && key == "0" {
				out = append(out, v)
			}
		}
	}
	return bounded(out)
}

// each evaluates a comprehension to a list (a dict's to a dict).
func (ev *evaluator) each(e *expr, s *scope) []value {
	v := value{kind: aList}
	if e.args[0].op == opEntry {
		v.kind = aDict
	}
	ev.loop(loopsOf(e.args[1:]), s, func(inner *scope) bool {
		if v.kind == aDict {
			key, _ := ev.key(&e.args[0].args[0], inner)
			v.entries = append(v.entries, entry{key, thunk{expr: &e.args[0].args[1], scope: inner}})
		} else {
			v.items = append(v.items, thunk{expr: &e.args[0], scope: inner})
		}
		return len(v.items)+len(v.entries) < maxElements
	})
	return []value{v}
}

func loopsOf(args []expr) []loop {
	loops := make([]loop, len(args))
	for i, a := range args {
		loops[i].over = a.args[0]
		for _, name := range a.args[1:] {
			loops[i].vars = append(loops[i].vars, name.text)
		}
	}
	return loops
}

// loop calls body with a scope for each round of the nested loops, until it
// returns false. It reports whether every sequence was known.
func (ev *evaluator) loop(loops []loop, s *scope, body func(*scope) bool) bool {
	if len(loops) == 0 {
		return body(s)
	}
	elements, ok := ev.elements(thunk{expr: &loops[0].over, scope: s})
	if !ok {
		return false
	}
	for _, el := range elements {
		if ev.steps--; ev.steps < 0 {
			return false
		}
		if !ev.loop(loops[1:], s.within(ev.unpack(loops[0].vars, el)), body) {
			return false
		}
	}
	return true
}

// unpack binds one element to the variables of a loop.
func (ev *evaluator) unpack(names []string, el thunk) []variable {
	if len(names) == 1 {
		return []variable{{names[0], el}}
	}
	vars := make([]variable, 0, len(names))
	v, ok := ev.one(el)
	for i, name := range names {
		var part thunk
		if ok && v.kind == aList && i < len(v.items) {
			part = v.items[i]
		}
		vars = append(vars, variable{name, part})
	}
	return vars
}

// elements are what a loop over t runs through.
func (ev *evaluator) elements(t thunk) ([]thunk, bool) {
	v, ok := ev.one(t)
	if !ok {
		return nil, false
	}
	switch v.kind {
	case aList:
		return v.items, true
	case aDict:
		keys := make([]thunk, len(v.entries))
		for i, en := range v.entries {
			keys[i] = known(value{kind: aString, text: en.key})
		}
		return keys, true
	}
	return nil, false
}
