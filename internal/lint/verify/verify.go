// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/measure"
	"example.invalid/starlark-memls/internal/quantity"
	"example.invalid/starlark-memls/internal/retained"
)

// A Side is one of the two builds.
type Side struct {
	Heap  retained.Set
	Built measure.Built
}

// A Difference is what differs between two builds.
type Difference struct {
	*retained.Comparison
	Before, After Side
	// OnlyBefore and OnlyAfter are actions of one build alone, Outputs the
	// files that are not the same in both.
	OnlyBefore, OnlyAfter []string
	Outputs               []string
}

// Compare compares two builds.
func Compare(before, after Side) *Difference {
	v := &Difference{Comparison: retained.Compare(before.Heap, after.Heap), Before: before, After: after}
	v.OnlyBefore = without(before.Built.Actions, after.Built.Actions)
	v.OnlyAfter = without(after.Built.Actions, before.Built.Actions)
	for _, name := range slices.Sorted(maps.Keys(before.Built.Outputs)) {
		if now, there := after.Built.Outputs[name]; !there || now != before.Built.Outputs[name] {
			v.Outputs = append(v.Outputs, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(after.Built.Outputs)) {
		if _, there := before.Built.Outputs[name]; !there {
			v.Outputs = append(v.Outputs, name)
		}
	}
	return v
}

// without are the elements of a sorted list that another one lacks, each as
// often as it is missing.
func without(list, other []string) []string {
	left := map[string]int{}
	for _, x := range other {
		left[x]++
	}
	var out []string
	for _, x := range list {
		if left[x] > 0 {
			left[x]--
			continue
		}
		out = append(out, x)
	}
	return out
}

// Same reports whether the builds made the same.
func (v *Difference) Same() bool { return len(v.Outputs) == 0 }

// Sentence is the answer in one: who holds less, the limit, whether the build
// is the same.
func (v *Difference) Sentence() string {
	return strings.Join([]string{v.bytes(), v.limit(), v.build()}, "; ") + "."
}

// bytes names the field, or else the function, that changed most.
func (v *Difference) bytes() string {
	for _, kind := range []string{"provider_field", "function", "bzl"} {
		for i := range v.Changes {
			c := &v.Changes[i]
			if c.Kind == kind && c.Real() {
				return fmt.Sprintf("%s: %s → %s", c.Name, quantity.Bytes(c.Before.Bytes), quantity.Bytes(c.After.Bytes))
			}
		}
	}
	return fmt.Sprintf("no holder's bytes differ beyond noise (%s → %s live)", quantity.Bytes(v.Live.Before.Bytes), quantity.Bytes(v.Live.After.Bytes))
}

func (v *Difference) limit() string {
	a, b := v.Before.Heap.Limit, v.After.Heap.Limit
	switch {
	case a == nil || b == nil:
		return "the limit that the build needs is not known"
	case a.Bytes>>20 == b.Bytes>>20:
		return fmt.Sprintf("the build needs -Xmx%dm as before", b.Bytes>>20)
	}
	return fmt.Sprintf("the build needs -Xmx%dm instead of -Xmx%dm", b.Bytes>>20, a.Bytes>>20)
}

func (v *Difference) build() string {
	actions := quantity.Count(len(v.After.Built.Actions), "action", "actions")
	if n := len(v.OnlyAfter) + len(v.OnlyBefore); n > 0 {
		actions = fmt.Sprintf("%d of %s changed", max(len(v.OnlyAfter), len(v.OnlyBefore)), actions)
	}
	if v.Same() {
		return fmt.Sprintf("%s, all %s equal", actions, quantity.Count(len(v.After.Built.Outputs), "output", "outputs"))
	}
	return fmt.Sprintf("%s, %s", actions, quantity.Count(len(v.Outputs), "output differs", "outputs differ"))
}
