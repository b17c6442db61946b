// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"maps"
	"testing"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/weights"
)

// keepingSources: a helper that two implementations share, one of which keeps
// what it gives and one of which does not.
var keepingSources = map[string]string{
	"WORKSPACE":   "",
	"tools/BUILD": "",
	"tools/text.bzl": `def pad(text):
    return text + "."
`,
	"keeps/BUILD": `load(":defs.bzl", "keeps")
keeps(name = "a")
`,
	"keeps/defs.bzl": `load("//tools:text.bzl", "pad")

def _keeps_impl(ctx):
    return [Info(rows = [pad(str(i)) for i in range(9)])]

keeps = rule(implementation = _keeps_impl)
`,
	"drops/BUILD": `load(":defs.bzl", "drops")
drops(name = "a")
`,
	"drops/defs.bzl": `load("//tools:text.bzl", "pad")

def _drops_impl(ctx):
    text = ""
    for i in range(9):
        text = pad(text)
    return []

drops = rule(implementation = _drops_impl)
`,
}

// endedWith makes the ends of a crash: chains of calls, innermost first, the chain
// that ended last first.
func endedWith(path string, chains ...[]string) *observe.Observation {
	o := crashedAt(path, nil, "pad", "_keeps_impl", "_drops_impl")
	o.Trace.Endings = nil
	for i, names := range chains {
		end := o.Trace.LastStarlarkMicros - int64(i)*2000
		e := observe.Ending{Thread: string(rune('a' + i)), BeforeLastMicros: int64(i) * 2000}
		for depth, name := range names {
			call := observe.EndedCall{Name: name, EndMicros: end, SelfMicros: 5000}
			if depth > 0 {
				call.Callees = []string{names[depth-1]}
			}
			e.Chain = append(e.Chain, call)
		}
		o.Trace.Endings = append(o.Trace.Endings, e)
	}
	return o
}

// TestWhoKeeps: a helper's caller is asked for what the helper makes, and one
// that lets go of it stands behind one that keeps it, whoever ended last.
func TestWhoKeeps(t *testing.T) {
	t.Parallel()
	ws := workspaceOf(t, keepingSources)
	for _, chains := range [][][]string{
		{{"pad", "_keeps_impl"}, {"pad", "_drops_impl"}},
		{{"pad", "_drops_impl"}, {"pad", "_keeps_impl"}},
	} {
		r := conclude(t, ws, endedWith("a", chains...))
		if r.Suspects[0].Name != "_keeps_impl" {
			t.Errorf("%v: the first suspect is %s, want _keeps_impl: %v", chains, r.Suspects[0].Name, names(r))
		}
		drops, keeps := find(t, r, "_drops_impl", "drops/defs.bzl"), find(t, r, "_keeps_impl", "keeps/defs.bzl")
		if drops.Score > weights.HandedOn*keeps.Score {
			t.Errorf("%v: the one that lets go scores %.2f, the one that keeps %.2f", chains, drops.Score, keeps.Score)
		}
	}
	// What was found is kept where the sources change.
	edited := maps.Clone(keepingSources)
	edited["keeps/defs.bzl"] = `load("//tools:text.bzl", "pad")

def _keeps_impl(ctx):
    pad("x")
    return []

keeps = rule(implementation = _keeps_impl)
`
	r := conclude(t, ws, endedWith("a", []string{"pad", "_drops_impl"}, []string{"pad", "_keeps_impl"}))
	if r = Rebase(r, workspaceOf(t, edited)); r.Suspects[0].Name != "_keeps_impl" {
		t.Errorf("after an edit the first suspect is %s: %v", r.Suspects[0].Name, names(r))
	}
}
