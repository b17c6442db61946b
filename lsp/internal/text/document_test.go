// SPDX-License-Identifier: Apache-2.0

package text

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"go.lsp.dev/protocol"
)

var encodings = []Encoding{protocol.PositionEncodingKindUTF8, protocol.PositionEncodingKindUTF16, protocol.PositionEncodingKindUTF32}

// The oracle splits a text into lines of code units and counts in those, with
// none of the server's arithmetic.

// oracleLines splits a text at LF, CRLF and CR, ends included.
func oracleLines(text string) []string {
	var lines []string
	line := ""
	for i := 0; i < len(text); i++ {
		line += text[i : i+1]
		if text[i] == '\n' || text[i] == '\r' && !(i+1 < len(text) && text[i+1] == '\n') {
			lines, line = append(lines, line), ""
		}
	}
	return append(lines, line)
}

// oracleUnits is how many units each rune of a text has; an invalid byte is
// one.
func oracleUnits(enc Encoding, r rune, size int) int {
	switch enc {
	case protocol.PositionEncodingKindUTF8:
		return size
	case protocol.PositionEncodingKindUTF32:
		return 1
	default:
		return len(utf16.AppendRune(nil, r))
	}
}

// oracleOffset walks from the text's start, position by position.
func oracleOffset(enc Encoding, text string, line, character uint32) int {
	lines := oracleLines(text)
	if int64(line) >= int64(len(lines)) {
		return len(text)
	}
	offset := 0
	for _, l := range lines[:line] {
		offset += len(l)
	}
	content := strings.TrimRight(lines[line], "\r\n")
	left := int64(character)
	for len(content) > 0 {
		r, size := utf8.DecodeRuneInString(content)
		n := int64(oracleUnits(enc, r, size))
		if left < n {
			break
		}
		left -= n
		offset += size
		content = content[size:]
	}
	return offset
}

func oracleReplace(enc Encoding, text string, r protocol.Range, with string) string {
	start, end := oracleOffset(enc, text, r.Start.Line, r.Start.Character), oracleOffset(enc, text, r.End.Line, r.End.Character)
	if end < start {
		start, end = end, start
	}
	return text[:start] + with + text[end:]
}

func FuzzIncrementalSync(f *testing.F) {
	f.Add("a\nb\nc", "x", uint32(0), uint32(0), uint32(1), uint32(1), uint8(1))
	f.Add("a\r\nb\rc\n", "\n", uint32(1), uint32(0), uint32(0), uint32(9), uint8(1))
	f.Add("日本語\n😀😀\n", "é", uint32(1), uint32(1), uint32(1), uint32(3), uint8(1))
	f.Add("\xff\xfe\n\n", "", uint32(0), uint32(1), uint32(99), uint32(99), uint8(0))
	f.Add("a\r", "\n", uint32(1), uint32(0), uint32(1), uint32(0), uint8(2))
	f.Add("", "def f():\n", uint32(4294967295), uint32(4294967295), uint32(0), uint32(0), uint8(1))
	f.Fuzz(func(t *testing.T, text, with string, l1, c1, l2, c2 uint32, which uint8) {
		enc := encodings[int(which)%len(encodings)]
		r := protocol.Range{Start: protocol.Position{Line: l1, Character: c1}, End: protocol.Position{Line: l2, Character: c2}}
		d := New("file:///x", "/x", 1, 1, text)
		if want := oracleLines(text); len(want) != d.Lines() {
			t.Fatalf("%q has %d lines, want %d", text, d.Lines(), len(want))
		}
		next := d.Replace(enc, r, with, 2, 2)
		if want := oracleReplace(enc, text, r, with); next.Text != want {
			t.Fatalf("%q, %v by %q in %s: %q, want %q", text, r, with, enc, next.Text, want)
		}
		checkEdits(t, d, next)
		whole := d.ReplaceAll(next.Text, 2, 2)
		checkEdits(t, d, whole)
	})
}

// checkEdits fails if a line that an edit says was moved, untouched, has
// another text at its new place.
func checkEdits(t *testing.T, before, after *Document) {
	t.Helper()
	for n := range before.Lines() {
		moved, touched := Shift(after.Edits, before.Serial, n)
		if !touched && before.Line(n) != after.Line(moved) {
			t.Fatalf("line %d %q of %q is said to be line %d %q of %q", n, before.Line(n), before.Text, moved, after.Line(moved), after.Text)
		}
		if moved < 0 || moved > after.Lines() {
			t.Fatalf("line %d of %q went to %d of %d", n, before.Text, moved, after.Lines())
		}
	}
}

