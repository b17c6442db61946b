// SPDX-License-Identifier: Apache-2.0

package plain

import (
	"fmt"
	"io"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

// A Writer passes text on with each character that is obeyed written as \u001b
// is: in text it is seen, in JSON it says the same as before. New lines and
// tabs stay. Bytes that are no UTF-8 stay, too: a terminal does not obey them,
// and an editor needs them to open a file of such a name.
//
// It may be used by several goroutines at once, each of which writes lines.
type Writer struct {
	to      io.Writer
	mu      sync.Mutex
	partial []byte // of a character that the next Write completes
}

// NewWriter returns a Writer to w. Flush must be called at the end.
func NewWriter(w io.Writer) *Writer { return &Writer{to: w} }

// Raw is what w writes to, for what is no text, or draws on the terminal by
// its own. Of any other writer it is the writer itself.
func Raw(w io.Writer) io.Writer {
	if p, ok := w.(*Writer); ok {
		_ = p.Flush() // an error comes again with what is written to it
		return p.to
	}
	return w
}

// Write implements io.Writer.
func (w *Writer) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(text)
	if len(w.partial) > 0 {
		text = append(w.partial, text...)
		w.partial = nil
	}
	whole := len(text) - cutRune(text)
	w.partial = append(w.partial, text[whole:]...)
	text = text[:whole]

	var made []byte // nil while nothing had to be replaced
	from := 0
	for at := 0; at < len(text); {
		if c := text[at]; c < utf8.RuneSelf && (c >= ' ' && c != 0x7f || c == '\n' || c == '\t') {
			at++
			continue
		}
		r, size := utf8.DecodeRune(text[at:])
		if obeyed(r) {
			made = append(append(made, text[from:at]...), escaped(r)...)
			from = at + size
		}
		at += size
	}
	if from > 0 {
		text = append(made, text[from:]...)
	}
	if _, err := w.to.Write(text); err != nil {
		return 0, err
	}
	return n, nil
}

// Flush writes what looked like the beginning of a character and was the end.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.partial) == 0 {
		return nil
	}
	_, err := w.to.Write(w.partial)
	w.partial = nil
	return err
}

// cutRune is how many bytes at the end begin a character and do not end it.
func cutRune(text []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if c := text[len(text)-n]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(text[len(text)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}

func escaped(r rune) string {
	if r > 0xffff {
		high, low := utf16.EncodeRune(r)
		return fmt.Sprintf(`\u%04x\u%04x`, high, low)
	}
	return fmt.Sprintf(`\u%04x`, r)
}
