// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution/observe"
)

// A row of dump --rules points at the function that implements the rule, where
// the sources have one of that name alone.
func TestRules(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	before := &observe.Observation{Summary: observe.Summary{Path: "before"}, Rules: []observe.RuleFacts{
		{Name: "eater", Targets: 10, Actions: 20, Bytes: 900 << 20, HasBytes: true},
		{Name: "java_library", Targets: 50, Bytes: 50 << 20, HasBytes: true},
		{Name: "averse", Cut: true, Aspect: true, Targets: 7, Bytes: 50 << 20, HasBytes: true},
		{Name: "spin", Targets: 3, Bytes: 1 << 20, HasBytes: true},
	}}
	r := conclude(t, ws, before)
	if len(r.Rules) != 4 || r.Rules[0].Name != "eater" || r.Rules[0].Implementation == nil || ws.Rel(r.Rules[0].Implementation.File) != "memory/eat.bzl" {
		t.Fatalf("rules %+v", r.Rules)
	}
	first := r.Suspects[0]
	if first.Name != "_impl" || ws.Rel(first.Definition.File) != "memory/eat.bzl" || !strings.Contains(strings.Join(first.Reasons, " "), "implements eater: 900 MiB") {
		t.Errorf("first suspect %s, %v", first.Name, first.Reasons)
	}
	if got := numberOf(t, first.Evidence, RuleBytes); got != 900<<20 {
		t.Errorf("rule bytes %v", got)
	}
	for _, m := range r.Rules {
		switch m.Name {
		case "java_library":
			if m.Implementation != nil {
				t.Errorf("a rule of Bazel's is implemented by %s", m.Implementation.Name)
			}
		case "averse": // the end of traverse
			if m.Implementation == nil || m.Implementation.Name != "traverse_impl" {
				t.Errorf("the aspect with the cut name: %+v", m.Implementation)
			}
		}
	}

	after := &observe.Observation{Summary: observe.Summary{Path: "after"}, Rules: []observe.RuleFacts{
		{Name: "eater", Targets: 10, Actions: 20, Bytes: 2 << 20, HasBytes: true},
		{Name: "java_library", Targets: 50, Bytes: 50 << 20, HasBytes: true},
		{Name: "fresh", Targets: 1, Bytes: 5 << 20, HasBytes: true},
	}}
	c := Compare(r, conclude(t, ws, after, &observe.Observation{Summary: observe.Summary{Path: "again"}, Rules: after.Rules}))
	if len(c.Rules) != 4 || c.Rules[0].Name != "eater" || c.Rules[0].A.Bytes != 900<<20 || c.Rules[0].B.Bytes != 2<<20 {
		t.Errorf("changes %+v", c.Rules)
	}
}
