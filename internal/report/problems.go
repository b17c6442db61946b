// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/codes"
	"example.invalid/starlark-memls/internal/problems"
	"example.invalid/starlark-memls/internal/quantity"
)

// The report as problems with places, for code hosts: what the editor shows as
// diagnostics, under the same codes. Crashes at one line of one cause are one
// problem, however many there are, so that it is the same one in every build.

// crashWithoutPlace is the rule of a crash that points at no source.
var crashWithoutPlace = problems.Rule{
	ID: "crash", Title: "Bazel's server died, and no evidence names a line", Severity: problems.Error,
	Help: "A Bazel server died of memory, and what it left behind points at no line of the sources. `starlark-memls report` says what would make it more certain: most often a heap dump (`starlark-memls watch --arm`).",
}

// ruleOf is a diagnostic's code as a rule.
func ruleOf(code string) problems.Rule {
	d, _ := codes.Lookup(code)
	r := problems.Rule{ID: d.Code, Title: d.Title, Help: d.Text, Severity: problems.Note}
	switch d.Severity {
	case codes.Error:
		r.Severity = problems.Error
	case codes.Warning:
		r.Severity = problems.Warning
	}
	return r
}

// Problems are the crashes of a report and the lines that hold a crash's heap.
func Problems(r *attribution.Report, o Options) *problems.Set {
	s := &problems.Set{Rules: []problems.Rule{ruleOf("ML001"), ruleOf("ML002"), ruleOf("ML005"), ruleOf("ML007"), crashWithoutPlace}}
	at := map[string]int{} // of the problem, by what makes crashes one
	counts := map[int]int{}
	for i := range r.Crashes {
		p := o.crashProblem(&r.Crashes[i])
		key := strings.Join([]string{p.Rule, p.Place.File, fmt.Sprint(p.Place.Line), p.Subject}, "\x00")
		if was, ok := at[key]; ok {
			counts[was]++
			continue
		}
		at[key] = len(s.Problems)
		counts[len(s.Problems)] = 1
		s.Problems = append(s.Problems, p)
	}
	for i, n := range counts {
		if n > 1 {
			s.Problems[i].Message += fmt.Sprintf(" %s did the same; this is the newest.", quantity.Count(n-1, "other crash", "other crashes"))
		}
	}
	for i := range r.Held {
		s.Problems = append(s.Problems, o.heldProblem(&r.Held[i]))
	}
	if len(s.Problems) == 0 {
		s.Held = []string{"no crash in " + builds(len(r.Measurements))}
	}
	return s
}

// crashProblem puts a crash on the innermost line of the user's, else on the
// function that it most likely was, else on the target. It is an error in any
// case: that the build died is certain where the place is not.
func (o Options) crashProblem(c *attribution.Crash) problems.Problem {
	died := "Bazel ran out of memory"
	if !OutOfMemory(c.Cause) {
		died = "Bazel's server died"
	}
	p := problems.Problem{Severity: problems.Error, Related: o.stackPlaces(c)}
	name := ""
	switch frame := innermost(c); {
	case frame != nil:
		p.Rule, name = "ML001", frame.Function
		file, line := o.frame(frame)
		p.Place = problems.Place{File: file, Line: line, Column: frame.Column}
		died += " here, in " + frame.Function
	case c.Inferred != nil && c.Inferred.Definition != nil:
		s := c.Inferred
		p.Rule, name = "ML002", s.Name
		d := s.Definition
		p.Place = problems.Place{File: o.path(d.File), Line: d.NameRange.Start.Line, Column: d.NameRange.Start.Column}
		died += ", most likely in " + s.Name
		if s.Inferred() {
			died += " (" + o.whose(s) + ")"
		}
	case c.TargetDefinition != nil:
		d := c.TargetDefinition
		p.Rule, name = "ML005", c.Target
		p.Place = problems.Place{File: o.path(d.File), Line: d.NameRange.Start.Line, Column: d.NameRange.Start.Column}
	default:
		p.Rule, name = crashWithoutPlace.ID, string(c.Cause)
	}
	p.Subject = name
	p.Message = died + ": " + crashHead(c) + "."
	if p.Rule == "ML002" && c.InferredWhy != "" {
		p.Message += " Why: " + strings.TrimSuffix(c.InferredWhy, ".") + "."
	}
	for _, line := range deathSentences(c) {
		p.Message += " " + line
	}
	return p
}

