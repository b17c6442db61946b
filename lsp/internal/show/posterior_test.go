// SPDX-License-Identifier: Apache-2.0

package show

import (
	"fmt"
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/starlark"
)

// An inferred definition is marked alone, and said to be inferred; where none
// is probable enough each candidate says how likely it is.
func TestMarksOfABareName(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name           string
		probabilities  []float64
		inferred       bool
		lens, hotspots string
		crash          string
	}{
		{"inferred", []float64{.78, .15, .07}, true, "probably this one (78 %), else one of 2 others of this name", "A function called _impl, probably this one (78 %)",
			"_impl (one of 3 functions of this name, probably this one: 78 %)"},
		{"open", []float64{.4, .35, .25}, false, "40 % likely this one, or 2 others of this name", "A function called _impl, this or 2 others of that name",
			"_impl (one of 3 functions of this name)"},
	} {
		s := attribution.Suspect{Rank: 1, Name: "_impl", Evidence: attribution.Evidence{attribution.RetainedBytes.Is(1 << 30)}}
		for i, p := range test.probabilities {
			d := &starlark.Definition{Name: "_impl", Kind: starlark.Function, File: fmt.Sprintf("/w/%d.bzl", i)}
			s.Posterior = append(s.Posterior, attribution.Candidate{Definition: d, Probability: p})
			s.Candidates = append(s.Candidates, d)
		}
		want := len(s.Candidates)
		if test.inferred {
			s.Definition, s.Candidates, want = s.Candidates[0], nil, 1
		}
		m := NewAnnotations(&attribution.Report{Suspects: []attribution.Suspect{s}}, nil)
		if len(m.Files) != want {
			t.Errorf("%s: marks in %d files, want %d", test.name, len(m.Files), want)
		}
		mark := m.Files["/w/0.bzl"].Functions[0]
		if got := FunctionTitle(mark); !strings.Contains(got, test.lens) {
			t.Errorf("%s: lens %q, want %q", test.name, got, test.lens)
		}
		crash := &attribution.Crash{Inferred: &s, InferredWhy: "it ended last"}
		message := crashFinding(crashAnnotation{Code: "ML002", crash: crash, count: 1}, 1).message
		if !strings.Contains(message, test.crash) {
			t.Errorf("%s: %q, want %q", test.name, message, test.crash)
		}
		found := functionFinding("ML003", &mark, "retains 1 GiB")
		if !strings.HasPrefix(found.message, test.hotspots) || len(found.related) != 2 {
			t.Errorf("%s: %q with %d others, want %q with 2", test.name, found.message, len(found.related), test.hotspots)
		}
	}
}
