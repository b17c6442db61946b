// SPDX-License-Identifier: Apache-2.0

package text

// Positions are counted four ways here. Bazel and go.starlark.net count lines
// and runes from 1; the protocol counts lines from 0, and within the line
// whatever was agreed upon in initialize: UTF-16 code units (every client),
// bytes, or runes. A line's characters are all that is needed to go from one
// to the other, so the functions here work on one line's text.

import (
	"unicode/utf8"

	"go.lsp.dev/protocol"
)

// Encoding is a position encoding, as agreed upon with the client.
type Encoding = protocol.PositionEncodingKind

// ChooseEncoding takes the client's first choice that is cheap for us: bytes,
// then runes, then what every client must know.
func ChooseEncoding(offered []Encoding) Encoding {
	for _, want := range []Encoding{protocol.PositionEncodingKindUTF8, protocol.PositionEncodingKindUTF32} {
		for _, o := range offered {
			if o == want {
				return want
			}
		}
	}
	return protocol.PositionEncodingKindUTF16
}

// units is the length of one decoded rune that took size bytes. An invalid
// byte counts as one of anything.
func units(enc Encoding, r rune, size int) int {
	switch {
	case enc == protocol.PositionEncodingKindUTF8:
		return size
	case enc == protocol.PositionEncodingKindUTF32 || r < 0x10000:
		return 1
	default:
		return 2
	}
}

// CharacterOf is the protocol's character for a byte offset into a line.
func CharacterOf(enc Encoding, line string, offset int) uint32 {
	if offset > len(line) {
		offset = len(line)
	}
	if enc == protocol.PositionEncodingKindUTF8 {
		return uint32(offset)
	}
	n := 0
	for i := 0; i < offset; {
		if line[i] < utf8.RuneSelf {
			n++
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(line[i:])
		n += units(enc, r, size)
		i += size
	}
	return uint32(n)
}

// offsetOf is the byte offset of a protocol character in a line: clamped to
// the line, and to the start of a rune that it points into.
func offsetOf(enc Encoding, line string, character uint32) int {
	n := uint64(0)
	for i := 0; i < len(line); {
		r, size := rune(line[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(line[i:])
		}
		n += uint64(units(enc, r, size))
		if n > uint64(character) {
			return i
		}
		i += size
	}
	return len(line)
}

// ColumnOffset is the byte offset in a line of a column that Bazel printed.
// Bazel reads sources as Latin-1, so its columns count the bytes of the UTF-8
// text, from 1 (seen on 4.2.3). The offset is clamped to the line and to the
// start of a character, for the line may have been edited since.
func ColumnOffset(line string, column int) int {
	i := min(max(column-1, 0), len(line))
	for i > 0 && i < len(line) && !utf8.RuneStart(line[i]) {
		i--
	}
	return i
}

// RuneOffset is the byte offset in a line of a definition's column (runes,
// from 1), clamped to it.
func RuneOffset(line string, column int) int {
	i := 0
	for ; column > 1 && i < len(line); column-- {
		_, size := utf8.DecodeRuneInString(line[i:])
		i += size
	}
	return i
}
