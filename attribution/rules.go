package attribution

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/internal/quantity"
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

// rules sums the tables up, the heaviest first, and ties rules to functions.
func (j *joiner) rules() []RuleMemory {
	type key struct {
		name   string
		aspect bool
	}
	at := map[key]int{}
	var all []RuleMemory
	builds := 0
	for _, o := range j.observed.Observations {
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
		j.ruleBytes += r.Bytes
	}
	for i := range all {
		if r := &all[i]; r.Implementation != nil {
			s := j.subjects.of(r.Implementation.Name, r.Implementation, "")
			s.rules = append(s.rules, r.RuleFacts)
		}
	}
	slices.SortStableFunc(all, func(a, b RuleMemory) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(b.Targets, a.Targets), strings.Compare(a.Name, b.Name))
	})
	return all
}

// ruleNamed is the only rule or aspect of a name, or nil. Bazel cuts the names
// of the table to 30 characters.
func (j *joiner) ruleNamed(name string, cut, aspect bool) *starlark.Definition {
	if j.ws == nil {
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
		for _, d := range j.ws.Named(name) {
			if !take(d) {
				return nil
			}
		}
		return found
	}
	for d := range j.ws.Definitions() {
		if strings.HasSuffix(d.Name, name) && !take(d) {
			return nil
		}
	}
	return found
}

// ruleSum is what the rules that it implements allocated.
func (s *subject) ruleSum() (bytes, targets int64) {
	for _, r := range s.rules {
		bytes, targets = bytes+r.Bytes, targets+r.Targets
	}
	return bytes, targets
}

// rulesEvidence weighs it among all rules' bytes.
func (s *subject) rulesEvidence(all int64) finding {
	bytes, targets := s.ruleSum()
	if bytes == 0 || all == 0 {
		return finding{}
	}
	var names []string
	for _, r := range s.rules {
		names = append(names, r.Name)
	}
	return finding{
		weight: weights.RulesCeiling * stats.Part(bytes, all),
		reason: fmt.Sprintf("implements %s: %s live in %s, %s each, of %s in all rules (dump --rules)", strings.Join(names, ", "),
			quantity.Bytes(bytes), quantity.Count(int(targets), "target", "targets"), quantity.Bytes(bytes/max(targets, 1)), quantity.Bytes(all)),
	}
}

// A RuleChange is a rule on both sides, per build that tells of rules.
type RuleChange struct {
	Name   string
	Aspect bool
	A, B   observe.RuleFacts // per build; zero where a side does not have it
}

// ruleChanges holds the tables of two reports against each other, what grew or
// shrank most first.
func ruleChanges(a, b *Report) []RuleChange {
	if len(a.Rules) == 0 || len(b.Rules) == 0 {
		return nil
	}
	at := map[string]int{}
	var all []RuleChange
	for side, rules := range [][]RuleMemory{a.Rules, b.Rules} {
		for _, r := range rules {
			k := fmt.Sprint(r.Aspect, r.Name)
			i, known := at[k]
			if !known {
				i = len(all)
				at[k] = i
				all = append(all, RuleChange{Name: r.Name, Aspect: r.Aspect})
			}
			facts, n := r.RuleFacts, int64(max(r.Builds, 1))
			facts.Targets, facts.Actions, facts.Bytes = facts.Targets/n, facts.Actions/n, facts.Bytes/n
			if side == 0 {
				all[i].A = facts
			} else {
				all[i].B = facts
			}
		}
	}
	all = slices.DeleteFunc(all, func(r RuleChange) bool { return r.A.Bytes == r.B.Bytes && r.A.Targets == r.B.Targets })
	slices.SortStableFunc(all, func(x, y RuleChange) int {
		return cmp.Or(cmp.Compare(abs(y.B.Bytes-y.A.Bytes), abs(x.B.Bytes-x.A.Bytes)), cmp.Compare(abs(y.B.Targets-y.A.Targets), abs(x.B.Targets-x.A.Targets)))
	})
	return all
}

func abs(n int64) int64 { return max(n, -n) }
