// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/weights"

	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/measurement"
)

// TestAnswersThatAreNotKnown: an answer reads as unsure as it is, and shows no
// source as if it were one.
func TestAnswersThatAreNotKnown(t *testing.T) {
	t.Parallel()
	with := func(s *attribution.Suspect, score float64) *attribution.Suspect {
		s.Score, s.Reasons = score, []string{"probably running in 1 of 1 crash; and more"}
		return s
	}
	var crash attribution.Crash
	crash.Cause = console.JavaHeapSpace
	for _, c := range []struct {
		what    string
		suspect *attribution.Suspect
		want    string
		source  bool
	}{
		{"one function", with(weighed(true, 1), .5), "/w/a.bzl:12 (over 99 %), _impl, may have run Bazel out of memory (1 of 1 build): probably running in 1 of 1 crash.", true},
		{"nearly known", with(weighed(true, .95, .05), .5), "/w/a.bzl:12 (95 %), _impl, may have run Bazel out of memory (1 of 1 build): probably running in 1 of 1 crash.", true},
		{"one of two", with(weighed(true, .66, .33, .01), .5), "Which function ran Bazel out of memory is not known (1 of 1 build): perhaps one of those called _impl, /w/a.bzl:12 (66 %) or /w/b.bzl:12 (33 %).", false},
		{"one of more", with(weighed(true, .55, .2, .1, .1, .05), .5), "Which function ran Bazel out of memory is not known (1 of 1 build): perhaps one of those called _impl, /w/a.bzl:12 (55 %), /w/b.bzl:12 (20 %) or /w/c.bzl:12 (10 %).", false},
		{"little weight", with(weighed(true, 1), .15), "Which function ran Bazel out of memory is not known (1 of 1 build). First in the list, with weak evidence, is /w/a.bzl:12 (over 99 %), _impl.", false},
	} {
		r := &attribution.Report{
			Measurements: []observe.Summary{{Status: measurement.OutOfMemory}},
			Crashes:      []attribution.Crash{crash},
			Suspects:     []attribution.Suspect{*c.suspect},
		}
		if got := Answer(r, Options{}); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.what, got, c.want)
		}
		if shown := answered(r).file != ""; shown != c.source {
			t.Errorf("%s: source is shown: %v", c.what, shown)
		}
		if !c.source && !strings.Contains(Answer(r, Options{}), "not known") {
			t.Errorf("%s: it reads as known", c.what)
		}
	}
}

// TestAnswersWithTheirWorth: where a first suspect is more often wrong than
// right the answer is that it is not known, and what would decide is said.
func TestAnswersWithTheirWorth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what   string
		worth  *weights.Worth
		death  aggregate.Death
		want   string
		source bool
	}{
		{"right rather than wrong", &weights.OneClosed, aggregate.Death{}, "/w/a.bzl:12 (over 99 %), _impl, may have run Bazel out of memory (1 of 1 build): probably running in 1 of 1 crash. A heap dump of one crash would tell.", true},
		{"wrong rather than right", &weights.OneCut, aggregate.Death{}, "Which function ran Bazel out of memory is not known (1 of 1 build). First in the list is /w/a.bzl:12 (over 99 %), _impl: probably running in 1 of 1 crash. A heap dump of one crash would tell.", false},
		{"in a file's writing", &weights.OneClosed, aggregate.Death{Doing: "a parameter file was written", Own: true}, "The crash came while a parameter file was written. /w/a.bzl:12 (over 99 %), _impl, may have run Bazel out of memory (1 of 1 build): probably running in 1 of 1 crash. A heap dump of one crash would tell.", true},
		{"in a query", &weights.OneClosed, aggregate.Death{Doing: "query gathered its result", Own: true, Result: true}, "The crash came while query gathered its result. Which function ran Bazel out of memory is not known (1 of 1 build). First in the list is /w/a.bzl:12 (over 99 %), _impl: probably running in 1 of 1 crash. A heap dump of one crash would tell.", false},
	} {
		s := *weighed(true, 1)
		s.Score, s.Reasons, s.Verdict = .5, []string{"probably running in 1 of 1 crash; and more"}, attribution.Possible
		r := &attribution.Report{
			Measurements: []observe.Summary{{Status: measurement.OutOfMemory}}, Crashes: make([]attribution.Crash, 1),
			Suspects: []attribution.Suspect{s}, Worth: c.worth, Decides: "a heap dump of one crash",
		}
		r.Crashes[0].Cause, r.Crashes[0].Death = console.JavaHeapSpace, c.death
		if got := Answer(r, Options{}); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.what, got, c.want)
		}
		if shown := answered(r).file != ""; shown != c.source {
			t.Errorf("%s: source is shown: %v", c.what, shown)
		}
		var text strings.Builder
		if err := WriteText(&text, r, Options{Sections: []string{"why"}}); err != nil || !strings.Contains(strings.Join(strings.Fields(text.String()), " "), fmt.Sprintf("was right in %d %%", c.worth.Right)) {
			t.Errorf("%s: not said what it is worth: %s, %v", c.what, text.String(), err)
		}
	}
}
