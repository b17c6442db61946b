// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"context"
	"io"
)

const (
	// windowBytes is how much text is held for a start.
	windowBytes = 256 << 10
	// maxElementBytes is the longest event, key or header that is decoded.
	// A longer one is passed over: Bazel's longest, of an action with a
	// label and an output path, have a few thousand bytes.
	maxElementBytes = 1 << 20
	// lookaheadBytes are kept in front of the decoder, so that it seldom
	// meets the window's end inside an event.
	lookaheadBytes = 16 << 10
)

// A textWindow slides over the text. It holds at most maxElementBytes of it.
type textWindow struct {
	ctx  context.Context
	src  io.Reader
	buf  []byte
	r, w int   // buf[r:w] is not consumed yet
	base int64 // where buf[0] lies in the text
	err  error // why src has no more; io.EOF at its end
}

func newWindow(ctx context.Context, src io.Reader) *textWindow {
	return &textWindow{ctx: ctx, src: src, buf: make([]byte, windowBytes)}
}

// rest is the text not consumed yet, as far as it is held.
func (w *textWindow) rest() []byte { return w.buf[w.r:w.w] }

// offset is how much of the text is consumed.
func (w *textWindow) offset() int64 { return w.base + int64(w.r) }

// consume moves the window n bytes on.
func (w *textWindow) consume(n int) { w.r += n }

// more adds to rest, and reports whether it could. It cannot at the text's
// end, and when rest has grown to maxElementBytes.
func (w *textWindow) more() bool {
	if w.err != nil {
		return false
	}
	if w.w == len(w.buf) {
		switch {
		case w.r > 0:
			copy(w.buf, w.buf[w.r:w.w])
			w.base += int64(w.r)
			w.w -= w.r
			w.r = 0
		case len(w.buf) < maxElementBytes:
			bigger := make([]byte, 2*len(w.buf))
			copy(bigger, w.buf)
			w.buf = bigger
		default:
			return false
		}
	}
	if w.err = w.ctx.Err(); w.err != nil {
		return false
	}
	// io.Reader: a Read of nothing without an error is allowed, not for ever.
	for range 100 {
		n, err := w.src.Read(w.buf[w.w:])
		w.w += n
		w.err = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	w.err = io.ErrNoProgress
	return false
}

// ahead makes sure that lookaheadBytes are held, if there are so many.
func (w *textWindow) ahead() {
	for w.w-w.r < lookaheadBytes && w.more() {
	}
}

// peek steps over white space and returns the byte behind it, unconsumed.
func (w *textWindow) peek() (byte, bool) {
	for {
		for w.r < w.w {
			b := w.buf[w.r]
			if b != ' ' && b != '\n' && b != '\t' && b != '\r' {
				return b, true
			}
			w.r++
		}
		if !w.more() {
			return 0, false
		}
	}
}
