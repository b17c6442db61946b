// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"errors"
	"fmt"
	"io"
)

// A walker steps through the sub-records of heap dump records: the one place
// that knows their shapes. It hands on a sub-record's fixed part and leaves the
// window at its body; what the caller does not read is skipped, unread where it
// is long, so that the pass over a dump of big arrays costs next to nothing.
//
// Every length is checked against the record around it before anything is done
// with it, and nothing is allocated by a length from the file.
type walker struct {
	*window
	idSize int
	// end is where the record's body ends.
	end int64
	// openEnded: the record's length is not known (see records.go); a
	// record's tag in the place of a sub-record's ends it.
	openEnded bool

	// The sub-record at hand.
	tag     byte
	start   int64  // of the tag
	id      uint64 // the object's
	class   uint64 // of an instance or object array
	length  uint32 // bytes of an instance's body, elements of an array
	element Type   // of a primitive array
	thread  uint32 // serial, of roots that have one
	frame   uint32 // of a Java frame root: depth in the thread's stack trace; of a thread object: its trace's serial
	body    int64  // offset of the body
	next    int64  // offset of the next sub-record; 0 for a class dump, whose length only its reader knows
}

// errDamaged wraps what the format does not allow.
var errDamaged = errors.New("damaged")

func damaged(at int64, format string, args ...any) error {
	return fmt.Errorf("%w at offset %d: %s", errDamaged, at, fmt.Sprintf(format, args...))
}

// step reads the next sub-record's fixed part. It returns io.EOF at the end of
// the record, io.ErrUnexpectedEOF at the end of the file, errDamaged for what
// is no sub-record.
func (w *walker) step() error {
	off := w.offset()
	if off >= w.end {
		if off > w.end {
			return damaged(w.start, "a sub-record is longer than the record around it")
		}
		return io.EOF
	}
	// Near the end of the file fewer bytes may be there than the longest
	// header; then the window is filled with what a tag needs.
	if err := w.need(maxSubHeaderBytes); err != nil {
		if err != io.ErrUnexpectedEOF {
			return err
		}
		if err := w.need(1); err != nil {
			return err
		}
	}
	b := w.buf[w.pos:]
	w.tag, w.start = b[0], off
	n := w.idSize
	switch w.tag {
	case subInstanceDump:
		if len(b) < 1+n+4+n+4 {
			return io.ErrUnexpectedEOF
		}
		w.id, w.class, w.length = getID(b[1:], n), getID(b[5+n:], n), be32(b[5+2*n:])
		return w.at(9+2*n, int64(w.length))
	case subObjectArrayDump:
		if len(b) < 1+n+4+4+n {
			return io.ErrUnexpectedEOF
		}
		w.id, w.length, w.class, w.element = getID(b[1:], n), be32(b[5+n:]), getID(b[9+n:], n), Ref
		return w.at(9+2*n, int64(w.length)*int64(n))
	case subPrimArrayDump, subPrimArrayNoData:
		if len(b) < 1+n+4+4+1 {
			return io.ErrUnexpectedEOF
		}
		w.id, w.length, w.class, w.element = getID(b[1:], n), be32(b[5+n:]), 0, Type(b[9+n])
		size := w.element.bytes(n)
		if size == 0 || w.element == Ref {
			return damaged(off, "a primitive array of element type %d", b[9+n])
		}
		if w.tag == subPrimArrayNoData {
			size = 0
		}
		return w.at(10+n, int64(w.length)*int64(size))
	case subClassDump:
		if len(b) < 1+n {
			return io.ErrUnexpectedEOF
		}
		w.id = getID(b[1:], n)
		w.next, w.body = 0, off+1
		return nil
	case subHeapDumpInfo:
		return w.at(1+4+n, 0)
	}
	return w.root(b, off)
}

func (w *walker) root(b []byte, off int64) error {
	extra, serials, ok := rootBytes(w.tag, w.idSize)
	if !ok {
		if w.openEnded && (w.tag == tagHeapDumpEnd || w.tag == tagHeapDump || w.tag == tagHeapDumpSegment) {
			w.end = off
			return io.EOF
		}
		return damaged(off, "no sub-record has the tag 0x%02x", w.tag)
	}
	if len(b) < 1+w.idSize+extra {
		return io.ErrUnexpectedEOF
	}
	w.id, w.thread, w.frame = getID(b[1:], w.idSize), 0, noFrame
	if serials {
		w.thread = be32(b[1+w.idSize:])
		if extra >= 8 {
			w.frame = be32(b[5+w.idSize:])
		}
	}
	return w.at(1+w.idSize+extra, 0)
}

// at notes where the body lies and checks that it ends within the record.
func (w *walker) at(header int, body int64) error {
	w.body = w.start + int64(header)
	w.next = w.body + body
	if w.next > w.end {
		if w.end >= w.size {
			return io.ErrUnexpectedEOF
		}
		return damaged(w.start, "a sub-record of %d bytes reaches %d bytes beyond the record around it", w.next-w.start, w.next-w.end)
	}
	return nil
}

// bytes returns the body where it fits into the window (it always does for an
// instance of a sane class); else nil, and the caller reads piece by piece.
func (w *walker) bytes() ([]byte, error) {
	n := w.next - w.body
	if n > windowBytes {
		return nil, nil
	}
	w.seek(w.body)
	if err := w.need(int(n)); err != nil {
		return nil, err
	}
	return w.buf[w.pos : w.pos+int(n)], nil
}

// leave moves to the next sub-record; the caller has read a class dump itself.
func (w *walker) leave() {
	if w.next != 0 {
		w.seek(w.next)
	}
}
