// SPDX-License-Identifier: Apache-2.0

package join

import (
	"slices"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/starlark"
)

// A Subject is a function under suspicion, with all the evidence that was
// found to be about it. It becomes a Suspect when everything is weighed.
type Subject struct {
	Name        string
	Definition  *starlark.Definition
	Candidates  []*starlark.Definition
	Unseen      float64 // see Suspect.Unseen
	PrintedFile string
	Stale       bool
	// resolved says how a bare name was resolved, "" if there was no choice.
	Resolved string
	// posterior weighs the candidates of a bare name, one of which may be
	// the inferred definition.
	Posterior []Candidate
	// shares weigh them by the calls of all builds alone.
	shares []Candidate

	// Trace is of the name, of whose recorded time NamePart is this function's.
	Trace    *aggregate.NameStatistics
	NamePart float64
	// Pauses are what the collector's pauses say of the name, of which
	// PausesPart is this function's.
	Pauses         *aggregate.NameStatistics
	PausesPart     float64
	CPU, Allocated *aggregate.Sampled
	// held is what it held in each dump, the largest share first.
	Held []HeldShare
	// grades are how active it was at each crash, 0 to 1, by index in
	// Statistics.Crashes; absent is 0. ends are the microseconds between its last
	// call's end and the end of the build's work, for the crashes in grades.
	Grades map[int]float64
	Ends   map[int]int64
	Last   map[int]bool // its call was the very last to end
	Open   map[int]bool // its call had not ended
	// LetGo: it, or a function on its stack, let go of what was made (keeping.go).
	LetGo map[int]bool
	// HandsOn: several functions call it, which keep what it makes.
	HandsOn bool
	Left    map[int]float64 // its share of the work that was left at the crash
	// stacked is its weight on the stacks of each crash; framed are the
	// crashes with it on a failing stack, innermost those where it was the
	// innermost function of the user's.
	Stacked       map[int]float64
	Framed, Inner map[int]bool
	FrameLines    map[int]int // line → crashes
	FrameLocals   map[int][]observe.Local
	// named are the crashes whose key or target names what it implements,
	// with the weight; namedHow says how, once each.
	Named    map[int]float64
	NamedHow []string

	// rules are the rows of dump --rules that it implements.
	Rules []observe.RuleFacts
	// called, caller: see leaving.go.
	Called, Caller bool

	Rank int // in the report, once it is ordered
}

// A SubjectKey tells subjects apart: a definition by its place, a function
// without a source by its name and printed file.
type SubjectKey struct {
	Name, File   string
	line, column int
}

func DefinitionKey(d *starlark.Definition) SubjectKey {
	return SubjectKey{d.Name, d.File, d.NameRange.Start.Line, d.NameRange.Start.Column}
}

// Subjects collect the evidence by subject.
type Subjects struct {
	ByKey map[SubjectKey]*Subject
	List  []*Subject
	// at are the subjects that were active at, or named by, each crash.
	At map[int][]*Subject
}

// touch notes that something is known of the subject at the crash.
func (s *Subjects) touch(crash int, subject *Subject) {
	if !slices.Contains(s.At[crash], subject) {
		put(&s.At, crash, append(s.At[crash], subject))
	}
}

func (s *Subjects) of(name string, d *starlark.Definition, printedFile string) *Subject {
	key := SubjectKey{Name: name, File: printedFile}
	if d != nil {
		key = DefinitionKey(d)
	}
	if found := s.ByKey[key]; found != nil {
		return found
	}
	made := &Subject{Name: name, Definition: d}
	if d == nil {
		made.PrintedFile = printedFile
	}
	if s.ByKey == nil {
		s.ByKey = map[SubjectKey]*Subject{}
	}
	s.ByKey[key] = made
	s.List = append(s.List, made)
	return made
}

// implements reports whether the subject, or one of its candidates,
// implements something of the kind (and of the name, unless it is empty).
func (s *Subject) implements(kind starlark.Kind, name string) bool {
	uses := func(d *starlark.Definition) bool {
		return slices.ContainsFunc(d.Uses, func(u *starlark.Definition) bool {
			return u.Kind == kind && (name == "" || u.Name == name)
		})
	}
	return s.Definition != nil && uses(s.Definition) || slices.ContainsFunc(s.Candidates, uses)
}

// overCrashes is the sum over crashes: of a map, whose order is another each time.
func OverCrashes(byCrash map[int]float64) float64 {
	var s stats.Sum
	for _, x := range byCrash {
		s.Add(x)
	}
	return s.Value()
}

func put[K comparable, V any](m *map[K]V, k K, v V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[k] = v
}

// implementsAny reports whether the subject is known to implement something.
func (s *Subject) implementsAny() bool {
	return s.Definition != nil && len(s.Definition.Uses) > 0 ||
		slices.ContainsFunc(s.Candidates, func(d *starlark.Definition) bool { return len(d.Uses) > 0 })
}
