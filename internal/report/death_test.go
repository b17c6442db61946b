// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/measurement"
)

// TestOtherDeathsFirst: where which function filled the heap is not the
// question, the answer begins with what is, and calls nobody a suspect.
func TestOtherDeathsFirst(t *testing.T) {
	t.Parallel()
	framed := attribution.Suspect{Name: "_link", PrintedFile: "/o/_bazel_u/0123/external/rules_x+/link.bzl", Score: .9,
		Lines:    []attribution.LineEvidence{{Line: 120, CrashFrames: 1}},
		Evidence: attribution.Evidence{attribution.CrashFrames.Is(1)}}
	ran := attribution.Suspect{Name: "_lib_impl", Score: .2}
	silent := aggregate.Death{What: "The server was killed from outside.", Silent: true}
	crash := func(cause console.Cause, target string, death aggregate.Death) (c attribution.Crash) {
		c.Cause, c.Target, c.Death = cause, target, death
		return c
	}
	for _, c := range []struct {
		what     string
		crash    attribution.Crash
		suspects []attribution.Suspect
		want     string
	}{
		{"an error of Bazel's", crash(console.InternalError, "", aggregate.Death{What: "This is an internal error of Bazel.", Other: true}), []attribution.Suspect{framed},
			"This is an internal error of Bazel. The innermost function on its Starlark stack is external/rules_x+/link.bzl:120, _link."},
		{"after Starlark", crash(console.JavaHeapSpace, "", aggregate.Death{Doing: "cquery printed its result", Ended: true}), []attribution.Suspect{ran},
			"The crash came while cquery printed its result; no Starlark function was running any more. What had filled the heap until then is not known; first in the list is _lib_impl, whose source is not here."},
		{"killed", crash(console.ServerDied, "", silent), []attribution.Suspect{ran},
			"The server was killed from outside. First in the list of what ran is _lib_impl, whose source is not here."},
		{"killed, and nothing known", crash(console.ServerDied, "", silent), nil, "The server was killed from outside."},
		{"no function, and what Bazel did", crash(console.JavaHeapSpace, "", aggregate.Death{Doing: "an aspect's implementation ran"}), nil,
			"Bazel ran out of memory in 1 of 1 build while an aspect's implementation ran, and no evidence names a Starlark function."},
		{"no function, and a target", crash(console.JavaHeapSpace, "//a:b", aggregate.Death{}), nil,
			"Bazel ran out of memory in 1 of 1 build while evaluating //a:b, and no evidence names a Starlark function."},
	} {
		r := &attribution.Report{Measurements: []observe.Summary{{Status: measurement.OutOfMemory}}, Crashes: []attribution.Crash{c.crash}, Suspects: c.suspects}
		if got := Answer(r, Options{}); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.what, got, c.want)
		}
	}
}

// TestRulesWithoutFunctions: a table of rules is an answer by itself.
func TestRulesWithoutFunctions(t *testing.T) {
	t.Parallel()
	var heavy attribution.RuleMemory
	heavy.Name, heavy.Targets, heavy.Bytes, heavy.HasBytes = "link_store", 170, 340<<20, true
	r := &attribution.Report{Measurements: []observe.Summary{{}}, Rules: []attribution.RuleMemory{heavy}}
	if got := Answer(r, Options{}); !strings.Contains(got, "link_store has most: 340 MiB live in 170 targets, 2 MiB each") {
		t.Error(got)
	}
	var change attribution.RuleChange
	change.Name = "link_store"
	change.A.Bytes, change.B.Bytes = 340<<20, 2<<20
	if got := mostChanged([]attribution.RuleChange{change}); !strings.HasPrefix(got, "The live memory of link_store went from 340 MiB to 2 MiB") {
		t.Error(got)
	}
}
