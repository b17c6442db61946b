// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"math"
	"slices"
)

// Variables of functions. A name in a function's body means what was last
// assigned to it before: the assignments are followed in order, those in
// branches that are not taken are left out, and those in loops are evaluated
// with the loop's variables of the round. Where it cannot be told whether a
// branch was taken, both values are possible; what an earlier round of a loop
// around the use may have left there is not known.

// function is what the scope's function is.
func (ev *evaluator) function(s *scope) *funcSummary {
	return &ev.summary(s.file).functions[s.function]
}

// local looks a name up in a function whose own scope is own, from the scope
// s within it. given is what a parameter or the variable of a loop around s
// holds: since, the id of that loop, or 0. It reports false where the function
// has no such name.
func (ev *evaluator) local(name string, s, own *scope, at *spot, given *thunk, since int32) ([]exprValue, bool) {
	f := ev.function(own)
	use := spot{seq: math.MaxInt32}
	if at != nil {
		use = *at
	}
	var before []*binding // that may have set it, in order
	start, seen := -1, false
	for i := range f.bindings {
		b := &f.bindings[i]
		if b.name != name {
			continue
		}
		seen = true
		if since != 0 && !inClause(b.around, since) {
			continue // the loop's variable hides it
		}
		if b.seq < use.seq && !excluded(b.around, use.around) {
			before = append(before, b)
			if !b.adds && shared(b.around, use.around) == len(b.around) {
				start = len(before) - 1
			}
		}
	}
	if !seen {
		return ev.unassigned(name, own, given)
	}
	if start >= 0 {
		before = before[start:]
	}
	if ev.carried(f, name, &use, start >= 0, before, since) {
		return nil, true
	}
	var out []exprValue
	switch {
	case start >= 0:
		out, before = ev.eval(&before[0].value, s.upTo(own, before[0].around).at(&before[0].spot)), before[1:]
	case given != nil:
		out = ev.force(*given)
	default:
		out, _ = ev.unassigned(name, own, nil)
	}
	for _, b := range before {
		out = ev.assign(out, b, s, own, use.around)
	}
	return bounded(out), true
}

// unassigned is a name that no statement assigns to: a parameter, or a def.
func (ev *evaluator) unassigned(name string, own *scope, given *thunk) ([]exprValue, bool) {
	if given != nil {
		return ev.force(*given), true
	}
	functions := ev.summary(own.file).functions
	var out []exprValue
	for i := int(own.function) + 1; i < len(functions); i++ {
		f := &functions[i]
		if f.parent == own.function && f.kind == Function && f.name == name {
			out = append(out, exprValue{kind: aFunction, ref: functionRef{own.file, int32(i)}, closure: closure(own)})
		}
	}
	return out, len(out) > 0
}

// carried reports whether an earlier round of a loop around the use may have
// set the name: it is assigned to in that loop, further down or bit by bit, and
// not set anew in every round.
func (ev *evaluator) carried(f *funcSummary, name string, use *spot, set bool, before []*binding, since int32) bool {
	loop := func(b *binding) bool {
		for i := range shared(b.around, use.around) {
			c := &use.around[i]
			if len(c.vars) > 0 && c.id != 0 && !(set && inClause(before[0].around, c.id)) && !(since != 0 && !inside(use.around, since, c.id)) {
				return true
			}
		}
		return false
	}
	for i := range f.bindings {
		b := &f.bindings[i]
		if b.name == name && (b.seq >= use.seq || b.adds) && loop(b) {
			return true
		}
	}
	return false
}

// assign is what a name holds after an assignment in a branch or a loop that
// is not the use's, or one that adds.
func (ev *evaluator) assign(held []exprValue, b *binding, s, own *scope, around []clause) []exprValue {
	common := shared(b.around, around)
	base := s.upTo(own, b.around[:common])
	var last []exprValue
	ran, undecided := false, ev.undecided
	known := ev.loop(b.around[common:], base, &b.spot, func(round *scope) bool {
		ran = true
		last = ev.eval(&b.value, round.at(&b.spot))
		if b.adds {
			held = ev.joined(held, last)
		}
		return true
	})
	switch {
	case b.adds && known:
		return held
	case b.adds:
		return nil
	case !ran && known:
		return held
	case !ran:
		return alternatives(held, ev.eval(&b.value, base.at(&b.spot)))
	case known && undecided == ev.undecided:
		return last
	}
	return alternatives(held, last)
}

// joined is what a list, dict or string is after something was added.
func (ev *evaluator) joined(held, added []exprValue) []exprValue {
	if len(held) != 1 || len(added) != 1 {
		return nil
	}
	return plus(held[0], added[0])
}

// alternatives are two possibilities; that nothing is known of one is one.
func alternatives(x, y []exprValue) []exprValue {
	switch {
	case len(x) == 0 && len(y) == 0:
		return nil
	case len(x) == 0:
		x = []exprValue{{kind: anUnknown}}
	case len(y) == 0:
		y = []exprValue{{kind: anUnknown}}
	}
	return bounded(slices.Concat(x, y))
}

// shared is how many clauses two statements have in common.
func shared(a, b []clause) int {
	n := 0
	for n < len(a) && n < len(b) && a[n].id == b[n].id && a[n].id != 0 {
		n++
	}
	return n
}

// excluded reports whether two statements are in different branches of one
// condition.
func excluded(a, b []clause) bool {
	n := shared(a, b)
	return n < len(a) && n < len(b) && a[n].id != 0 && a[n].id == -b[n].id
}

// inClause reports whether a clause is among those around a statement.
func inClause(around []clause, id int32) bool {
	return slices.ContainsFunc(around, func(c clause) bool { return c.id == id })
}

// inside reports whether the clause id stands in the clause outer.
func inside(around []clause, outer, id int32) bool {
	i := slices.IndexFunc(around, func(c clause) bool { return c.id == outer })
	j := slices.IndexFunc(around, func(c clause) bool { return c.id == id })
	return i >= 0 && j > i
}
