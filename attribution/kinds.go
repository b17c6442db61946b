package attribution

import (
	"cmp"
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution/observe"
)

// Calls of one kind (observe.CallKind) are added up over builds, so that what
// the join asks of them, at every edit, does not go through all builds.

// compareKindOf orders kinds by what tells them apart.
func compareKindOf(x, y observe.CallKind) int {
	return cmp.Or(strings.Compare(x.Caller, y.Caller), cmp.Compare(x.Around, y.Around), slices.Compare(x.Callees, y.Callees))
}

// withKinds is a sorted list with more calls in it; the list itself is not
// written to.
func withKinds(sorted, more []observe.CallKind) []observe.CallKind {
	if len(more) == 0 {
		return sorted
	}
	made := slices.Clone(sorted)
	for _, k := range more {
		i, ok := slices.BinarySearchFunc(made, k, compareKindOf)
		if !ok {
			made = slices.Insert(made, i, observe.CallKind{Caller: k.Caller, Around: k.Around, Callees: k.Callees})
		}
		made[i].Calls += k.Calls
		made[i].SelfMicros += k.SelfMicros
	}
	return made
}

// callKinds are the kinds of calls of a name, of builds that passed if it ran in
// any, else of all.
func (b *body) callKinds(name string) []observe.CallKind {
	n := b.tally.names[name]
	switch {
	case n == nil:
		return nil
	case len(n.passedKinds) > 0:
		return n.passedKinds
	}
	return n.kinds
}

// findCalled notes for each caller the function that all its calls were of, ""
// where there are several, in builds that passed: in one that did not, what a
// lost call called seems to have been called by the builtin (lost.go).
func (b *body) findCalled() {
	b.called = map[string]string{}
	for i := range b.names {
		n := &b.names[i]
		for _, k := range n.passedKinds {
			if other, known := b.called[k.Caller]; known && other != n.name {
				b.called[k.Caller] = ""
			} else {
				b.called[k.Caller] = n.name
			}
		}
	}
}
