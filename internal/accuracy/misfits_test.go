// SPDX-License-Identifier: Apache-2.0

package accuracy

import (
	"slices"
	"testing"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/starlark"
)

// TestMisfits measures what the posterior assumes (attribution/posterior.go):
// where only one function has a name, so that its calls are known to be its,
// how often do the facts of a call not fit it? It is to be far rarer than is
// assumed, one in twenty.
func TestMisfits(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: concludes from the whole corpus")
	}
	t.Parallel()
	cases, err := Load(t.Context(), "corpus", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	calls, odd := 0, map[string]int{}
	for i := range cases {
		c := &cases[i]
		for _, o := range slices.Concat(c.Passed, c.Crashed) {
			if o.Trace == nil {
				continue
			}
			for _, f := range o.Trace.Functions {
				d := onlyFunction(c.Workspace, f.Name)
				if d == nil {
					continue
				}
				for _, k := range f.Kinds {
					calls += k.Calls
					for _, what := range misfits(d, k) {
						t.Logf("%s: %s, %+v: %s", o.Summary.Path, f.Name, k, what)
						odd[what] += k.Calls
					}
				}
			}
		}
	}
	if calls < 1000 {
		t.Fatalf("only %d calls", calls)
	}
	for what, n := range odd {
		if part := float64(n) / float64(calls); part > 0.01 {
			t.Errorf("%s: %d of %d calls, %.1f %%", what, n, calls, 100*part)
		}
	}
	t.Logf("of %d calls, misfits %v", calls, odd)
}

// onlyFunction is the function of that name where there is one only.
func onlyFunction(ws *starlark.Workspace, name string) *starlark.Definition {
	if all := ws.Named(name); len(all) == 1 && all[0].Kind == starlark.Function {
		return all[0]
	}
	return nil
}

func misfits(d *starlark.Definition, k observe.CallKind) []string {
	var odd []string
	for _, callee := range k.Callees {
		if !d.Calls(callee) {
			odd = append(odd, "it called what is not in its body")
			break
		}
	}
	implements := func(kinds ...starlark.Kind) bool {
		return slices.ContainsFunc(d.Uses, func(by *starlark.Definition) bool { return slices.Contains(kinds, by.Kind) })
	}
	analysis, repository := implements(starlark.Rule, starlark.Aspect), implements(starlark.RepositoryRule)
	switch {
	case k.Around == observe.LoadingPackage && (analysis || repository):
		odd = append(odd, "an implementation while a package was loaded")
	case k.Around == observe.FetchRepository && len(d.Uses) > 0 && !repository:
		odd = append(odd, "another implementation while a repository was fetched")
	case k.Around == observe.NothingAround && repository:
		odd = append(odd, "a repository's implementation while none was fetched")
	}
	if analysis && k.Caller != "" {
		odd = append(odd, "an implementation that Starlark called")
	}
	return odd
}
