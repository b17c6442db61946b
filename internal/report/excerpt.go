// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/starlark"
)

// maxSource is the size of a source that is read for an excerpt.
const maxSource = 4 << 20

// An excerptLine is a line of source with its number.
type excerptLine struct {
	number int
	source string
	marked bool
}

// guiltyLine is the line of a suspect that the most evidence is about: the
// line of most crash frames, else of most allocated bytes, else of most CPU
// time, else its name's.
func guiltyLine(s *attribution.Suspect) int {
	best := -1
	better := func(a, b *attribution.LineEvidence) bool {
		if a.CrashFrames != b.CrashFrames {
			return a.CrashFrames > b.CrashFrames
		}
		if a.AllocatedBytes != b.AllocatedBytes {
			return a.AllocatedBytes > b.AllocatedBytes
		}
		return a.CPUMicros > b.CPUMicros
	}
	for i := range s.Lines {
		if best < 0 || better(&s.Lines[i], &s.Lines[best]) {
			best = i
		}
	}
	switch {
	case best >= 0 && s.Lines[best].CrashFrames+int(s.Lines[best].AllocatedBytes) > 0 && s.Lines[best].Line > 0:
		return s.Lines[best].Line
	case s.Definition != nil:
		return s.Definition.NameRange.Start.Line
	}
	return 0
}

// A spot is a line of source, in the function that it is in.
type spot struct {
	file string
	in   *starlark.Definition // nil outside functions
	line int
}

// spotOf is the line of a suspect that its evidence speaks of.
func spotOf(s *attribution.Suspect) spot {
	if s.Definition == nil {
		return spot{}
	}
	if keeps(s) != "" {
		if _, line := largestLocal(s); line > 0 {
			return spot{s.Definition.File, s.Definition, line}
		}
	}
	return spot{s.Definition.File, s.Definition, guiltyLine(s)}
}

// answered is the line that the answer speaks of: the one that holds most of
// the heap, else the first suspect's.
func answered(r *attribution.Report) spot {
	if l := holder(r); l != nil {
		return spot{l.Source, l.Definition, l.Line}
	}
	s := &r.Suspects[0]
	if s.Undecided() || s.Verdict == attribution.Possible && (s.Score < weakScore || doubtful(r)) {
		return spot{} // no source as if it were the answer
	}
	return spotOf(s)
}

// Excerpt is the line of a suspect that its evidence speaks of, with the lines
// around it; none where the source cannot be read.
func Excerpt(s *attribution.Suspect, o Options) []string {
	return excerptText(o.excerpt(spotOf(s)), "")
}

// excerpt is the head of the function and the line with two lines around it;
// nil where the source cannot be read.
func (o Options) excerpt(s spot) []excerptLine {
	if s.file == "" {
		return nil
	}
	text, err := o.read(s.file)
	if err != nil || len(text) > maxSource {
		return nil
	}
	lines := strings.Split(string(text), "\n")
	shown := map[int]bool{}
	first, last := s.line-2, s.line+2
	if d := s.in; d != nil {
		name := d.NameRange.Start.Line
		shown[name] = true
		if s.line == name {
			first, last = name, name+5
		}
		first, last = max(first, d.Range.Start.Line), min(last, d.Range.End.Line)
	}
	for n := first; n <= last; n++ {
		shown[n] = true
	}
	var excerpt []excerptLine
	for n := 1; n <= len(lines); n++ {
		if shown[n] {
			text := strings.ReplaceAll(strings.TrimRight(lines[n-1], "\r"), "\t", "    ")
			excerpt = append(excerpt, excerptLine{n, printable(text), n == s.line})
		}
	}
	return excerpt
}

// excerptText lays an excerpt out, the guilty line marked, gaps dotted.
func excerptText(lines []excerptLine, indent string) []string {
	var out []string
	for i, l := range lines {
		if i > 0 && l.number != lines[i-1].number+1 {
			out = append(out, indent+"     ...")
		}
		out = append(out, indent+l.text())
	}
	return out
}

// text is the line with its number.
func (l excerptLine) text() string {
	mark := " "
	if l.marked {
		mark = ">"
	}
	return strings.TrimRight(fmt.Sprintf("%s %5d | %s", mark, l.number, l.source), " ")
}
