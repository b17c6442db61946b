// SPDX-License-Identifier: Apache-2.0

package accuracy

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/accuracy/generate"
)

// Names taken away. A third of all implementations in the wild are called
// _impl, and a trace gives no file. How good the answer is then is measured on
// the whole corpus: in its sources and profiles every implementation is given
// one name, which leaves some twelve functions to choose from, and the right
// one is still known.

// oneName is what they are all called.
const oneName = "impl"

// implementation matches the name of an implementation where it stands by
// itself.
var implementation = regexp.MustCompile(`\b(?:[a-z]+_impl|_impl)\b`)

// inProfile matches it as the name of an event.
var inProfile = regexp.MustCompile(`"name":"(?:[a-z]+_impl|_impl)"`)

// Nameless loads the corpus with all implementations of one name. Cases whose
// culprit is no implementation are left out. Profiles are written anew below
// scratch.
func Nameless(ctx context.Context, dir, scratch string) ([]Case, error) {
	ofImplementation := func(s generate.Scenario) bool {
		return slices.ContainsFunc(s.Guilty, func(g generate.Culprit) bool { return implementation.MatchString(g.Function) })
	}
	return loadEdited(ctx, dir, scratch, ofImplementation, func(s *generate.Scenario) func(string, []byte) []byte {
		for name, text := range s.Files {
			s.Files[name] = implementation.ReplaceAllString(text, oneName)
		}
		for i, g := range s.Guilty {
			s.Guilty[i].Function = implementation.ReplaceAllString(g.Function, oneName)
		}
		return withoutNames
	})
}

// withoutNames is a file of a measurement with one name for all; nil for what
// heap dumps say.
func withoutNames(name string, text []byte) []byte {
	switch {
	case strings.HasPrefix(name, "heap"):
		return nil
	case name == "profile.gz":
		return inProfile.ReplaceAll(text, []byte(`"name":"`+oneName+`"`))
	}
	return text
}
