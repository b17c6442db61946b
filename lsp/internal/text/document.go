// SPDX-License-Identifier: Apache-2.0

package text

import (
	"slices"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// A Document is one version of a text. It is immutable; an edit makes the
// next one.
type Document struct {
	URI     uri.URI
	Path    string // absolute, links resolved; "" where it is no file
	Version int32  // the client's
	// Serial is the server's own version, rising over all documents.
	Serial int64
	Text   string
	Starts []int // byte offset of each line's start; there is always one
	// edits are the line changes since some analysis, oldest first; moves
	// those of them that move the lines below.
	Edits, Moves []lineEdit
}

// New indexes a text.
func New(u uri.URI, path string, version int32, serial int64, text string) *Document {
	return &Document{URI: u, Path: path, Version: version, Serial: serial, Text: text, Starts: lineStarts(text)}
}

// lineStarts finds the lines of a text as the protocol defines them: they end
// with LF, CRLF or a lone CR.
func lineStarts(text string) []int {
	starts := make([]int, 1, 1+strings.Count(text, "\n"))
	if strings.IndexByte(text, '\r') < 0 {
		for at := 0; ; {
			next := strings.IndexByte(text[at:], '\n')
			if next < 0 {
				return starts
			}
			at += next + 1
			starts = append(starts, at)
		}
	}
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\n', text[i] == '\r' && (i+1 == len(text) || text[i+1] != '\n'):
			starts = append(starts, i+1)
		}
	}
	return starts
}

// Lines is the number of lines.
func (d *Document) Lines() int { return len(d.Starts) }

// Line is a line's text, from 0, without its end; "" beyond the text.
func (d *Document) Line(n int) string {
	if n < 0 || n >= len(d.Starts) {
		return ""
	}
	end := len(d.Text)
	if n+1 < len(d.Starts) {
		end = d.Starts[n+1]
	}
	return strings.TrimRight(d.Text[d.Starts[n]:end], "\r\n")
}

// offset is a position's byte offset, clamped: beyond the last line it is the
// text's end, beyond a line's last character the line's end.
func (d *Document) offset(enc Encoding, p protocol.Position) int {
	if uint64(p.Line) >= uint64(len(d.Starts)) {
		return len(d.Text)
	}
	n := int(p.Line)
	return d.Starts[n] + offsetOf(enc, d.Line(n), p.Character)
}

// LineAt is the line, from 0, of a byte offset.
func (d *Document) LineAt(offset int) int {
	lo, hi := 0, len(d.Starts)
	for hi-lo > 1 {
		mid := (lo + hi) / 2
		if d.Starts[mid] <= offset {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// Replace is the next version, with a range's text replaced. A range that is
// the wrong way round is turned.
func (d *Document) Replace(enc Encoding, r protocol.Range, text string, version int32, serial int64) *Document {
	start, end := d.offset(enc, r.Start), d.offset(enc, r.End)
	if start > end {
		start, end = end, start
	}
	next := New(d.URI, d.Path, version, serial, d.Text[:start]+text+d.Text[end:])
	first, last := d.LineAt(start), d.LineAt(end)
	edit := lineEdit{version: serial, start: first, old: last - first + 1}
	edit.new = edit.old + next.Lines() - d.Lines()
	// Whole lines put in or taken out leave the line that they stand before
	// as it was: Enter at the start of a def must not touch the def. Unless a
	// carriage return has come before its new line, and the two are one end now.
	seam := start + len(text)
	joined := seam > 0 && seam < len(next.Text) && next.Text[seam-1:seam+1] == "\r\n"
	if !joined && start == d.Starts[first] && edit.new != edit.old && (text == "" || endsLine(text)) && end == d.Starts[last] {
		edit.old--
		edit.new--
	}
	next.Edits, next.Moves = d.withEdit(edit)
	return next
}

// ReplaceAll is the next version, with another text.
func (d *Document) ReplaceAll(text string, version int32, serial int64) *Document {
	next := New(d.URI, d.Path, version, serial, text)
	next.Edits, next.Moves = d.Edits, d.Moves
	for _, edit := range diffLines(d.allLines(), next.allLines()) {
		edit.version = serial
		next.Edits, next.Moves = next.withEdit(edit)
	}
	return next
}

func endsLine(text string) bool {
	return strings.HasSuffix(text, "\n") || strings.HasSuffix(text, "\r")
}

// maxEdits bounds what is remembered between two analyses of edits that move
// nothing. The analysis that forgets them runs at least every few seconds.
const maxEdits = 1 << 11

// withEdit appends without ever writing into the older version's slices. A
// change within one line moves nothing and is merged with the one before it
// on the same line, which is what typing is.
func (d *Document) withEdit(e lineEdit) (edits, moves []lineEdit) {
	n := len(d.Edits)
	if e.old != e.new {
		return append(d.Edits[:n:n], e), append(d.Moves[:len(d.Moves):len(d.Moves)], e)
	}
	if n > 0 {
		if last := d.Edits[n-1]; last.old == last.new && last.start == e.start && last.old == e.old {
			return append(d.Edits[:n-1:n-1], e), d.Moves
		}
	}
	if n >= maxEdits { // what is only touched may be forgotten, what moved not
		return append(slices.Clone(d.Moves), e), d.Moves
	}
	return append(d.Edits[:n:n], e), d.Moves
}

// Without forgets the edits that an analysis has seen.
func (d *Document) Without(seen int64) *Document {
	if len(d.Edits) == 0 || d.Edits[0].version > seen {
		return d
	}
	later := func(all []lineEdit) []lineEdit {
		i := 0
		for i < len(all) && all[i].version <= seen {
			i++
		}
		return all[i:]
	}
	next := *d
	next.Edits, next.Moves = later(d.Edits), later(d.Moves)
	return &next
}

func (d *Document) allLines() []string {
	all := make([]string, d.Lines())
	for i := range all {
		all[i] = d.Line(i)
	}
	return all
}

// LineRange is the range of a line's text without the blanks around it.
func (d *Document) LineRange(enc Encoding, line int) protocol.Range {
	return TrimmedRange(enc, line, d.Line(line))
}

// TrimmedRange is the range of a line's text without the blanks around it.
func TrimmedRange(enc Encoding, line int, text string) protocol.Range {
	trimmed := strings.TrimRight(text, " \t")
	indent := len(trimmed) - len(strings.TrimLeft(trimmed, " \t"))
	return protocol.Range{
		Start: protocol.Position{Line: uint32(line), Character: CharacterOf(enc, text, indent)},
		End:   protocol.Position{Line: uint32(line), Character: CharacterOf(enc, text, len(trimmed))},
	}
}

// LineEnd is how the document ends its lines.
func (d *Document) LineEnd() string {
	if strings.Contains(d.Text, "\r\n") {
		return "\r\n"
	}
	return "\n"
}
