// SPDX-License-Identifier: Apache-2.0

package show

import (
	"fmt"
	"testing"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/lsp/settings"
	"example.invalid/starlark-memls/starlark"
)

// A name that stays open among a few functions is a diagnostic on each; among
// many it is only a lens.
func TestOpenNamesAmongMany(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int{2: 2, maxCandidates: maxCandidates, maxCandidates + 1: 0, 300: 0} {
		r := &attribution.Report{Suspects: []attribution.Suspect{{Rank: 1, Name: "_impl"}}}
		open := &r.Suspects[0]
		open.Evidence = attribution.Evidence{attribution.RetainedBytes.Is(1 << 30)}
		for i := range n {
			open.Candidates = append(open.Candidates, &starlark.Definition{Name: "_impl", Kind: starlark.Function, File: fmt.Sprintf("/w/%d.bzl", i)})
		}
		r.Crashes = []attribution.Crash{{Inferred: open, InferredWhy: "it ended last"}}
		settings := settings.Default()
		crashes, hotspots, lenses := 0, 0, 0
		for _, f := range NewAnnotations(r, nil).Files {
			crashes += len(f.Crashes)
			lenses += len(f.Functions)
			for i := range f.Functions {
				hotspots += len(functionFindings(&settings, &f.Functions[i]))
			}
		}
		if crashes != want || hotspots != want || lenses != n {
			t.Errorf("of %d functions: %d crash marks, %d hotspots, %d lenses", n, crashes, hotspots, lenses)
		}
	}
}

// What an edit took from the sources stays possible in what is said of the rest.
func TestWhoseNamesWhatIsGone(t *testing.T) {
	t.Parallel()
	one, two := &starlark.Definition{Name: "_impl"}, &starlark.Definition{Name: "_impl"}
	for _, test := range []struct {
		definition *starlark.Definition
		posterior  []attribution.Candidate
		want       string
	}{
		{one, []attribution.Candidate{{Definition: one, Probability: .9}, {Definition: two, Probability: .1}}, "probably this one (90 %), else the other of this name"},
		{one, []attribution.Candidate{{Definition: one, Probability: .9}}, "probably this one (90 %), else another of this name, which may no longer be in the sources"},
		{nil, []attribution.Candidate{{Definition: one, Probability: .1}}, "10 % likely this one, or another of this name, which may no longer be in the sources"},
		{nil, nil, ""},
	} {
		m := functionAnnotation{Suspect: &attribution.Suspect{Name: "_impl", Definition: test.definition, Posterior: test.posterior}, Definition: one}
		if got := m.whose(); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}
