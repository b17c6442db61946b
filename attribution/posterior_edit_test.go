// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution/observe"
)

// What is inferred is inferred once: no edit makes another function the one that
// ran, nor the inferred one known.
func TestEditsMakeNoOtherGuilty(t *testing.T) {
	t.Parallel()
	ws := workspaceOf(t, namesakes)
	first := conclude(t, ws, endedIn("a", observe.EndedCall{Callees: []string{"encode"}}))
	was := first.Suspects[0].Posterior[0].Probability
	for _, test := range []struct {
		name     string
		files    map[string]string
		inferred string // "" is open
		words    string
	}{
		{"the others are deleted", map[string]string{"count/defs.bzl": "", "pick/defs.bzl": ""}, "json/defs.bzl", "no longer in the sources"},
		{"all but an innocent are deleted", map[string]string{"json/defs.bzl": "", "pick/defs.bzl": ""}, "", "that is no longer in the sources (99 %"},
		{"it is deleted", map[string]string{"json/defs.bzl": ""}, "", "that is no longer in the sources (98 %"},
		{"what it did is another's now", map[string]string{
			"json/defs.bzl":  strings.Replace(namesakes["json/defs.bzl"], "json.encode", "str", 1),
			"count/defs.bzl": strings.Replace(namesakes["count/defs.bzl"], "pass", "json.encode(i)", 1),
		}, "json/defs.bzl", "are probably this one's (98 %"},
		{"it is moved", map[string]string{
			"json/defs.bzl": "load(\":more.bzl\", _encoder = \"encoder\")\nencoder = _encoder\n", "json/more.bzl": namesakes["json/defs.bzl"],
		}, "json/more.bzl", "are probably this one's (98 %"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			overlays := map[string][]byte{}
			for name, text := range test.files {
				overlays[ws.Root()+"/"+name] = []byte(text)
			}
			next, err := ws.With(t.Context(), overlays, nil)
			if err != nil {
				t.Fatal(err)
			}
			s := Rebase(first, next).Suspects[0]
			got := ""
			if s.Definition != nil {
				got = next.Rel(s.Definition.File)
			}
			if got != test.inferred || s.Inferred() != (got != "") || s.Verdict == Sure {
				t.Errorf("definition %q (inferred: %v, %s), want %q", got, s.Inferred(), s.Verdict, test.inferred)
			}
			if got != "" && s.Posterior[0].Probability != was {
				t.Errorf("now with %v, was %v", s.Posterior[0].Probability, was)
			}
			if blind := strings.Join(s.Blind, "; "); !strings.Contains(blind, test.words) {
				t.Errorf("%q does not say %q", blind, test.words)
			}
		})
	}
}

// A call that tells by itself that it was another's stays that one's, and goes
// with it.
func TestACallOfItsOwnFollowsItsFunction(t *testing.T) {
	t.Parallel()
	ws := workspaceOf(t, namesakes)
	encoded := func(path string) *observe.Observation {
		return endedIn(path, observe.EndedCall{Callees: []string{"encode"}})
	}
	first := conclude(t, ws, encoded("a"), encoded("b"), encoded("c"),
		endedIn("d", observe.EndedCall{Caller: "picker", Around: observe.LoadingPackage, Package: "pick", InBuild: true}))
	was := numberOf(t, find(t, first, "_impl", "pick/defs.bzl").Evidence, Crashes)
	next, err := ws.With(t.Context(), map[string][]byte{ws.Root() + "/json/defs.bzl": nil}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s := find(t, Rebase(first, next), "_impl", "pick/defs.bzl"); numberOf(t, s.Evidence, Crashes) != was || !s.Inferred() {
		t.Errorf("of %v crashes, inferred %v", numberOf(t, s.Evidence, Crashes), s.Inferred())
	}
	next, err = ws.With(t.Context(), map[string][]byte{ws.Root() + "/pick/defs.bzl": nil}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range Rebase(first, next).Suspects {
		if s.Definition != nil && strings.HasSuffix(s.Definition.File, "count/defs.bzl") {
			t.Errorf("the call of a deleted function is now another's: %+v", s)
		}
	}
}

// One of very many that is deleted is not the one because of that.
func TestOneOfManyIsGone(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	first := conclude(t, ws, endedIn("a", observe.EndedCall{}))
	next, err := ws.With(t.Context(), map[string][]byte{ws.Root() + "/cpu/spin.bzl": nil}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := Rebase(first, next).Suspects[0]
	if blind := strings.Join(s.Blind, "; "); s.Definition != nil || s.Gone() != .5 || strings.Contains(blind, "no longer in the sources") {
		t.Errorf("%v, gone %v: %q", s.Definition, s.Gone(), blind)
	}
}
