// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"fmt"
	"testing"

	"example.invalid/starlark-memls/attribution/observe"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	set := func(side string, describe, only int64) *Report {
		var all []*observe.Observation
		for i := range 4 {
			jitter := int64(i) * 20_000
			all = append(all, passedBuild(fmt.Sprint(side, i), map[string]int64{
				"describe": describe + jitter, "only_in_old": only - jitter, "traverse_impl": 500_000 + jitter,
			}))
		}
		return conclude(t, ws, append(all, crashedAt(side+"crash", nil, "traverse_impl"))...)
	}
	c := Compare(set("a", 1_000_000, 900_000), set("b", 2_000_000, 300_000))
	if !c.PassedOnly || c.A.Builds != 4 || c.B.Builds != 4 || c.B.Crashed != 1 {
		t.Fatalf("compared %+v", c)
	}
	got := map[string]Difference{}
	for _, f := range c.Functions {
		got[f.Name] = f
	}
	if !got["describe"].Self.Worse() || c.Functions[0].Name != "describe" {
		t.Errorf("the one that doubled is not the first: %+v", c.Functions[0])
	}
	if !got["only_in_old"].Self.Better() {
		t.Errorf("the one that shrank: %+v", got["only_in_old"].Self)
	}
	if s := got["traverse_impl"].Self; s.Worse() || s.Better() || s.Ratio < .9 || s.Ratio > 1.1 {
		t.Errorf("the one that stayed: %+v", s)
	}
	if b := got["describe"].B; b == nil || b.Definition == nil {
		t.Errorf("its definition is not known: %+v", b)
	}

	one := Compare(set("a", 1_000_000, 900_000), conclude(t, ws, passedBuild("x", map[string]int64{"describe": 9_000_000})))
	for _, f := range one.Functions {
		if f.Self.Worse() || f.Self.Better() {
			t.Errorf("%s: one build makes a certain difference: %+v", f.Name, f.Self)
		}
	}
}
