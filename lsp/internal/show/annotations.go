// SPDX-License-Identifier: Apache-2.0

package show

// A report is ordered by guilt; an editor asks by file. Marks are a report
// turned that way round, once, so that a request costs what its answer costs.
// Nothing here depends on settings or on open buffers: lines are those of the
// sources that the report was joined with.

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"slices"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/starlark"
)

// annotations are what a report says of the sources, by path. Immutable.
type annotations struct {
	Files map[string]*fileAnnotations
	// Signature changes when an editor must ask again.
	Signature uint64
	// living is the heap of the running server, if that was asked; alone says
	// that there is no other heap.
	living *LivingHeap
	alone  bool
}

// fileAnnotations are one file's, each list by line.
type fileAnnotations struct {
	Functions []functionAnnotation
	Lines     []lineAnnotation
	Crashes   []crashAnnotation
	Held      []heldAnnotation
}

// A functionAnnotation is a suspect's definition, or one of the candidates where
// the evidence does not tell which.
type functionAnnotation struct {
	Suspect    *attribution.Suspect
	Definition *starlark.Definition
	// living says of which heap the retained bytes are, where one is that of
	// a running server.
	living string
	// command and data are the lens's, as JSON (see code_lens.go).
	command, data []byte
}

// ambiguous reports whether the evidence may belong to another definition.
func (m functionAnnotation) ambiguous() bool { return m.Suspect.Definition == nil }

// whose says how probable it is that the evidence of a bare name is about this
// definition; "" where there is no choice, or no way to weigh it.
func (m functionAnnotation) whose() string {
	for _, c := range m.Suspect.Posterior {
		if c.Definition != m.Definition {
			continue
		}
		if m.Suspect.Unseen > 0 {
			return "perhaps this one, perhaps another of this name, in a repository that is not here"
		}
		n := len(m.Suspect.Posterior) - 1
		others, one := fmt.Sprintf("%d others of this name", n), "one of "
		switch {
		case m.Suspect.Gone() > 0:
			others, one = "another of this name, which may no longer be in the sources", ""
		case n == 1:
			others, one = "the other of this name", ""
		}
		if m.Suspect.Inferred() {
			return fmt.Sprintf("probably this one (%s), else %s%s", c.Chance(), one, others)
		}
		return fmt.Sprintf("%s likely this one, or %s", c.Chance(), others)
	}
	return ""
}

// A lineAnnotation is what is known of one line of a suspect.
type lineAnnotation struct {
	Line     int // from 0
	suspect  *attribution.Suspect
	Evidence attribution.LineEvidence
}

// A SourceLine is a line in a source, as crashes name them.
type SourceLine struct {
	Path   string
	Line   int // from 0
	column int // as Bazel printed it; 0 is not known
}

// A crashAnnotation is a line that crashes have to do with.
type crashAnnotation struct {
	Code  string
	Place SourceLine
	// crash is the newest, index its place in the report; count how many of
	// the report's crashes came here.
	crash *attribution.Crash
	index int
	count int
	frame *attribution.Frame // nil for what is inferred, and for a target
	stale bool
	// innocent: the crash's dump shows that what holds the memory was made by
	// another function.
	innocent bool
}

// NewAnnotations turns what was concluded from what was observed.
func NewAnnotations(r *attribution.Report, o *Observed) *annotations {
	m := &annotations{Files: map[string]*fileAnnotations{}}
	m.living, m.alone = o.livingHeap()
	for i := range r.Suspects {
		m.addSuspect(&r.Suspects[i])
	}
	for i := range r.Crashes {
		m.addCrash(r, i)
	}
	for i := range r.Held {
		m.addHeld(&r.Held[i], r.Crashes)
	}
	for _, f := range m.Files {
		slices.SortStableFunc(f.Functions, func(a, b functionAnnotation) int {
			return cmp.Or(cmp.Compare(a.Definition.NameRange.Start.Line, b.Definition.NameRange.Start.Line),
				cmp.Compare(a.Definition.NameRange.Start.Column, b.Definition.NameRange.Start.Column),
				cmp.Compare(a.Suspect.Rank, b.Suspect.Rank))
		})
		for i := range f.Functions {
			f.Functions[i].encode()
		}
		slices.SortStableFunc(f.Lines, func(a, b lineAnnotation) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.suspect.Rank, b.suspect.Rank))
		})
		slices.SortStableFunc(f.Crashes, func(a, b crashAnnotation) int {
			return cmp.Or(cmp.Compare(a.Place.Line, b.Place.Line), cmp.Compare(a.Code, b.Code), cmp.Compare(a.index, b.index))
		})
	}
	m.Signature = m.sign()
	return m
}

