// SPDX-License-Identifier: Apache-2.0

// Package plain makes text that came out of other people's files safe to show:
// names of files, labels, messages, values. A terminal obeys control
// characters, an editor's list and a log obey a new line, and a reader believes
// the order of letters that a mark for the direction of writing has turned.
//
// Line is for one value in a line; Writer is what the whole output of the
// program goes through, so that a value that nobody thought of can do nothing
// either.
package plain

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line is a text in one line without anything that is obeyed: a question mark
// for each character that is.
func Line(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r == '\n', r == utf8.RuneError, obeyed(r):
			return '?'
		}
		return r
	}, s)
}

// Cut is Line of at most n characters.
func Cut(s string, n int) string {
	// No more than is shown is looked at: a message may have a gigabyte.
	if len(s) > 4*n {
		s = strings.ToValidUTF8(s[:4*n], "")
	}
	s = Line(s)
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// obeyed reports whether something does as this character says, or whether it
// hides what is there: controls (C0 but new line and tab, DEL, C1), marks for
// the direction of writing, separators of lines and paragraphs, characters
// without a width, and tags.
func obeyed(r rune) bool {
	switch {
	case r == '\n', r == '\t':
		return false
	case r < ' ', 0x7f <= r && r < 0xa0:
		return true
	case r < 0x61c:
		return r == 0xad // a hyphen that is not shown
	case unicode.Is(unicode.Bidi_Control, r), r == 0x2028, r == 0x2029:
		return true
	case 0x200b <= r && r <= 0x200d, 0x2060 <= r && r <= 0x2064, r == 0xfeff, r == 0x180e:
		return true
	}
	return 0xe0000 <= r && r <= 0xe007f
}

// Path is a path, or a line that begins with one, in one line: the bytes of a
// name that is not UTF-8 stay, for an editor opens the file by them. What else
// is obeyed is for the Writer.
func Path(s string) string {
	clean := []byte(s)
	for i, c := range clean {
		if c < ' ' || c == 0x7f {
			clean[i] = '?'
		}
	}
	return string(clean)
}
