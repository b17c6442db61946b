// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/console"
)

// A query's stacks join a target that the sources do not show with its macro
// and its rule's implementation.
func TestInstantiated(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	eat, build := "/elsewhere/ci/memory/eat.bzl", "/elsewhere/ci/memory/BUILD"
	query := &observe.Observation{Summary: observe.Summary{Path: "query.txt"}, Instantiations: []console.Instantiation{{
		Target: ":made_7", File: build, Class: "eater",
		Instantiated: []console.StarlarkFrame{{Function: "describe", File: eat, Line: 2, Column: 5}, {Function: "<toplevel>", File: build, Line: 2, Column: 1}},
		Defined:      []console.StarlarkFrame{{Function: "<toplevel>", File: eat, Line: 14, Column: 9}},
	}}}
	crash := &observe.Observation{Summary: observe.Summary{Path: "a"}, Crashes: []observe.CrashFacts{{Cause: console.JavaHeapSpace, Target: "//memory:made_7", Source: "console"}}}
	if r := conclude(t, ws, crash); len(r.Suspects) != 0 {
		t.Fatalf("without the query: %v", names(r))
	}
	r := conclude(t, ws, query, crash)
	if len(r.Suspects) == 0 || r.Suspects[0].Name != "_impl" || ws.Rel(r.Suspects[0].Definition.File) != "memory/eat.bzl" ||
		!strings.Contains(strings.Join(r.Suspects[0].Reasons, " "), "query --output=build") {
		t.Fatalf("suspects %v", names(r))
	}
	made := r.Crashes[0].Instantiated
	if len(made) != 2 || made[0].Function != "describe" || ws.Rel(made[0].Source) != "memory/eat.bzl" || ws.Rel(made[1].Source) != "memory/BUILD" {
		t.Errorf("made by %+v", made)
	}
}
