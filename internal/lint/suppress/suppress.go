// SPDX-License-Identifier: Apache-2.0

// Package suppress reads the comments that silence findings:
//
//	x = y.to_list()  # memls: ignore[ML003]        this line
//	def f(ctx):      # memls: ignore[ML003,ML004]  the whole function
//	# memls: ignore[ML001]                         alone: the line below it
//	# memls: ignore-file[ML006]                    the whole file
//
// Without brackets it means every code. A '#' inside a string literal is taken
// for a comment as well: nobody writes this by accident.
package suppress

import "strings"

// Comments are those of one text.
type Comments struct {
	file  codes
	lines map[int]codes // from 0
}

// codes are in upper case; "*" is every code.
type codes map[string]bool

func (c codes) has(code string) bool { return c["*"] || c[code] }

// Mark is what a comment that silences begins with.
const Mark = "memls:"

// In finds a text's suppressions. Its lines end as the language server's protocol
// and the parser have it: with LF, CRLF or a lone CR.
func In(text string) *Comments {
	c := &Comments{file: codes{}, lines: map[int]codes{}}
	n, start := 0, 0 // the line that is reached, and where it begins
	for from := 0; ; {
		i := strings.Index(text[from:], Mark)
		if i < 0 {
			return c
		}
		at := from + i
		from = at + len(Mark)
		for end := lineEnd(text[start:at]); end > 0; end = lineEnd(text[start:at]) {
			n, start = n+1, start+end
		}
		line := text[start:]
		if end := strings.IndexAny(line, "\r\n"); end >= 0 {
			line = line[:end]
		}
		c.add(n, line, at-start)
	}
}

// lineEnd is where the next line begins, 0 if there is none.
func lineEnd(text string) int {
	i := strings.IndexAny(text, "\r\n")
	if i >= 0 && strings.HasPrefix(text[i:], "\r\n") {
		i++
	}
	return i + 1
}

// add reads one suppression, whose mark is at an offset in a line.
func (c *Comments) add(n int, line string, at int) {
	before := strings.TrimRight(line[:at], " \t")
	if !strings.HasSuffix(before, "#") {
		return
	}
	rest := strings.TrimLeft(line[at+len(Mark):], " \t")
	whole := strings.HasPrefix(rest, "ignore-file")
	switch {
	case whole:
		rest = rest[len("ignore-file"):]
	case strings.HasPrefix(rest, "ignore"):
		rest = rest[len("ignore"):]
	default:
		return
	}
	named := parse(rest)
	if whole {
		union(c.file, named)
		return
	}
	if strings.TrimLeft(strings.TrimSuffix(before, "#"), " \t") == "" {
		n++ // alone on its line: it is about the next
	}
	if c.lines[n] == nil {
		c.lines[n] = codes{}
	}
	union(c.lines[n], named)
}

func union(into, from codes) {
	for c := range from {
		into[c] = true
	}
}

// parse reads "[ML001, ML002]"; anything else is every code.
func parse(text string) codes {
	text, ok := strings.CutPrefix(text, "[")
	inner, _, closed := strings.Cut(text, "]")
	if !ok || !closed {
		return codes{"*": true}
	}
	out := codes{}
	for c := range strings.SplitSeq(inner, ",") {
		if c = strings.ToUpper(strings.TrimSpace(c)); c != "" {
			out[c] = true
		}
	}
	return out
}

// Silence reports whether a code is silenced on a line, counted from 0, or in
// the whole file.
func (c *Comments) Silence(code string, line int) bool {
	return c.file.has(code) || c.Line(code, line)
}

// Line reports whether a code is silenced on a line.
func (c *Comments) Line(code string, line int) bool { return c.lines[line].has(code) }
