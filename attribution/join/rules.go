// SPDX-License-Identifier: Apache-2.0

package join

import (
	"cmp"
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/starlark"
)

// What `bazel dump --rules` says: the live memory allocated while the targets of
// a rule, or the applications of an aspect, were analysed. That is the memory of
// the rule's implementation and all that it calls, so it points at that
// function; which of its callees allocated is not told.

// A RuleMemory is one rule or aspect over all measurements that tell of it.
type RuleMemory struct {
	observe.RuleFacts // summed up
	// Builds are the measurements that tell of rules.
	Builds int
	// Definition is the rule's or aspect's, Implementation its function; nil
	// where the sources do not have them, or have several.
	Definition, Implementation *starlark.Definition
}

// sumRules sums the tables up, the heaviest first, and ties rules to functions.
func (j *Joined) sumRules() []RuleMemory {
	type key struct {
		name   string
		aspect bool
	}
	at := map[key]int{}
	var all []RuleMemory
	builds := 0
	for _, o := range j.Observed.Observations {
		if len(o.Rules) == 0 {
			continue
		}
		builds++
		for _, f := range o.Rules {
			k := key{f.Name, f.Aspect}
			i, known := at[k]
			if !known {
				i = len(all)
				at[k] = i
				all = append(all, RuleMemory{RuleFacts: observe.RuleFacts{Name: f.Name, Cut: f.Cut, Aspect: f.Aspect}})
			}
			r := &all[i]
			r.Targets, r.Actions, r.Bytes = r.Targets+f.Targets, r.Actions+f.Actions, r.Bytes+f.Bytes
			r.HasBytes = r.HasBytes || f.HasBytes
		}
	}
	for i := range all {
		r := &all[i]
		r.Builds = builds
		if r.Definition = j.ruleNamed(r.Name, r.Cut, r.Aspect); r.Definition != nil {
			r.Implementation = r.Definition.Implementation
		}
		j.RuleBytes += r.Bytes
	}
	for i := range all {
		if r := &all[i]; r.Implementation != nil {
			s := j.Subjects.of(r.Implementation.Name, r.Implementation, "")
			s.Rules = append(s.Rules, r.RuleFacts)
		}
	}
	slices.SortStableFunc(all, func(a, b RuleMemory) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(b.Targets, a.Targets), strings.Compare(a.Name, b.Name))
	})
	return all
}

// ruleNamed is the only rule or aspect of a name, or nil. Bazel cuts the names
// of the table to 30 characters.
func (j *Joined) ruleNamed(name string, cut, aspect bool) *starlark.Definition {
	if j.Workspace == nil {
		return nil
	}
	kind := starlark.Rule
	if aspect {
		kind = starlark.Aspect
	}
	var found *starlark.Definition
	take := func(d *starlark.Definition) bool {
		if d.Kind != kind {
			return true
		}
		if found != nil && found != d {
			found = nil
			return false
		}
		found = d
		return true
	}
	if !cut {
		for _, d := range j.Workspace.Named(name) {
			if !take(d) {
				return nil
			}
		}
		return found
	}
	for d := range j.Workspace.Definitions() {
		if strings.HasSuffix(d.Name, name) && !take(d) {
			return nil
		}
	}
	return found
}

// ruleSum is what the rules that it implements allocated.
func (s *Subject) RuleSum() (bytes, targets int64) {
	for _, r := range s.Rules {
		bytes, targets = bytes+r.Bytes, targets+r.Targets
	}
	return bytes, targets
}