// innermost is the failed thread's innermost frame in a source, nil for none.
func innermost(c *attribution.Crash) *attribution.Frame {
	if c.Inferred != nil {
		return nil
	}
	for _, t := range failedFirst(c.Threads) {
		for k := range t.Frames {
			if f := &t.Frames[k]; f.Line > 0 && !isBuiltin(f.File) {
				return f
			}
		}
	}
	return nil
}

// stackPlaces are the frames of the first stack, from the innermost.
func (o Options) stackPlaces(c *attribution.Crash) []problems.Related {
	const most = 20
	threads := failedFirst(c.Threads)
	if len(threads) == 0 {
		return nil
	}
	var all []problems.Related
	for k := range threads[0].Frames {
		f := &threads[0].Frames[k]
		if file, line := o.frame(f); line > 0 && !isBuiltin(f.File) && len(all) < most {
			all = append(all, problems.Related{Place: problems.Place{File: file, Line: line, Column: f.Column}, Message: "in " + f.Function})
		}
	}
	return all
}

// heldProblem is a line that holds a crash's heap.
func (o Options) heldProblem(l *attribution.HeldLine) problems.Problem {
	file := l.Source
	if file == "" {
		file = l.File
	}
	p := problems.Problem{Rule: "ML007", Severity: problems.Warning, Place: problems.Place{File: o.path(file), Line: max(l.Line, 0)}, Subject: l.What}
	if name := l.Function(); name != "" {
		p.Subject = name + ", " + l.What
	}
	p.Message = "This line " + l.String() + "."
	if saving := l.Saving(); saving != "" {
		p.Message += " " + saving + "."
	}
	return p
}

// HeapProblems are the findings of a heap dump. Each kind of finding is a rule.
func HeapProblems(s *heap.Summary, o Options) *problems.Set {
	set := &problems.Set{}
	seen := map[string]bool{}
	for i := range s.Findings {
		f := &s.Findings[i]
		if !seen[f.Kind] {
			seen[f.Kind] = true
			set.Rules = append(set.Rules, problems.Rule{ID: f.Kind, Title: findingTitle(f.Kind), Help: f.Advice, Severity: problems.Warning})
		}
		p := problems.Problem{Rule: f.Kind, Severity: problems.Warning, Message: quantity.Bytes(f.Bytes) + ": " + o.placesIn(f.Message) + "."}
		if f.Saves == 0 {
			p.Severity = problems.Note
		}
		if f.Advice != "" {
			p.Message += " " + f.Advice
		}
		switch {
		case f.Made != nil:
			p.Place = problems.Place{File: o.path(f.Made.File), Line: f.Made.Line, Column: f.Made.Column}
		case f.Function != nil:
			p.Place = problems.Place{File: o.path(f.Function.Place.File), Line: f.Function.Place.Line}
		}
		if f.Function != nil {
			p.Subject = f.Function.Name
		}
		if field, _, _ := strings.Cut(strings.TrimPrefix(f.Field, "field "), " made at "); field != "" {
			p.Subject = strings.TrimPrefix(p.Subject+", "+field, ", ")
		}
		set.Problems = append(set.Problems, p)
	}
	if len(set.Problems) == 0 {
		set.Held = []string{"no finding in " + s.Dump}
	}
	return set
}

// findingTitle is a kind of finding in words: "transitive copy".
func findingTitle(kind string) string {
	words := strings.ReplaceAll(kind, "_", " ")
	return strings.ToUpper(words[:min(1, len(words))]) + words[min(1, len(words)):]
}
