// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"unicode/utf8"

	"example.invalid/starlark-memls/internal/plain"
)

// width is what the text is laid out for where nothing else is known.
const width = 80

// width is the terminal's.
func (o Options) width() int {
	if o.Width == 0 {
		return width
	}
	return min(max(o.Width, leastWidth), mostWidth)
}

// Narrower, a table does not fit; wider, a line is hard to read.
const (
	leastWidth = 60
	mostWidth  = 160
)

// sideBySide lays lines out in as many columns as fit, read downwards.
func sideBySide(lines []string, width int, indent string) []string {
	longest := 0
	for _, l := range lines {
		longest = max(longest, utf8.RuneCountInString(l))
	}
	const gap = 4
	across := max(1, (width+gap)/(longest+gap))
	down := (len(lines) + across - 1) / across
	var out []string
	for row := range down {
		line := indent
		for column := range across {
			if i := column*down + row; i < len(lines) {
				cell := lines[i]
				if column < across-1 {
					cell += strings.Repeat(" ", longest+gap-utf8.RuneCountInString(cell))
				}
				line += cell
			}
		}
		out = append(out, strings.TrimRight(line, " "))
	}
	return out
}

// columns lays rows out in aligned columns, two blanks apart. Columns of which
// right reports true are aligned to the right. No line ends in blanks.
func columns(rows [][]string, right func(column int) bool) []string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	lines := make([]string, 0, len(rows))
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			if i > 0 {
				line.WriteString("  ")
			}
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if right(i) {
				line.WriteString(pad + cell)
			} else {
				line.WriteString(cell + pad)
			}
		}
		lines = append(lines, strings.TrimRight(line.String(), " "))
	}
	return lines
}

// wrap breaks a text at blanks to lines of at most the width; the first begins
// with first, the others with rest. A word that is longer keeps its length.
func wrap(text, first, rest string) []string { return wrapTo(width, text, first, rest) }

func wrapTo(width int, text, first, rest string) []string {
	var lines []string
	line := first
	empty := true
	for _, word := range strings.Fields(text) {
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, line)
			line, empty = rest, true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	return append(lines, strings.TrimRight(line, " "))
}

// shorten keeps the tail of a path that is longer than n: the file's name
// tells more than the first folders.
func shorten(path string, n int) string {
	if utf8.RuneCountInString(path) <= n || n < 8 {
		return path
	}
	runes := []rune(path)
	tail := string(runes[len(runes)-n+3:])
	if i := strings.IndexByte(tail, '/'); i > 0 && i < n/3 {
		tail = tail[i:]
	}
	return "..." + tail
}

// Printable is a text without control characters, for a terminal.
func Printable(s string) string { return printable(s) }

// printable and withoutControls are how other people's text is shown.
func printable(s string) string { return plain.Line(s) }

func withoutControls(s string) string { return plain.Path(s) }

// Wrapped breaks a text at a terminal's width, with what stands before its first
// line and before the rest; what is written elsewhere stays one line.
func (o Options) Wrapped(text, first, rest string) []string {
	if o.Width == 0 {
		return []string{first + text}
	}
	return wrapTo(o.Width, text, first, rest)
}
