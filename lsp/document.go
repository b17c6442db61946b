package lsp

import (
	"slices"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// A document is one version of a text. It is immutable; an edit makes the
// next one.
type document struct {
	uri     uri.URI
	path    string // absolute, links resolved; "" where it is no file
	version int32  // the client's
	// serial is the server's own version, rising over all documents.
	serial int64
	text   string
	starts []int // byte offset of each line's start; there is always one
	// edits are the line changes since some analysis, oldest first; moves
	// those of them that move the lines below.
	edits, moves []lineEdit
}

// newDocument indexes a text.
func newDocument(u uri.URI, path string, version int32, serial int64, text string) *document {
	return &document{uri: u, path: path, version: version, serial: serial, text: text, starts: lineStarts(text)}
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

// lines is the number of lines.
func (d *document) lines() int { return len(d.starts) }

// line is a line's text, from 0, without its end; "" beyond the text.
func (d *document) line(n int) string {
	if n < 0 || n >= len(d.starts) {
		return ""
	}
	end := len(d.text)
	if n+1 < len(d.starts) {
		end = d.starts[n+1]
	}
	return strings.TrimRight(d.text[d.starts[n]:end], "\r\n")
}

// offset is a position's byte offset, clamped: beyond the last line it is the
// text's end, beyond a line's last character the line's end.
func (d *document) offset(enc encoding, p protocol.Position) int {
	if uint64(p.Line) >= uint64(len(d.starts)) {
		return len(d.text)
	}
	n := int(p.Line)
	return d.starts[n] + offsetOf(enc, d.line(n), p.Character)
}

// lineAt is the line, from 0, of a byte offset.
func (d *document) lineAt(offset int) int {
	lo, hi := 0, len(d.starts)
	for hi-lo > 1 {
		mid := (lo + hi) / 2
		if d.starts[mid] <= offset {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// replace is the next version, with a range's text replaced. A range that is
// the wrong way round is turned.
func (d *document) replace(enc encoding, r protocol.Range, text string, version int32, serial int64) *document {
	start, end := d.offset(enc, r.Start), d.offset(enc, r.End)
	if start > end {
		start, end = end, start
	}
	next := newDocument(d.uri, d.path, version, serial, d.text[:start]+text+d.text[end:])
	first, last := d.lineAt(start), d.lineAt(end)
	edit := lineEdit{version: serial, start: first, old: last - first + 1}
	edit.new = edit.old + next.lines() - d.lines()
	// Whole lines put in or taken out leave the line that they stand before
	// as it was: Enter at the start of a def must not touch the def.
	if start == d.starts[first] && edit.new != edit.old && (text == "" || endsLine(text)) && end == d.starts[last] {
		edit.old--
		edit.new--
	}
	next.edits, next.moves = d.withEdit(edit)
	return next
}

// replaceAll is the next version, with another text.
func (d *document) replaceAll(text string, version int32, serial int64) *document {
	next := newDocument(d.uri, d.path, version, serial, text)
	next.edits, next.moves = d.edits, d.moves
	for _, edit := range diffLines(d.allLines(), next.allLines()) {
		edit.version = serial
		next.edits, next.moves = next.withEdit(edit)
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
func (d *document) withEdit(e lineEdit) (edits, moves []lineEdit) {
	n := len(d.edits)
	if e.old != e.new {
		return append(d.edits[:n:n], e), append(d.moves[:len(d.moves):len(d.moves)], e)
	}
	if n > 0 {
		if last := d.edits[n-1]; last.old == last.new && last.start == e.start && last.old == e.old {
			return append(d.edits[:n-1:n-1], e), d.moves
		}
	}
	if n >= maxEdits { // what is only touched may be forgotten, what moved not
		return append(slices.Clone(d.moves), e), d.moves
	}
	return append(d.edits[:n:n], e), d.moves
}

// without forgets the edits that an analysis has seen.
func (d *document) without(seen int64) *document {
	if len(d.edits) == 0 || d.edits[0].version > seen {
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
	next.edits, next.moves = later(d.edits), later(d.moves)
	return &next
}

func (d *document) allLines() []string {
	all := make([]string, d.lines())
	for i := range all {
		all[i] = d.line(i)
	}
	return all
}

// lineRange is the range of a line's text without the blanks around it.
func (d *document) lineRange(enc encoding, line int) protocol.Range {
	return trimmedRange(enc, line, d.line(line))
}

// trimmedRange is the range of a line's text without the blanks around it.
func trimmedRange(enc encoding, line int, text string) protocol.Range {
	trimmed := strings.TrimRight(text, " \t")
	indent := len(trimmed) - len(strings.TrimLeft(trimmed, " \t"))
	return protocol.Range{
		Start: protocol.Position{Line: uint32(line), Character: characterOf(enc, text, indent)},
		End:   protocol.Position{Line: uint32(line), Character: characterOf(enc, text, len(trimmed))},
	}
}

// lineEnd is how the document ends its lines.
func (d *document) lineEnd() string {
	if strings.Contains(d.text, "\r\n") {
		return "\r\n"
	}
	return "\n"
}
