package attribution

import (
	"slices"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/starlark"
)

// A subject is a function under suspicion, with all the evidence that was
// found to be about it. It becomes a Suspect when everything is weighed.
type subject struct {
	name        string
	definition  *starlark.Definition
	candidates  []*starlark.Definition
	unseen      float64 // see Suspect.Unseen
	printedFile string
	stale       bool
	// resolved says how a bare name was resolved, "" if there was no choice.
	resolved string
	// posterior weighs the candidates of a bare name, one of which may be
	// the inferred definition.
	posterior []Candidate
	// shares weigh them by the calls of all builds alone.
	shares []Candidate

	trace          *aggregate.NameStatistics
	cpu, allocated *aggregate.Sampled
	// held is what it held in each dump, the largest share first.
	held []heldShare
	// grades are how active it was at each crash, 0 to 1, by index in
	// body.crashes; absent is 0. ends are the microseconds between its last
	// call's end and the end of the build's work, for the crashes in grades.
	grades map[int]float64
	ends   map[int]int64
	last   map[int]bool    // its call was the very last to end
	open   map[int]bool    // its call had not ended
	left   map[int]float64 // its share of the work that was left at the crash
	// stacked is its weight on the stacks of each crash; framed are the
	// crashes with it on a failing stack, innermost those where it was the
	// innermost function of the user's.
	stacked       map[int]float64
	framed, inner map[int]bool
	frameLines    map[int]int // line → crashes
	frameLocals   map[int][]observe.Local
	// named are the crashes whose key or target names what it implements,
	// with the weight; namedHow says how, once each.
	named    map[int]float64
	namedHow []string

	// rules are the rows of dump --rules that it implements.
	rules []observe.RuleFacts
	// called, caller: see leaving.go.
	called, caller bool

	rank int // in the report, once it is ordered
}

// A subjectKey tells subjects apart: a definition by its place, a function
// without a source by its name and printed file.
type subjectKey struct {
	name, file   string
	line, column int
}

func definitionKey(d *starlark.Definition) subjectKey {
	return subjectKey{d.Name, d.File, d.NameRange.Start.Line, d.NameRange.Start.Column}
}

// subjects collects the evidence by subject.
type subjects struct {
	byKey map[subjectKey]*subject
	list  []*subject
	// at are the subjects that were active at, or named by, each crash.
	at map[int][]*subject
}

// touch notes that something is known of the subject at the crash.
func (s *subjects) touch(crash int, subject *subject) {
	if !slices.Contains(s.at[crash], subject) {
		put(&s.at, crash, append(s.at[crash], subject))
	}
}

func (s *subjects) of(name string, d *starlark.Definition, printedFile string) *subject {
	key := subjectKey{name: name, file: printedFile}
	if d != nil {
		key = definitionKey(d)
	}
	if found := s.byKey[key]; found != nil {
		return found
	}
	made := &subject{name: name, definition: d}
	if d == nil {
		made.printedFile = printedFile
	}
	if s.byKey == nil {
		s.byKey = map[subjectKey]*subject{}
	}
	s.byKey[key] = made
	s.list = append(s.list, made)
	return made
}

// implements reports whether the subject, or one of its candidates,
// implements something of the kind (and of the name, unless it is empty).
func (s *subject) implements(kind starlark.Kind, name string) bool {
	uses := func(d *starlark.Definition) bool {
		return slices.ContainsFunc(d.Uses, func(u *starlark.Definition) bool {
			return u.Kind == kind && (name == "" || u.Name == name)
		})
	}
	return s.definition != nil && uses(s.definition) || slices.ContainsFunc(s.candidates, uses)
}

// overCrashes is the sum over crashes: of a map, whose order is another each time.
func overCrashes(byCrash map[int]float64) float64 {
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
func (s *subject) implementsAny() bool {
	return s.definition != nil && len(s.definition.Uses) > 0 ||
		slices.ContainsFunc(s.candidates, func(d *starlark.Definition) bool { return len(d.Uses) > 0 })
}
