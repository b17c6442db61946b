// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"

	"example.invalid/starlark-memls/attribution"
)

// A CandidateJSON is one of the functions of a bare name, with the probability that
// the calls which speak of the name were its.
type CandidateJSON struct {
	PlaceJSON
	Probability float64 `json:"probability"`
}

// mostElse is how many of the less probable candidates are named.
const mostElse = 3

// whose says which function it probably is: "probably a.bzl:12 (78 %), else
// b.bzl:30 (15 %) or c.bzl:4 (7 %)"; "" where there is no choice, or no way to
// weigh it.
func (o Options) whose(s *attribution.Suspect) string {
	if len(s.Posterior) == 0 {
		return ""
	}
	if s.Unseen > 0 {
		return o.whoseUnseen(s)
	}
	probable := func(c attribution.Candidate) string { return fmt.Sprintf("%s (%s)", o.place(c.Definition), c.Chance()) }
	others := s.Posterior[1:]
	var list []string
	for _, c := range others[:min(len(others), mostElse)] {
		list = append(list, probable(c))
	}
	if more := len(others) - mostElse; more > 0 {
		list = append(list, fmt.Sprintf("one of %d more", more))
	}
	best := probable(s.Posterior[0])
	if gone := s.Gone(); gone > 0 { // of the sources, not of the build that was measured
		one := fmt.Sprintf("one that is no longer in the sources (%s)", attribution.Candidate{Probability: gone}.Chance())
		if gone > max(s.Posterior[0].Probability, 0.5) {
			best, one = one, best
		}
		list = append([]string{one}, list...)
	}
	first := "probably"
	if s.Definition == nil {
		first = "most likely"
	}
	return fmt.Sprintf("%s %s, else %s", first, best, strings.Join(list, " or "))
}

// whoseUnseen names those of a name that are here, beside somebody who is not. How
// likely each is is a guess, and no number is given.
func (o Options) whoseUnseen(s *attribution.Suspect) string {
	var list []string
	for _, c := range s.Posterior[:min(len(s.Posterior), mostElse)] {
		list = append(list, o.place(c.Definition))
	}
	if more := len(s.Posterior) - mostElse; more > 0 {
		list = append(list, fmt.Sprintf("one of %d more", more))
	}
	return fmt.Sprintf("not sure which: a function of a repository that is not here, or %s", strings.Join(list, ", or "))
}

func (o Options) posterior(s *attribution.Suspect) []CandidateJSON {
	var list []CandidateJSON
	for _, c := range s.Posterior {
		list = append(list, CandidateJSON{PlaceJSON{o.path(c.Definition.File), c.Definition.NameRange.Start.Line}, rounded(c.Probability)})
	}
	return list
}
