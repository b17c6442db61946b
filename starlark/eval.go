// SPDX-License-Identifier: Apache-2.0

package starlark

import "cmp"

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
	// undecided counts the conditions that could not be decided.
	undecided int
}

func (w *Workspace) evaluator() *evaluator {
	return &evaluator{w: w, steps: maxSteps, deps: map[int32]struct{}{}}
}

// summary is the file's summary, noted as a dependency.
func (ev *evaluator) summary(file int32) *fileSummary {
	ev.deps[file] = struct{}{}
	return ev.w.source(file).sum
}

func (ev *evaluator) force(t thunk) []exprValue {
	if t.expr == nil {
		return t.values
	}
	return ev.eval(t.expr, t.scope)
}

// one is the value of an expression that has exactly one.
func (ev *evaluator) one(t thunk) (exprValue, bool) {
	vs := ev.force(t)
	if len(vs) != 1 {
		return exprValue{}, false
	}
	return vs[0], true
}

func (ev *evaluator) eval(e *expr, s *scope) []exprValue {
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
		return []exprValue{{kind: aString, text: e.text}}
	case opInt:
		return []exprValue{{kind: anInt, n: int64(e.n)}}
	case opFunction:
		return []exprValue{{kind: aFunction, ref: functionRef{s.file, e.n}, closure: closure(s)}}
	case opList:
		return []exprValue{{kind: aList, items: thunks(e.args, s)}}
	case opDict:
		return []exprValue{ev.dict(e.args, s)}
	case opCall:
		return ev.call(e, s)
	case opDot:
		return ev.dot(e, s)
	case opIndex:
		return ev.index(e, s)
	case opBinary:
		return ev.binary(e, s)
	case opEither:
		return ev.either(e, s)
	case opTest:
		return ev.test(e, s)
	case opSlice:
		return ev.slice(e, s)
	case opEach:
		return ev.each(e, s)
	}
	return nil
}

// either is a conditional expression.
func (ev *evaluator) either(e *expr, s *scope) []exprValue {
	if len(e.args) == 3 {
		switch ev.truth(&e.args[2], s) {
		case yes:
			return ev.eval(&e.args[0], s)
		case no:
			return ev.eval(&e.args[1], s)
		}
	}
	return alternatives(ev.eval(&e.args[0], s), ev.eval(&e.args[1], s))
}

// test is a comparison, or "x or y", which is one of the two.
func (ev *evaluator) test(e *expr, s *scope) []exprValue {
	if e.text != "and" && e.text != "or" {
		return ev.truth(e, s).value()
	}
	t := ev.truth(&e.args[0], s)
	if e.text == "and" {
		t = t.not()
	}
	switch t {
	case yes:
		return ev.eval(&e.args[0], s)
	case no:
		return ev.eval(&e.args[1], s)
	}
	return alternatives(ev.eval(&e.args[0], s), ev.eval(&e.args[1], s))
}

// closure is the scope that a function made here can see, nil for the module's.
func closure(s *scope) *scope {
	if s.function == 0 && s.outer == nil {
		return nil
	}
	return s
}

