// SPDX-License-Identifier: Apache-2.0

package attribution

import "example.invalid/starlark-memls/attribution/weights"

// mostOneOf bounds the functions of a name that are named together.
const mostOneOf = 3

// Undecided reports whether it is open which function of the name it was, though
// one is likelier than all others together: the answer is then a set (OneOf).
func (s *Suspect) Undecided() bool {
	return s.Inferred() && len(s.Posterior) > 1 && s.Posterior[0].Probability < weights.LikelyKnown && s.Verdict != Sure && s.Verdict != Likely
}

// OneOf are the functions of the name that together have nearly all of the
// probability, the likeliest first, and no more than three.
func (s *Suspect) OneOf() []Candidate {
	sum := 0.0
	for i, c := range s.Posterior[:min(len(s.Posterior), mostOneOf)] {
		if sum += c.Probability; sum >= weights.LikelyKnown {
			return s.Posterior[:i+1]
		}
	}
	return s.Posterior[:min(len(s.Posterior), mostOneOf)]
}
