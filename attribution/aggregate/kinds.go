// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"cmp"
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/weights"
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

// CallKinds are the kinds of calls of a name, of builds that passed if it ran in
// any, else of all.
func (b *Statistics) CallKinds(name string) []observe.CallKind {
	n := b.Totals.Names[name]
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
func (b *Statistics) findCalled() {
	b.called = map[string]string{}
	for i := range b.Names {
		n := &b.Names[i]
		for _, k := range n.passedKinds {
			if other, known := b.called[k.Caller]; known && other != n.Name {
				b.called[k.Caller] = ""
			} else {
				b.called[k.Caller] = n.Name
			}
		}
	}
}

// IsShared reports whether it is a helper that several functions call, none of
// them nearly always, in builds that passed.
func (n *NameStatistics) IsShared() bool {
	sum, most := 0, 0
	for _, c := range n.Callers {
		sum, most = sum+c.Calls, max(most, c.Calls)
	}
	return float64(n.CalledByOthers) >= weights.CalleeOnly*float64(n.PassedCalls) && float64(most) < weights.CalleeOnly*float64(sum)
}
