// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"

	"example.invalid/starlark-memls/attribution"
)

// An answer that is not known reads so from its first word, and shows no source
// as if it were one.

// weakScore is the score below which a first suspect is no more than the first of
// a list.
const weakScore = 0.2

// possible is the answer where there is evidence and no certainty.
func (o Options) possible(r *attribution.Report, s *attribution.Suspect, did string) string {
	lead := ""
	if d := &r.Crashes[0].Death; d.Own {
		lead = "The crash came while " + d.Doing + ". "
	}
	return lead + o.guess(r, s, did) + decides(r)
}

// doubtful is whether the first suspect is rather wrong than right: the evidence
// is of a kind that is, or what filled the heap may be no function's.
func doubtful(r *attribution.Report) bool {
	return r.Worth != nil && !r.Worth.RightRather() || len(r.Crashes) > 0 && r.Crashes[0].Death.Result
}

// decides says what would decide, in a sentence.
func decides(r *attribution.Report) string {
	if r.Decides == "" {
		return ""
	}
	return " " + capital(r.Decides) + " would tell."
}

// worth says how often a first suspect is right that is known from as little.
func worth(r *attribution.Report) string {
	w := r.Worth
	if w == nil {
		return ""
	}
	return fmt.Sprintf("In test builds with as little evidence the first suspect was right in %d %% (95 %%: %d to %d, of %d scenarios).", w.Right, w.Low, w.High, w.Scenarios)
}

func (o Options) guess(r *attribution.Report, s *attribution.Suspect, did string) string {
	switch {
	case s.Score < weakScore:
		return fmt.Sprintf("Which function %s is not known (%s). First in the list, with weak evidence, is %s.", did, ofBuilds(r), uncapital(strings.TrimSuffix(o.subject(s), ",")))
	case s.Undecided():
		return fmt.Sprintf("Which function %s is not known (%s): perhaps one of those called %s, %s.", did, ofBuilds(r), s.Name, o.oneOf(s))
	}
	if doubtful(r) {
		return fmt.Sprintf("Which function %s is not known (%s). First in the list is %s: %s.", did, ofBuilds(r), uncapital(strings.TrimSuffix(o.subject(s), ",")), plainReason(s))
	}
	return fmt.Sprintf("%s may have %s (%s): %s.", o.subject(s), strings.Replace(did, "ran", "run", 1), ofBuilds(r), plainReason(s))
}

// oneOf names the functions that it may have been.
func (o Options) oneOf(s *attribution.Suspect) string {
	var list []string
	for _, c := range s.OneOf() {
		list = append(list, fmt.Sprintf("%s (%s)", o.place(c.Definition), c.Chance()))
	}
	if len(list) == 1 {
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " or " + list[len(list)-1]
}
