// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// fieldPrefix begins the kind of every field scenario.
const fieldPrefix = "field_"

// FieldKinds are the kinds of field scenarios, sorted. Those that begin with
// field_none have no culprit.
func FieldKinds() []string {
	kinds := kindsOf(fieldParsed)
	for i := range kinds {
		kinds[i] = fieldPrefix + kinds[i]
	}
	return kinds
}

// Known reports whether New can make scenarios of a kind.
func Known(kind string) bool {
	return kind == MerelyBig || slices.Contains(Kinds(), kind) || slices.Contains(FieldKinds(), kind)
}

// Field is the list of field scenarios, rounds of each kind. They are made to
// be unlike the others: a repository at work around the culprit (services in
// layers, whose rules are all implemented by an _impl, and keep what they
// rightly keep; an aspect over all of them), profiles with a server's volume
// of events, several collectors, and culprits of the shapes that the others
// lack: thousands of short calls, rare ones among namesakes, helpers, external
// repositories, transitions, arguments, templates, runfiles, the last straw.
func Field(rounds int) []Scenario {
	var all []Scenario
	for round := range rounds {
		for _, kind := range FieldKinds() {
			all = append(all, New(kind, round+1))
		}
	}
	return all
}

// base is what the templates of the repository around a culprit can use.
type base struct {
	Services, Rounds int
}

func newField(kind string, n int) Scenario {
	s := Scenario{
		ID: fmt.Sprintf("%s-%02d", kind, n), Kind: kind, Files: map[string]string{}, External: map[string]string{},
		CrashLimits: [][]string{{"70m", "78m", "74m"}, {"74m", "82m", "66m"}}[n%2], PassLimits: []string{"800m"},
	}
	r := rand.New(rand.NewPCG(uint64(n), hash(kind)))
	m := &maker{scenario: &s, random: r, words: shuffled(r, words)}
	m.expand(fieldParsed, "_base", base{Services: m.between(40, 70), Rounds: m.between(500, 2000)})
	word := m.word()
	v := values{Pkg: word, Fn: "_impl", Rule: word, Percent: m.between(60, 90)}
	if n%2 == 0 {
		v.Fn = "_" + word + "_impl"
	}
	m.expand(fieldParsed, strings.TrimPrefix(kind, fieldPrefix), v)
	if n%4 == 3 && len(s.Guilty) > 0 { // two, of which either may come first
		kinds := slices.DeleteFunc(FieldKinds(), func(k string) bool { return strings.HasPrefix(k, fieldPrefix+"none") })
		other := kinds[(slices.Index(kinds, kind)+7)%len(kinds)]
		word := m.word()
		m.expand(fieldParsed, strings.TrimPrefix(other, fieldPrefix), values{Pkg: word, Fn: "_" + word + "_impl", Rule: word, Percent: m.between(60, 90)})
		s.PassLimits = []string{"1600m"}
	}
	s.JVM = [][]string{nil, {"-XX:+UseSerialGC"}, {"-XX:+UseParallelGC"}, {"-XX:ParallelGCThreads=2"}}[r.IntN(4)]
	s.Command = command(kind, r)
	return s
}

// command is what the scenario's Bazel is asked: mostly a build, with or
// without --keep_going.
func command(kind string, r *rand.Rand) []string {
	switch strings.TrimPrefix(kind, fieldPrefix) {
	case "none_query":
		return []string{"query", "deps(//...)"}
	case "none_cquery":
		return []string{"cquery", "deps(//...)"}
	}
	if r.IntN(2) == 0 {
		return []string{"build", "//..."}
	}
	return []string{"build", "--keep_going", "//..."}
}
