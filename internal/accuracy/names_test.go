// SPDX-License-Identifier: Apache-2.0

package accuracy

import (
	"math"
	"testing"

	"example.invalid/starlark-memls/internal/accuracy/generate"
)

// With the names taken away the right answer is still a definition, and one of
// many of its name; and no measurement tells a name that was taken.
func TestNameless(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: concludes from the whole corpus")
	}
	t.Parallel()
	cases, err := Nameless(t.Context(), "corpus", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	for i := range cases {
		c := &cases[i]
		named := false
		for _, g := range c.Guilty {
			if !defines(c.Workspace, g) {
				t.Errorf("%s: nothing is %v", c.ID, g)
			}
			named = named || g.Function == oneName
		}
		if n := len(c.Workspace.Named(oneName)); !named || n < 8 {
			t.Errorf("%s: %d functions are called %s, the guilty are %v", c.ID, n, oneName, c.Guilty)
		}
		for _, o := range c.Passed {
			if o.Trace == nil {
				continue
			}
			for _, f := range o.Trace.Functions {
				if implementation.MatchString(f.Name) {
					t.Errorf("%s: %s is still named in %s", c.ID, f.Name, o.Summary.Path)
				}
			}
		}
		if len(c.Dumped) > 0 {
			t.Errorf("%s: what heap dumps name was kept", c.ID)
		}
	}
}

func TestImplementationNames(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"def link_impl(ctx):":              "def impl(ctx):",
		"rule(implementation = _impl)":     "rule(implementation = impl)",
		"implementation = _top_link_impl,": "implementation = _top_link_impl,",
		"link_impl_x":                      "link_impl_x",
	} {
		if got := implementation.ReplaceAllString(text, oneName); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	event := `{"cat":"x","name":"link_impl","args":{"name":"link_impl_2"}}`
	if got := inProfile.ReplaceAllString(event, "N"); got != `{"cat":"x",N,"args":{"name":"link_impl_2"}}` {
		t.Errorf("the event becomes %s", got)
	}
}

func TestCalibrate(t *testing.T) {
	t.Parallel()
	guilty := &Case{Scenario: generate.Scenario{Guilty: []generate.Culprit{{Function: "f", File: "a.bzl"}}}}
	bands := Calibrate([]Outcome{
		{Case: guilty, choices: []choice{{.5, .5, true}, {.6, .5, false}, {1, 1, true}}},
		{Case: guilty, choices: []choice{{.69, 1, true}}},
		{Case: &Case{}, choices: []choice{{.6, 1, true}}}, // merely big: nobody is right
	})
	for _, b := range bands {
		want, promised := Share{}, 0.0
		switch {
		case b.From == .5:
			want, promised = Share{1.5, 2}, .25+.3+.69
		case b.To > 1:
			want, promised = Share{1, 1}, 1
		}
		if b.Right != want || math.Abs(b.Promised-promised) > 1e-12 {
			t.Errorf("from %.2f: %v right, %.3f promised; want %v, %.3f", b.From, b.Right, b.Promised, want, promised)
		}
	}
}
