// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/bazel/trace"
)

// TestWorthAndDecides: what an answer is worth is said where it was measured,
// and what would decide where something would.
func TestWorthAndDecides(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	cut, lost := crashedAt("a", nil, "traverse_impl"), crashedAt("a", nil, "traverse_impl")
	cut.Trace.Blind = append(cut.Trace.Blind, trace.BlindCut)
	lost.Trace = nil
	killed := crashedAt("a", nil, "traverse_impl")
	killed.Crashes[0].Cause, killed.Crashes[0].Message = console.ServerDied, "killed by signal 9: Killed bazel build //..."
	named := crashedAt("a", nil, "traverse_impl")
	named.Crashes[0].HeapDump = "/o/java_pid1.hprof"
	for _, c := range []struct {
		what    string
		seen    []*observe.Observation
		worth   *weights.Worth
		decides string
	}{
		{"a whole profile", []*observe.Observation{crashedAt("a", nil, "traverse_impl")}, &weights.OneClosed, "dump of one crash"},
		{"a cut one", []*observe.Observation{cut}, &weights.OneCut, "dump of one crash"},
		{"none", []*observe.Observation{lost}, &weights.OneLost, "dump of one crash"},
		{"three", []*observe.Observation{crashedAt("a", nil, "traverse_impl"), crashedAt("b", nil, "traverse_impl"), crashedAt("c", nil, "traverse_impl")}, &weights.ThreeCrashes, "dump of one crash"},
		{"a stack", []*observe.Observation{stacked("a", console.StarlarkFrame{Function: "traverse_impl", File: ws.Root() + "/memory/eat.bzl", Line: 5})}, nil, "dump of one crash"},
		{"a dump that lies there", []*observe.Observation{named}, &weights.OneClosed, "that this crash left"},
		{"a kill", []*observe.Observation{killed}, nil, ""},
		{"no crash", []*observe.Observation{{}}, nil, ""},
	} {
		r := conclude(t, ws, c.seen...)
		if (r.Worth == nil) != (c.worth == nil) || r.Worth != nil && *r.Worth != *c.worth {
			t.Errorf("%s: worth %+v, want %+v", c.what, r.Worth, c.worth)
		}
		if c.decides == "" && r.Decides != "" || !strings.Contains(r.Decides, c.decides) {
			t.Errorf("%s: decided by %q, want %q", c.what, r.Decides, c.decides)
		}
	}
}
