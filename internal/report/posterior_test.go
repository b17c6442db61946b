// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/starlark"
)

// weighed is a suspect of a bare name with candidates of these probabilities,
// the first of which is the definition if named is set.
func weighed(named bool, probabilities ...float64) *attribution.Suspect {
	s := &attribution.Suspect{Rank: 1, Name: "_impl", Verdict: attribution.Possible}
	for i, p := range probabilities {
		d := &starlark.Definition{Name: "_impl", Kind: starlark.Function, File: fmt.Sprintf("/w/%c.bzl", 'a'+i),
			NameRange: starlark.Range{Start: starlark.Position{Line: 12, Column: 5}}}
		s.Posterior = append(s.Posterior, attribution.Candidate{Definition: d, Probability: p})
		s.Candidates = append(s.Candidates, d)
	}
	if named {
		s.Definition, s.Candidates = s.Candidates[0], nil
	}
	return s
}

// unseen makes a suspect one that may be of a repository that is not here.
func unseen(s *attribution.Suspect) *attribution.Suspect {
	s.Unseen = .3
	return s
}

// What may be somebody's who is not here is nobody's line.
func TestUnseenHasNoPlace(t *testing.T) {
	t.Parallel()
	s := unseen(weighed(false, .7))
	if got, want := (Options{}).subject(s), "A function called _impl, perhaps of a repository that is not here,"; got != want {
		t.Errorf("it is called %q, want %q", got, want)
	}
	if got := (Options{}).where(s); strings.Contains(got, "a.bzl") || strings.Contains(got, "%") {
		t.Errorf("it is placed at %q", got)
	}
	if lines := Excerpt(s, Options{}); len(lines) > 0 {
		t.Errorf("its lines are shown: %q", lines)
	}
}

func TestWhose(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		suspect *attribution.Suspect
		want    string
	}{
		{weighed(true, .78, .22), "probably /w/a.bzl:12 (78 %), else /w/b.bzl:12 (22 %)"},
		{weighed(true, .999, .001), "probably /w/a.bzl:12 (over 99 %), else /w/b.bzl:12 (0 %)"},
		{weighed(false, .4, .35, .25), "most likely /w/a.bzl:12 (40 %), else /w/b.bzl:12 (35 %) or /w/c.bzl:12 (25 %)"},
		{weighed(false, .3, .2, .2, .1, .1, .1), "most likely /w/a.bzl:12 (30 %), else /w/b.bzl:12 (20 %) or /w/c.bzl:12 (20 %) or /w/d.bzl:12 (10 %) or one of 2 more"},
		{&attribution.Suspect{Name: "_impl"}, ""},
		{unseen(weighed(false, .3)), "not sure which: a function of a repository that is not here, or /w/a.bzl:12"},
		{unseen(weighed(false, .2, .2, .1, .1)), "not sure which: a function of a repository that is not here, or /w/a.bzl:12, or /w/b.bzl:12, or /w/c.bzl:12, or one of 1 more"},
	} {
		if got := (Options{}).whose(test.suspect); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

// What is inferred is called so wherever it is shown.
func TestAnInferredDefinitionIsSaidToBe(t *testing.T) {
	t.Parallel()
	s := weighed(true, .78, .22)
	r := &attribution.Report{Suspects: []attribution.Suspect{*s}, Crashes: []attribution.Crash{{Inferred: s, InferredWhy: "it ended last"}}}
	var text, page, data bytes.Buffer
	for _, err := range []error{WriteText(&text, r, Options{}), WriteMarkdown(&page, r, Options{}), WriteJSON(&data, r, Options{})} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for what, in := range map[string]struct{ text, want string }{
		"text":     {text.String(), "? probably /w/a.bzl:12 (78 %), else /w/b.bzl:12 (22 %)"},
		"Markdown": {page.String(), "`/w/a.bzl:12 (78 %)`"},
		"hover":    {Hover(s, Options{}), "it is probably /w/a.bzl:12 (78 %), else /w/b.bzl:12 (22 %)."},
		"JSON":     {data.String(), `"probability": 0.78`},
		"quickfix": {strings.Join(Options{}.inferredLines(&r.Crashes[0], "oom"), "\n"), "/w/a.bzl:12:5: oom: in _impl [inferred: probably /w/a.bzl:12 (78 %), else /w/b.bzl:12 (22 %); it ended last]"},
	} {
		if !strings.Contains(in.text, in.want) {
			t.Errorf("%s lacks %q:\n%s", what, in.want, in.text)
		}
	}
}