func (m *annotations) file(path string) *fileAnnotations {
	f := m.Files[path]
	if f == nil {
		f = &fileAnnotations{}
		m.Files[path] = f
	}
	return f
}

func (m *annotations) addSuspect(s *attribution.Suspect) {
	for _, d := range definitionsOf(s) {
		f := m.file(d.File)
		f.Functions = append(f.Functions, m.function(s, d))
	}
	if s.Definition == nil {
		return // which file's lines they are is not known
	}
	f := m.file(s.Definition.File)
	for _, e := range s.Lines {
		if e.Line > 0 {
			f.Lines = append(f.Lines, lineAnnotation{e.Line - 1, s, e})
		}
	}
}

// function is the annotation of a suspect's definition.
func (m *annotations) function(s *attribution.Suspect, d *starlark.Definition) functionAnnotation {
	mark := functionAnnotation{Suspect: s, Definition: d}
	if _, held := s.Evidence.Number(attribution.RetainedBytes); held && m.living != nil {
		mark.living = m.living.text()
		if !m.alone {
			mark.living = "most of several heaps, one of the " + mark.living
		}
	}
	return mark
}

// definitionsOf is a suspect's definition, or all candidates.
func definitionsOf(s *attribution.Suspect) []*starlark.Definition {
	if s.Definition != nil {
		return []*starlark.Definition{s.Definition}
	}
	return s.Candidates
}

// maxCandidates is among how many functions of one name a diagnostic may leave
// it open. Beyond it each would tell next to nothing, and a hundred files would
// have one; the lenses, which say so, and the report remain.
const maxCandidates = 8

func fewCandidates(s *attribution.Suspect) bool { return len(s.Candidates) <= maxCandidates }

// addCrash marks the lines of one crash: where it failed, how it got there,
// and for what target; or, without a stack, what activity points at.
func (m *annotations) addCrash(r *attribution.Report, index int) {
	c := &r.Crashes[index]
	located := false
	for _, t := range failedThreads(c) {
		first := true
		for i := range t.Frames {
			at, ok := placeOf(&t.Frames[i])
			if !ok {
				continue
			}
			code := "ML006"
			if first && t.Failed {
				code = "ML001"
			}
			first, located = false, true
			m.addCrashAnnotation(crashAnnotation{Code: code, Place: at, crash: c, index: index, count: 1, frame: &t.Frames[i], stale: t.Frames[i].Stale, innocent: isInnocent(r, c, &t.Frames[i])})
		}
	}
	if !located && c.Inferred != nil && fewCandidates(c.Inferred) {
		for _, d := range definitionsOf(c.Inferred) {
			m.addCrashAnnotation(crashAnnotation{Code: "ML002", Place: nameOf(d), crash: c, index: index, count: 1, stale: c.Inferred.Stale})
		}
	}
	if c.TargetDefinition != nil {
		m.addCrashAnnotation(crashAnnotation{Code: "ML005", Place: nameOf(c.TargetDefinition), crash: c, index: index, count: 1})
	}
}