// Many edits one after another: the lines that are said to be untouched are.
func TestLinesAreFollowedThroughManyEdits(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"", "x", "\n", "a\nb\n", "\r\n", "😀", "\n\n\n", "    pass\n"}
	for range 200 {
		var text strings.Builder
		for range 30 {
			text.WriteString(strings.Repeat("x", random.IntN(5)) + "\n")
		}
		first := New("file:///x", "/x", 1, 1, text.String())
		d := first
		for i := range 60 {
			l := uint32(random.IntN(d.Lines() + 1))
			r := protocol.Range{Start: protocol.Position{Line: l, Character: uint32(random.IntN(4))}, End: protocol.Position{Line: l + uint32(random.IntN(3)), Character: uint32(random.IntN(4))}}
			d = d.Replace(encodings[random.IntN(3)], r, pieces[random.IntN(len(pieces))], int32(i), int64(i+2))
		}
		checkEdits(t, first, d)
	}
}

func TestEnterBeforeADefMovesIt(t *testing.T) {
	t.Parallel()
	d := New("file:///x", "/x", 1, 1, "a = 1\ndef f():\n    pass\n")
	at := protocol.Position{Line: 1}
	next := d.Replace(protocol.PositionEncodingKindUTF16, protocol.Range{Start: at, End: at}, "\n", 2, 2)
	if line, touched := Shift(next.Edits, 1, 1); line != 2 || touched {
		t.Errorf("the def is at %d, touched %t", line, touched)
	}
	gone := next.Replace(protocol.PositionEncodingKindUTF16, protocol.Range{End: protocol.Position{Line: 2}}, "", 3, 3)
	if line, touched := Shift(gone.Edits, 1, 1); line != 0 || touched {
		t.Errorf("the def is at %d, touched %t, after the lines above were deleted", line, touched)
	}
}

func TestCharactersInAllEncodings(t *testing.T) {
	t.Parallel()
	const line = "aé日😀b"
	offsets := []int{0, 1, 3, 6, 10, 11}
	want := map[Encoding][]uint32{
		protocol.PositionEncodingKindUTF8:  {0, 1, 3, 6, 10, 11},
		protocol.PositionEncodingKindUTF16: {0, 1, 2, 3, 5, 6},
		protocol.PositionEncodingKindUTF32: {0, 1, 2, 3, 4, 5},
	}
	for enc, characters := range want {
		for i, c := range characters {
			if got := CharacterOf(enc, line, offsets[i]); got != c {
				t.Errorf("%s: offset %d is character %d, want %d", enc, offsets[i], got, c)
			}
			if got := offsetOf(enc, line, c); got != offsets[i] {
				t.Errorf("%s: character %d is offset %d, want %d", enc, c, got, offsets[i])
			}
		}
	}
	if got := offsetOf(protocol.PositionEncodingKindUTF16, line, 4); got != 6 {
		t.Errorf("the middle of a surrogate pair is offset %d, want the pair's start", got)
	}
	if got := RuneOffset(line, 4); got != 6 {
		t.Errorf("Bazel's column 4 is offset %d", got)
	}
}

func TestEncodingIsChosen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		offered []Encoding
		want    Encoding
	}{
		{nil, "utf-16"},
		{[]Encoding{"utf-16"}, "utf-16"},
		{[]Encoding{"utf-32", "utf-8", "utf-16"}, "utf-8"},
		{[]Encoding{"utf-32", "utf-16"}, "utf-32"},
		{[]Encoding{"utf-7"}, "utf-16"},
	} {
		if got := ChooseEncoding(c.offered); got != c.want {
			t.Errorf("%v: %s, want %s", c.offered, got, c.want)
		}
	}
}

// However many edits there are, what is remembered is bounded by those that
// moved lines, and lines are where they should be.
func TestManyEditsAreBounded(t *testing.T) {
	t.Parallel()
	d := New("file:///x", "/x", 1, 1, strings.Repeat("\n", 10)+"def f():\n")
	serial := int64(1)
	edit := func(line uint32, text string) {
		serial++
		at := protocol.Position{Line: line}
		d = d.Replace(protocol.PositionEncodingKindUTF8, protocol.Range{Start: at, End: at}, text, 1, serial)
	}
	edit(0, "\n")
	for i := range 2 * maxEdits {
		edit(uint32(i%2), "x")
		if len(d.Text) > 1000 {
			serial++
			whole := protocol.Range{End: protocol.Position{Line: 0, Character: 1 << 20}}
			d = d.Replace(protocol.PositionEncodingKindUTF8, whole, "", 1, serial)
		}
	}
	edit(3, "\n\n")
	if len(d.Edits) > maxEdits+2 || len(d.Moves) != 2 {
		t.Errorf("%d edits and %d moves are remembered", len(d.Edits), len(d.Moves))
	}
	for _, edits := range [][]lineEdit{d.Edits, d.Moves} {
		if line, touched := Shift(edits, 1, 10); line != 13 || touched || d.Line(line) != "def f():" {
			t.Errorf("the def is said to be at %d, touched %t", line, touched)
		}
	}
}
