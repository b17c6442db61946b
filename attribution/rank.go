// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"cmp"
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution/join"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/attribution/weights"
)

// One score out of all evidence. Each source states how far it alone would
// convince (finding.weight, 0 to its ceiling). They are joined as independent
// witnesses,
//
//	score = 1 - (1-w1)(1-w2)…
//
// which grows with every weight, never leaves 0 to 1, and can be read back:
// the reasons stand in the order of their weights. It is a measure of
// suspicion to order functions by, not a probability.

// weigh joins the findings into a score and the reasons in order of weight.
func weigh(findings []reason) (score float64, reasons []string, parts []float64, blind []string) {
	slices.SortStableFunc(findings, func(a, b reason) int { return cmp.Compare(b.weight, a.weight) })
	left := 1.0
	for _, f := range findings {
		w := stats.Clamp01(f.weight)
		left *= 1 - w
		if f.reason != "" && (w >= weights.NoiseWeight || len(reasons) == 0) {
			reasons = append(reasons, f.reason)
			parts = append(parts, w)
		}
		if f.blind != "" && !slices.Contains(blind, f.blind) {
			blind = append(blind, f.blind)
		}
	}
	return 1 - left, reasons, parts, blind
}

// order sorts suspects and numbers them. Equal scores are told apart by what
// was seen, and then by place and name, so that the order never depends on
// that of the input.
func order(suspects []Suspect) {
	slices.SortFunc(suspects, func(a, b Suspect) int {
		return cmp.Or(
			cmp.Compare(b.Score, a.Score),
			compareNumbers(b, a, ActiveAtCrash),
			compareNumbers(b, a, SelfMicros),
			cmp.Compare(ownCode(a), ownCode(b)),
			compareSuspectPlaces(a, b))
	})
	for i := range suspects {
		suspects[i].Rank = i + 1
		if i > 0 && tied(&suspects[i-1], &suspects[i]) {
			suspects[i].Rank = suspects[i-1].Rank
		}
	}
}

// tied reports whether nothing tells two suspects apart: their scores are the
// same to the last bit, which is so where all that names them names them alike.
func tied(a, b *Suspect) bool {
	return a.Score == b.Score && a.Score > 0 && compareNumbers(*a, *b, ActiveAtCrash) == 0 && compareNumbers(*a, *b, SelfMicros) == 0
}

// Tied counts the suspects that share the first place.
func (r *Report) Tied() int {
	n := 0
	for n < len(r.Suspects) && r.Suspects[n].Rank == 1 {
		n++
	}
	return n
}

// ownCode puts a file's own code behind its functions, where nothing else
// tells them apart: it is mostly loads and definitions.
func ownCode(s Suspect) int {
	if s.Name == observe.Toplevel {
		return 1
	}
	return 0
}

func compareSuspectPlaces(a, b Suspect) int {
	switch {
	case a.Definition != nil && b.Definition != nil:
		return cmp.Or(join.CompareDefinitions(a.Definition, b.Definition), strings.Compare(a.Name, b.Name))
	case a.Definition != nil:
		return -1
	case b.Definition != nil:
		return 1
	}
	return cmp.Or(strings.Compare(a.PrintedFile, b.PrintedFile), strings.Compare(a.Name, b.Name))
}

// compareNumbers compares a measure of two; what is not known is nothing.
func compareNumbers(a, b Suspect, m *Measure) int {
	x, _ := a.Evidence.Number(m)
	y, _ := b.Evidence.Number(m)
	return cmp.Compare(x, y)
}
