// SPDX-License-Identifier: Apache-2.0

package hproftest

import (
	"bytes"
	"encoding/binary"
)

// A layoutWriter lays objects out.
type layoutWriter struct {
	out         bytes.Buffer
	next        uint64
	list, array uint64
}

func (w *layoutWriter) id(v uint64) { w.out.Write(binary.BigEndian.AppendUint64(nil, v)) }
func (w *layoutWriter) u4(v int)    { w.out.Write(binary.BigEndian.AppendUint32(nil, uint32(v))) }
func (w *layoutWriter) u2(v int)    { w.out.Write(binary.BigEndian.AppendUint16(nil, uint16(v))) }

// instance writes an object whose fields have these values.
func (w *layoutWriter) instance(class int, values ...uint64) uint64 {
	at, size, heap := w.next, 0, uint64(12)
	for _, f := range classes[class].fields {
		if f.size == 0 {
			size, heap = size+idBytes, heap+4
		} else {
			size, heap = size+f.size, heap+uint64(f.size)
		}
	}
	w.out.WriteByte(0x21)
	w.id(at)
	w.u4(0)
	w.id(classID(class))
	w.u4(size)
	for i, f := range classes[class].fields {
		if f.size == 0 {
			w.id(values[i])
		} else {
			w.out.Write(binary.BigEndian.AppendUint64(nil, values[i])[8-f.size:])
		}
	}
	w.next = align(at + heap)
	return at
}

// arrayHead writes an object array as far as its elements.
func (w *layoutWriter) arrayHead(n int) uint64 {
	at := w.next
	w.out.WriteByte(0x22)
	w.id(at)
	w.u4(0)
	w.u4(n)
	w.id(classID(objects))
	w.next = align(at + 16 + 4*uint64(n))
	return at
}

func (w *layoutWriter) arrayOf(elements ...uint64) uint64 {
	at := w.arrayHead(len(elements))
	for _, e := range elements {
		w.id(e)
	}
	return at
}

func (w *layoutWriter) text(s string) uint64 {
	at := w.instance(javaString, w.next+24, 0, 0)
	w.out.WriteByte(0x23)
	w.id(w.next)
	w.u4(0)
	w.u4(len(s))
	w.out.WriteByte(8)
	w.out.WriteString(s)
	w.next = align(w.next + 16 + uint64(len(s)))
	return at
}

// segment puts what was written since a place in the buffer into a segment.
func (w *layoutWriter) segment(from int) {
	body := bytes.Clone(w.out.Bytes()[from:])
	w.out.Truncate(from)
	w.record(0x1c, body)
}

func (w *layoutWriter) record(tag byte, body []byte) {
	w.out.WriteByte(tag)
	w.u4(0)
	w.u4(len(body))
	w.out.Write(body)
}
