// SPDX-License-Identifier: Apache-2.0

package console

import (
	"bufio"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// UTF8 returns r's text as UTF-8, as Read sees it. Windows PowerShell's
// redirection writes UTF-16 with a byte order mark, and some tools without
// one; a text whose second byte is NUL is taken for the latter. Bytes that are
// not UTF-8 stay as they are: a path is what the file system says.
func UTF8(r io.Reader) *bufio.Reader {
	b := bufio.NewReaderSize(r, 64<<10)
	head, _ := b.Peek(4)
	switch {
	case len(head) >= 3 && head[0] == 0xEF && head[1] == 0xBB && head[2] == 0xBF:
		_, _ = b.Discard(3)
	case len(head) >= 2 && head[0] == 0xFF && head[1] == 0xFE:
		_, _ = b.Discard(2)
		return bufio.NewReaderSize(&utf16Reader{in: b}, 64<<10)
	case len(head) >= 2 && head[0] == 0xFE && head[1] == 0xFF:
		_, _ = b.Discard(2)
		return bufio.NewReaderSize(&utf16Reader{in: b, big: true}, 64<<10)
	case len(head) >= 4 && head[0] != 0 && head[1] == 0 && head[2] != 0 && head[3] == 0:
		return bufio.NewReaderSize(&utf16Reader{in: b}, 64<<10)
	case len(head) >= 4 && head[0] == 0 && head[1] != 0 && head[2] == 0 && head[3] != 0:
		return bufio.NewReaderSize(&utf16Reader{in: b, big: true}, 64<<10)
	}
	return b
}

// A utf16Reader turns UTF-16 into UTF-8. An odd byte at the end (a cut file)
// is dropped; a surrogate without its other half becomes U+FFFD.
type utf16Reader struct {
	in      *bufio.Reader
	big     bool
	pending []byte // encoded, not yet handed out
	store   [utf8.UTFMax]byte
	high    rune // a high surrogate that waits for its low one, or 0
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if len(u.pending) > 0 {
			c := copy(p[n:], u.pending)
			u.pending = u.pending[c:]
			n += c
			continue
		}
		if n > 0 && u.in.Buffered() < 2 {
			return n, nil // hand on what is there before blocking
		}
		unit, err := u.unit()
		if err != nil {
			return n, err
		}
		u.take(unit)
	}
	return n, nil
}

func (u *utf16Reader) unit() (rune, error) {
	var b [2]byte
	if _, err := io.ReadFull(u.in, b[:]); err != nil {
		if err == io.ErrUnexpectedEOF {
			err = io.EOF
		}
		return 0, err
	}
	if u.big {
		return rune(b[0])<<8 | rune(b[1]), nil
	}
	return rune(b[1])<<8 | rune(b[0]), nil
}

func (u *utf16Reader) take(unit rune) {
	r := unit
	if u.high != 0 {
		r = utf16.DecodeRune(u.high, unit)
		u.high = 0
	} else if unit >= 0xD800 && unit < 0xDC00 {
		u.high = unit
		return
	}
	u.pending = append(u.store[:0], string(r)...)
}
