// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"fmt"
	"slices"
	"testing"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/observe"
)

func TestRestartedPackages(t *testing.T) {
	t.Parallel()
	a, b := passedBuild("a", map[string]int64{"f": 1}), crashedAt("b", nil, "f")
	a.Trace.Packages = map[string]int{"x": 2, "y": 4}
	b.Trace.Packages = map[string]int{"x": 3}
	for i := range aggregate.KeptRestarted {
		b.Trace.Packages[fmt.Sprintf("z%02d", i)] = 2
	}
	got := aggregate.New([]*observe.Observation{a, b, {}}).RestartedPackages()
	want := []aggregate.RestartedPackage{{Package: "x", Builds: 2, Extra: 3}, {Package: "y", Builds: 1, Extra: 3}, {Package: "z00", Builds: 1, Extra: 1}}
	if len(got) != aggregate.KeptRestarted || !slices.Equal(got[:3], want) {
		t.Errorf("restarted are %v, want them to begin with %v", got, want)
	}
}

// TestRefetchedRepositories: a repository rule's function that was begun anew,
// in a profile.
func TestRefetchedRepositories(t *testing.T) {
	t.Parallel()
	text := `{"otherData":{},"traceEvents":[`
	for i, name := range []string{"//external:a", "local: /usr/bin/git fetch", "//external:b", "local: /usr/bin/git fetch", "//external:a", "//external:a"} {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprintf(`{"cat":"Starlark repository function call","name":%q,"ph":"X","pid":1,"tid":1,"ts":%d,"dur":900}`, name, 1000*i)
	}
	o := passedBuild("p", nil)
	o.Trace = observed(t, folder(t, map[string]string{"profile.gz": zipped(t, text+"]}\n")})).Trace
	got := conclude(t, nil, o, &observe.Observation{}).Refetched
	if want := []aggregate.RestartedRepository{{Repository: "//external:a", Builds: 1, Extra: 2}}; !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
