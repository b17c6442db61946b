// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A window may hold windowBytes where something long is asked for; it is filled
// by readBytes at a time, which stay in the processor's second-level cache from
// the kernel's copying to the last look at them.
const (
	windowBytes = 1 << 20
	readBytes   = 256 << 10
)

// A window slides over the file for one sequential pass. buf[pos:] is what lies
// in memory from the current offset on.
type window struct {
	src   io.ReaderAt
	size  int64
	room  []byte // what is read by the window itself lies here
	buf   []byte
	pos   int
	base  int64      // the file offset of buf[0]
	ahead *readAhead // nil: nothing is read ahead
}

func newWindow(s *dumpFile) *window {
	room := make([]byte, windowBytes)
	return &window{src: s.file, size: s.size, room: room, buf: room[:0]}
}

func (w *window) offset() int64 { return w.base + int64(w.pos) }

// need makes n bytes (n <= windowBytes) available at buf[pos:]. It fails with
// io.ErrUnexpectedEOF where the file ends before.
func (w *window) need(n int) error {
	if len(w.buf)-w.pos >= n {
		return nil
	}
	return w.fill(n)
}

func (w *window) fill(n int) error {
	off := w.offset()
	if off+int64(n) > w.size {
		return io.ErrUnexpectedEOF
	}
	if w.ahead != nil && w.ahead.take(w, n) {
		return nil
	}
	kept := copy(w.room, w.buf[w.pos:])
	w.base, w.pos = off, 0
	want := int(min(int64(max(n, readBytes)), w.size-off))
	got, err := w.src.ReadAt(w.room[kept:want], off+int64(kept))
	w.buf = w.room[:kept+got]
	if len(w.buf) >= n {
		if w.ahead != nil {
			w.ahead.follow(w, off+int64(kept))
		}
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF // the file shrank under us
	}
	return fmt.Errorf("at offset %d: %w", off, err)
}

// seek moves to a file offset; within the window it costs nothing.
func (w *window) seek(off int64) {
	if d := off - w.base; d >= 0 && d <= int64(len(w.buf)) {
		w.pos = int(d)
		return
	}
	w.base, w.pos, w.buf = off, 0, w.room[:0]
}

func be32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }
func be64(b []byte) uint64 { return binary.BigEndian.Uint64(b) }

// getID loads an identifier of 4 or 8 bytes.
func getID(b []byte, idSize int) uint64 {
	if idSize == 8 {
		return be64(b)
	}
	return uint64(be32(b))
}
