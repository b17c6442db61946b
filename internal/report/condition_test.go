// SPDX-License-Identifier: Apache-2.0

package report

import (
	"math"
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/stats"
)

func TestParseConditions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text      string
		comparing bool
		wrong     string // part of the error; empty: accepted
	}{
		{"", false, ""},
		{"crash, sure", false, ""},
		{"score>0.9,retained_bytes >= 1e8", false, ""},
		{"q_value<0.05", false, ""},
		{"worse,self_micros>+20%,calls>=+5%", true, ""},
		{"worse", false, "use it with compare"},
		{"self_micros>+20%", false, "use it with compare"},
		{"score>0.9", true, "use it with report"},
		{"nonsense", false, "it is not one of crash"},
		{"no_field>1", false, "no field no_field"},
		{"self_micros>20%", true, "write a change as +20%"},
		{"self_micros<+20%", true, "with > or >="},
		{"score>1.2.3", false, "1.2.3 is not a number"},
	} {
		_, err := ParseConditions(c.text, c.comparing)
		switch {
		case c.wrong == "" && err != nil:
			t.Errorf("%q: %v", c.text, err)
		case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
			t.Errorf("%q: error %v, want %q", c.text, err, c.wrong)
		}
	}
}

func TestHeld(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"crash": 1, "sure": 1, "possible": 2, "score>0.9": 1, "score>=0": 3, "q_value<0.01": 1, "calls>=4": 2,
		"retained_bytes>1e12": 0, "crash,sure": 2,
	} {
		conditions, err := ParseConditions(text, false)
		if err != nil {
			t.Fatal(err)
		}
		if held := Held(conditions, sample(), options()); len(held) != want {
			t.Errorf("%s: %d hold, want %d: %q", text, len(held), want, held)
		}
	}
}

func TestHeldBetween(t *testing.T) {
	t.Parallel()
	c := &attribution.Comparison{Functions: []attribution.Difference{
		{Name: "grew", SelfA: 1e6, SelfB: 2e6, Self: stats.Change{Ratio: 2, Low: 1.5, High: 2.7}, Calls: stats.Change{Ratio: 1, Low: .9, High: 1.1},
			A: &attribution.Suspect{Name: "grew", Verdict: attribution.Possible}, B: &attribution.Suspect{Name: "grew", Verdict: attribution.Likely}},
		{Name: "may_have", SelfA: 1e6, SelfB: 9e6, Self: stats.Change{Ratio: 9, Low: 0, High: math.Inf(1)}},
		{Name: "a_little", SelfA: 1e6, SelfB: 1.1e6, Self: stats.Change{Ratio: 1.1, Low: 1.05, High: 1.15}},
	}}
	for text, want := range map[string]int{
		"worse": 2, "self_micros>+20%": 1, "self_micros>+150%": 0, "calls>+0%": 0, "likely": 1, "possible": 0, "crash": 0,
	} {
		conditions, err := ParseConditions(text, true)
		if err != nil {
			t.Fatal(err)
		}
		if held := HeldBetween(conditions, &ComparisonJSON{Builds: c}, Options{}); len(held) != want {
			t.Errorf("%s: %d hold, want %d: %q", text, len(held), want, held)
		}
	}
	c.B.Crashed, c.B.Measured, c.A.Measured = 1, 3, 3
	if held := HeldBetween([]Condition{{text: "crash", word: "crash"}}, &ComparisonJSON{Builds: c}, Options{}); len(held) != 1 {
		t.Errorf("a first crash: %q", held)
	}
}