// addCrashAnnotation adds one; crashes that came to the same line are one annotation,
// which is the newest's.
func (m *annotations) addCrashAnnotation(mark crashAnnotation) {
	f := m.file(mark.Place.Path)
	for i := range f.Crashes {
		old := &f.Crashes[i]
		if old.Code == mark.Code && old.Place.Line == mark.Place.Line && old.crash.Older == mark.crash.Older {
			if old.index != mark.index { // recursion is one crash
				old.count++
			}
			return
		}
	}
	f.Crashes = append(f.Crashes, mark)
}

// failedThreads are the threads that failed; where nothing tells which did,
// all that are known.
func failedThreads(c *attribution.Crash) []*attribution.Thread {
	var failed, all []*attribution.Thread
	for i := range c.Threads {
		all = append(all, &c.Threads[i])
		if c.Threads[i].Failed {
			failed = append(failed, &c.Threads[i])
		}
	}
	if len(failed) > 0 {
		return failed
	}
	return all
}

// placeOf is where a frame is in the sources.
func placeOf(f *attribution.Frame) (SourceLine, bool) {
	line := f.SourceLine
	if line == 0 {
		line = f.Line
	}
	if f.Source == "" || line <= 0 {
		return SourceLine{}, false
	}
	return SourceLine{f.Source, line - 1, f.Column}, true
}

// nameOf is where a definition's name is.
func nameOf(d *starlark.Definition) SourceLine {
	at := d.NameRange.Start
	if at.Line == 0 {
		at = d.Range.Start
	}
	return SourceLine{d.File, max(at.Line-1, 0), at.Column}
}

// StackPlaces are the places of a crash, innermost first: its stack's, else
// those of what is inferred, else the target's.
func StackPlaces(c *attribution.Crash) []relatedPlace {
	var all []relatedPlace
	for _, t := range failedThreads(c) {
		for i := range t.Frames {
			f := &t.Frames[i]
			if at, ok := placeOf(f); ok {
				all = append(all, relatedPlace{at, frameText(f, builtinBelow(t.Frames[:i]))})
			}
		}
	}
	if len(all) == 0 && c.Inferred != nil {
		for _, d := range definitionsOf(c.Inferred) {
			all = append(all, relatedPlace{nameOf(d), d.Name + ", inferred: " + c.InferredWhy})
		}
	}
	if c.TargetDefinition != nil {
		all = append(all, relatedPlace{nameOf(c.TargetDefinition), "while evaluating " + c.Target})
	}
	return all
}

// builtinBelow names the frames without a file directly below a frame.
func builtinBelow(inner []attribution.Frame) string {
	text := ""
	for i := len(inner) - 1; i >= 0 && inner[i].Source == ""; i-- {
		if text != "" {
			text += " → "
		}
		text += inner[i].Function
	}
	return text
}

func frameText(f *attribution.Frame, builtin string) string {
	text := f.Function
	if builtin != "" {
		text += ", in " + builtin
	}
	if f.Mapped != "" {
		text += " (" + f.Mapped + ")"
	}
	return text
}

// relatedPlace is a place with words about it.
type relatedPlace struct {
	Place   SourceLine
	message string
}

// sign hashes what an editor shows of the marks, except the lines: those it
// follows itself.
func (m *annotations) sign() uint64 {
	var sum uint64
	for path, f := range m.Files { // a sum: the map's order does not matter
		for _, x := range f.Functions {
			sum += hash(path, x.Definition.Name, FunctionTitle(x), fmt.Sprint(x.Suspect.Score))
		}
		for _, x := range f.Lines {
			sum += hash(path, lineLabel(x.Evidence, 0))
		}
		for _, x := range f.Held {
			sum += hash(path, x.held.String())
		}
		for _, x := range f.Crashes {
			sum += hash(path, x.Code, x.crash.Path, x.crash.Target, fmt.Sprint(x.count, x.stale))
		}
	}
	return sum
}

var hashSeed = maphash.MakeSeed()

func hash(parts ...string) uint64 {
	var h maphash.Hash
	h.SetSeed(hashSeed)
	for _, p := range parts {
		_, _ = h.WriteString(p)
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}
