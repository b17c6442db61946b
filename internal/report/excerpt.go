package report

import (
	"fmt"
	"strings"

	"example.invalid/starlark-memls/attribution"
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

// excerpt is the head of the suspect's function and the guilty line with two
// lines around it; nil where the source cannot be read.
func (o Options) excerpt(s *attribution.Suspect) []excerptLine {
	d := s.Definition
	if d == nil {
		return nil
	}
	text, err := o.read(d.File)
	if err != nil || len(text) > maxSource {
		return nil
	}
	lines := strings.Split(string(text), "\n")
	guilty, name := guiltyLine(s), d.NameRange.Start.Line
	shown := map[int]bool{name: true}
	first, last := guilty-2, guilty+2
	if guilty == name {
		first, last = name, name+5
	}
	for n := max(first, d.Range.Start.Line); n <= min(last, d.Range.End.Line); n++ {
		shown[n] = true
	}
	var excerpt []excerptLine
	for n := 1; n <= len(lines); n++ {
		if shown[n] {
			text := strings.ReplaceAll(strings.TrimRight(lines[n-1], "\r"), "\t", "    ")
			excerpt = append(excerpt, excerptLine{n, printable(text), n == guilty})
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