func bounded(vs []exprValue) []exprValue {
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

func (ev *evaluator) dict(args []expr, s *scope) exprValue {
	v := exprValue{kind: aDict, entries: make([]keyValue, 0, len(args))}
	for i := range args {
		if args[i].op != opEntry {
			continue
		}
		key, _ := ev.key(&args[i].args[0], s)
		v.entries = append(v.entries, keyValue{key: key, value: thunk{expr: &args[i].args[1], scope: s}})
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
func (ev *evaluator) name(name string, s *scope) []exprValue {
	file := s.file
	var at *spot     // where the name stands
	var given *thunk // what the variable of a loop holds
	var since int32  // that loop
	for cur := s; cur != nil; cur = cur.outer {
		if at == nil {
			at = cur.spot
		}
		for i := range cur.vars {
			if given != nil || cur.vars[i].name != name {
				continue
			}
			if given, since = &cur.vars[i].value, cur.clause; cur.inner && since == 0 {
				return ev.force(*given)
			}
		}
		if cur.inner {
			continue
		}
		if cur.function > 0 || given != nil {
			if vs, ok := ev.local(name, s, cur, at, given, since); ok {
				return vs
			}
		}
		s, at = cur.outer, nil
	}
	return ev.global(file, name)
}

// global looks a name up in a file: its own definitions, then its loads, then
// Bazel's own names.
func (ev *evaluator) global(file int32, name string) []exprValue {
	out, found := ev.exported(file, name)
	if !found {
		return []exprValue{{kind: aBuiltin, text: name}}
	}
	return out
}

// exported is global without Bazel's own names.
func (ev *evaluator) exported(file int32, name string) ([]exprValue, bool) {
	if ev.depth++; ev.depth > maxEvalDepth {
		ev.depth--
		return nil, true
	}
	defer func() { ev.depth-- }()
	sum := ev.summary(file)
	var out []exprValue
	found := false
	sum.lookup(name, func(sym symbol) {
		found = true
		if sym.function {
			out = append(out, exprValue{kind: aFunction, ref: functionRef{file, sym.at}})
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
				return []exprValue{{kind: anUnread, text: n.remote}}, true
			}
			vs, _ := ev.exported(target, n.remote)
			return vs, true
		}
	}
	return nil, false
}

// dot selects a field of a struct, or names a builtin's.
func (ev *evaluator) dot(e *expr, s *scope) []exprValue {
	var out []exprValue
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
				out = append(out, exprValue{kind: aBuiltin, text: e.text})
			} else {
				out = append(out, exprValue{kind: aBuiltin, text: v.text + "." + e.text})
			}
		case anUnread:
			out = append(out, exprValue{kind: anUnread, text: v.text + "." + e.text})
		}
	}
	return bounded(out)
}

// index selects an element; all of them where the index is not known.
func (ev *evaluator) index(e *expr, s *scope) []exprValue {
	key, known := ev.key(&e.args[1], s)
	var out []exprValue
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
func (ev *evaluator) each(e *expr, s *scope) []exprValue {
	v := exprValue{kind: aList}
	if e.args[0].op == opEntry {
		v.kind = aDict
	}
	ev.loop(clausesOf(e.args[1:]), s, nil, func(inner *scope) bool {
		if v.kind == aDict {
			key, _ := ev.key(&e.args[0].args[0], inner)
			v.entries = append(v.entries, keyValue{key, thunk{expr: &e.args[0].args[1], scope: inner}})
		} else {
			v.items = append(v.items, thunk{expr: &e.args[0], scope: inner})
		}
		return len(v.items)+len(v.entries) < maxElements
	})
	return []exprValue{v}
}

func clausesOf(args []expr) []clause {
	clauses := make([]clause, len(args))
	for i, a := range args {
		clauses[i].over = a.args[0]
		for _, name := range a.args[1:] {
			clauses[i].vars = append(clauses[i].vars, name.text)
		}
	}
	return clauses
}

// loop calls body with a scope for each round of the clauses, until it returns
// false; at is where they lead, nil for those of a comprehension. It reports
// whether every sequence was known.
func (ev *evaluator) loop(clauses []clause, s *scope, at *spot, body func(*scope) bool) bool {
	if len(clauses) == 0 {
		return body(s)
	}
	c := &clauses[0]
	head := s
	if at != nil {
		// The head of a statement stands before what it leads to.
		i := len(at.around) - len(clauses)
		head = s.at(&spot{cmp.Or(max(c.id, -c.id), at.seq), at.around[:i]})
	}
	if len(c.vars) == 0 {
		switch ev.truth(&c.over, head) {
		case no:
			return true
		case maybe:
			ev.undecided++
		}
		return ev.loop(clauses[1:], s, at, body)
	}
	elements, ok := ev.elements(thunk{expr: &c.over, scope: head})
	if !ok {
		return false
	}
	for _, el := range elements {
		if ev.steps--; ev.steps < 0 {
			return false
		}
		round := s.within(ev.unpack(c.vars, el))
		round.clause = c.id
		if !ev.loop(clauses[1:], round, at, body) {
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
			keys[i] = known(exprValue{kind: aString, text: en.key})
		}
		return keys, true
	}
	return nil, false
}
