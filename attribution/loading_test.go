// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/console"
)

// Functions that the same facts name alike tie: there is no first one, none is
// inferred, and a file's own code does not stand before its functions.
func TestTie(t *testing.T) {
	t.Parallel()
	ws := workspace(t, map[string]string{"cpu/spin.bzl": `def cells(n):
    return [n]

def table(n):
    return cells(n)

spin = table
`})
	o := &observe.Observation{Summary: observe.Summary{Path: "a"}, Crashes: []observe.CrashFacts{{Cause: console.JavaHeapSpace, Loading: "cpu", Source: "console"}}}
	r := conclude(t, ws, o)
	if n := r.Tied(); n != 3 || r.Suspects[2].Name != observe.Toplevel || r.Suspects[3].Rank != 4 {
		t.Errorf("%d tie: %v", n, names(r))
	}
	if c := r.Crashes[0]; c.Inferred != nil || !strings.Contains(c.Death.Doing, "package cpu") {
		t.Errorf("inferred %+v while %q", c.Inferred, c.Death.Doing)
	}
}
