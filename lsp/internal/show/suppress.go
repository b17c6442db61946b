// SPDX-License-Identifier: Apache-2.0

package show

import (
	"strings"

	"example.invalid/starlark-memls/lsp/internal/text"
	"example.invalid/starlark-memls/starlark"
)

// Suppression by comment:
//
//	x = y.to_list()  # memls: ignore[ML003]        this line
//	def f(ctx):      # memls: ignore[ML003,ML004]  the whole function
//	# memls: ignore[ML001]                         alone: the line below it
//	# memls: ignore-file[ML006]                    the whole file
//
// Without brackets it means every code. The text of this moment decides, not
// the text that was analysed. A '#' inside a string literal is taken for a
// comment as well: nobody writes this by accident.

// suppressions are the comments of one text.
type suppressions struct {
	file  codeSet
	lines map[int]codeSet // from 0
}

// codeSet are codes in upper case; "*" is every code.
type codeSet map[string]bool

func (c codeSet) has(code string) bool { return c["*"] || c[code] }

const suppressMark = "memls:"

// suppressionsIn finds a text's suppressions.
func suppressionsIn(d *text.Document) *suppressions {
	s := &suppressions{file: codeSet{}, lines: map[int]codeSet{}}
	for from := 0; ; {
		i := strings.Index(d.Text[from:], suppressMark)
		if i < 0 {
			return s
		}
		at := from + i
		from = at + len(suppressMark)
		n := d.LineAt(at)
		line := d.Line(n)
		s.add(n, line, at-d.Starts[n])
	}
}

// add reads one suppression, whose mark is at an offset in a line.
func (s *suppressions) add(n int, line string, at int) {
	before := strings.TrimRight(line[:at], " \t")
	if !strings.HasSuffix(before, "#") {
		return
	}
	rest := strings.TrimLeft(line[at+len(suppressMark):], " \t")
	whole := strings.HasPrefix(rest, "ignore-file")
	switch {
	case whole:
		rest = rest[len("ignore-file"):]
	case strings.HasPrefix(rest, "ignore"):
		rest = rest[len("ignore"):]
	default:
		return
	}
	codes := parseCodes(rest)
	if whole {
		union(s.file, codes)
		return
	}
	if strings.TrimLeft(strings.TrimSuffix(before, "#"), " \t") == "" {
		n++ // alone on its line: it is about the next
	}
	if s.lines[n] == nil {
		s.lines[n] = codeSet{}
	}
	union(s.lines[n], codes)
}

func union(into, from codeSet) {
	for c := range from {
		into[c] = true
	}
}

// parseCodes reads "[ML001, ML002]"; anything else is every code.
func parseCodes(text string) codeSet {
	text, ok := strings.CutPrefix(text, "[")
	inner, _, closed := strings.Cut(text, "]")
	if !ok || !closed {
		return codeSet{"*": true}
	}
	out := codeSet{}
	for _, c := range strings.Split(inner, ",") {
		if c = strings.ToUpper(strings.TrimSpace(c)); c != "" {
			out[c] = true
		}
	}
	return out
}

// suppresses reports whether a finding on a line is suppressed: by the file,
// on the line itself, or on the def line of a function around it. Shift takes
// a line of the analysed text to one of this text.
func (s *suppressions) suppresses(code string, line int, around *starlark.Definition, shift func(int) int) bool {
	if s.file.has(code) || s.lines[line].has(code) {
		return true
	}
	for d := around; d != nil; d = d.Enclosing {
		if d.Kind != starlark.Toplevel && s.lines[shift(d.Range.Start.Line-1)].has(code) {
			return true
		}
	}
	return false
}
