// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"fmt"
	"io"
	"math"
	"unicode/utf16"
)

// An ObjectKind tells objects apart by their shape.
type ObjectKind uint8

// The kinds.
const (
	Instance ObjectKind = iota + 1
	ObjectArray
	PrimitiveArray
	ClassObject
)

// An Object is an object in the dump: a small value that reads what it is asked
// for from the file. Reads that fail (the file changed or shrank) answer with
// zero values; a reference that is null or leads out of the dump is id 0 or
// found false.
type Object struct {
	d *Dump
	// ID is its identifier: the address it had.
	ID      uint64
	class   *Class
	body    int64
	length  uint32 // bytes of an instance's body, elements of an array
	kind    ObjectKind
	element Type
}

// Object finds an object by id. ok is false for null and for ids that are not
// in the dump.
func (d *Dump) Object(id uint64) (o Object, ok bool) {
	if id == 0 {
		return Object{}, false
	}
	if i, ok := d.byID.get(id); ok && d.classes[i].dumped {
		return Object{d: d, ID: id, class: d.classes[i], kind: ClassObject}, true
	}
	b := findBlock(d.blocks, id)
	if b < 0 {
		return Object{}, false
	}
	off := d.blocks[b].offset()
	for range d.blocks[b].objects() {
		o, next, err := d.objectAt(off)
		if err != nil || o.ID > id {
			return Object{}, false
		}
		if o.ID == id {
			return o, true
		}
		off = next
	}
	return Object{}, false
}

// objectAt reads the sub-record of an object at a file offset that the scan
// has seen, and returns the offset behind it.
func (d *Dump) objectAt(off int64) (Object, int64, error) {
	b, err := d.src.bytesAt(off)
	if err != nil {
		return Object{}, 0, err
	}
	var buf [maxSubHeaderBytes]byte
	if len(b) < len(buf) {
		n := min(int64(len(buf)), d.src.size-off)
		if err := d.src.readAt(buf[:n], off); err != nil {
			return Object{}, 0, err
		}
		b = buf[:]
	}
	n := d.idSize
	o := Object{d: d, ID: getID(b[1:], n)}
	switch b[0] {
	case subInstanceDump:
		i, ok := d.byID.get(getID(b[5+n:], n))
		if !ok {
			return Object{}, 0, damaged(off, "an instance of an unknown class")
		}
		o.kind, o.class, o.length = Instance, d.classes[i], be32(b[5+2*n:])
		o.body = off + int64(9+2*n)
		return o, o.body + int64(o.length), nil
	case subObjectArrayDump:
		i, ok := d.byID.get(getID(b[9+n:], n))
		if !ok {
			return Object{}, 0, damaged(off, "an array of an unknown class")
		}
		o.kind, o.class, o.length, o.element = ObjectArray, d.classes[i], be32(b[5+n:]), Ref
		o.body = off + int64(9+2*n)
		return o, o.body + int64(o.length)*int64(n), nil
	case subPrimArrayDump, subPrimArrayNoData:
		o.kind, o.length, o.element = PrimitiveArray, be32(b[5+n:]), Type(b[9+n])
		if size := o.element.bytes(n); size > 0 && o.element != Ref {
			o.class, o.body = d.primArrays[o.element], off+int64(10+n)
			if b[0] == subPrimArrayNoData {
				o.length = 0
			}
			return o, o.body + int64(o.length)*int64(size), nil
		}
	}
	return Object{}, 0, fmt.Errorf("%s was changed since it was opened (no object at offset %d): %w", d.path, off, io.ErrUnexpectedEOF)
}

// IsZero reports whether o is no object at all.
func (o Object) IsZero() bool { return o.d == nil }

// Kind is the object's shape.
func (o Object) Kind() ObjectKind { return o.kind }

// Class is the object's class; for a class object the class that it stands for.
func (o Object) Class() *Class { return o.class }

// Len is an array's length, 0 for anything else.
func (o Object) Len() int {
	if o.kind == ObjectArray || o.kind == PrimitiveArray {
		return int(o.length)
	}
	return 0
}

// ElementType is the type of an array's elements.
func (o Object) ElementType() Type { return o.element }

// ShallowBytes estimates the object's own size in the JVM.
func (o Object) ShallowBytes() int64 {
	switch o.kind {
	case Instance:
		return int64(o.class.Size)
	case ObjectArray, PrimitiveArray:
		return int64(o.d.layout.ArrayBytes(o.element, o.length))
	case ClassObject:
		return int64(o.d.classObjectBytes(o.class))
	}
	return 0
}

// Ref follows the reference in the field of that name. ok is false where the
// class has no such field, it is no reference, or it is null.
func (o Object) Ref(name string) (Object, bool) {
	f, ok := o.field(name)
	if !ok || f.Type != Ref {
		return Object{}, false
	}
	return o.d.Object(o.RefAt(f))
}

// RefAt is the id in a reference field, 0 for null.
func (o Object) RefAt(f FieldRef) uint64 { return o.Bits(f) }

// Int is the value of an integral or boolean field.
func (o Object) Int(name string) (int64, bool) {
	f, ok := o.field(name)
	if !ok {
		return 0, false
	}
	v := o.Bits(f)
	switch f.Type {
	case Byte:
		return int64(int8(v)), true
	case Short:
		return int64(int16(v)), true
	case Int:
		return int64(int32(v)), true
	case Boolean, Char, Long:
		return int64(v), true
	}
	return 0, false
}

// Float is the value of a float or double field.
func (o Object) Float(name string) (float64, bool) {
	f, ok := o.field(name)
	switch {
	case ok && f.Type == Double:
		return math.Float64frombits(o.Bits(f)), true
	case ok && f.Type == Float:
		return float64(math.Float32frombits(uint32(o.Bits(f)))), true
	}
	return 0, false
}

// Has reports whether the object's class has a field of that name.
func (o Object) Has(name string) bool {
	_, ok := o.field(name)
	return ok
}

func (o Object) field(name string) (FieldRef, bool) {
	if o.kind != Instance {
		return FieldRef{}, false
	}
	return o.class.Field(name)
}

// Bits are the bits of an instance's field.
func (o Object) Bits(f FieldRef) uint64 {
	if o.kind != Instance {
		return 0
	}
	size := f.Type.bytes(o.d.idSize)
	if uint64(f.Offset)+uint64(size) > uint64(o.length) {
		return 0
	}
	var b [8]byte
	if err := o.d.src.readAt(b[:size], o.body+int64(f.Offset)); err != nil {
		return 0
	}
	return loadBits(b[:], size)
}

// ElementIDs reads up to len(ids) references of an object array from position
// from on, and returns how many it read.
func (o Object) ElementIDs(ids []uint64, from int) int {
	if o.kind != ObjectArray || from < 0 || from >= int(o.length) {
		return 0
	}
	n := min(len(ids), int(o.length)-from)
	var buf [512 * 8]byte
	size := o.d.idSize
	for done := 0; done < n; {
		k := min(n-done, len(buf)/size)
		if err := o.d.src.readAt(buf[:k*size], o.body+int64(from+done)*int64(size)); err != nil {
			return done
		}
		for i := range k {
			ids[done+i] = getID(buf[i*size:], size)
		}
		done += k
	}
	return n
}

// Element is the i-th element of an object array.
func (o Object) Element(i int) (Object, bool) {
	var id [1]uint64
	if o.ElementIDs(id[:], i) == 0 {
		return Object{}, false
	}
	return o.d.Object(id[0])
}

// Bytes reads up to max bytes of a primitive array's content, as in the dump
// (big-endian).
func (o Object) Bytes(max int) []byte {
	if o.kind != PrimitiveArray || max <= 0 {
		return nil
	}
	b := make([]byte, min(int64(max), int64(o.length)*int64(o.element.bytes(0))))
	if err := o.d.src.readAt(b, o.body); err != nil {
		return nil
	}
	return b
}

// IsString reports whether the object is a java.lang.String.
func (o Object) IsString() bool { return o.kind == Instance && o.class.Name == "java.lang.String" }

// StringLen is the length of a java.lang.String in UTF-16 units, 0 for
// anything else.
func (o Object) StringLen() int {
	if !o.IsString() {
		return 0
	}
	value, ok := o.Ref("value")
	if !ok {
		return 0
	}
	if n, ok := o.Int("count"); ok { // before JDK 7u6
		return int(n)
	}
	if value.element == Char {
		return value.Len()
	}
	if coder, ok := o.Int("coder"); ok && coder == 1 {
		return value.Len() / 2
	}
	return value.Len()
}

// Text is the first max UTF-16 units of a java.lang.String (JDK 9's bytes with
// a coder, or the char[] of older ones). ok is false for anything else.
func (o Object) Text(max int) (string, bool) {
	if !o.IsString() {
		return "", false
	}
	value, ok := o.Ref("value")
	if !ok {
		return "", false
	}
	coder, compact := o.Int("coder")
	if value.element == Byte && (!compact || coder == 0) {
		latin := value.Bytes(max)
		text := make([]rune, len(latin))
		for i, b := range latin {
			text[i] = rune(b)
		}
		return string(text), true
	}
	offset, _ := o.Int("offset")
	units := o.StringLen()
	if offset < 0 || units < 0 {
		return "", false
	}
	raw := value.Bytes(2 * (int(min(offset, math.MaxInt32/4)) + min(max, units)))
	raw = raw[min(len(raw), 2*int(offset)):]
	text := make([]uint16, len(raw)/2)
	for i := range text {
		// A char[] is big-endian by the format; a byte[] has the JVM's
		// own order, which on every machine Bazel runs on is little-endian.
		if value.element == Char {
			text[i] = uint16(raw[2*i])<<8 | uint16(raw[2*i+1])
		} else {
			text[i] = uint16(raw[2*i]) | uint16(raw[2*i+1])<<8
		}
	}
	return string(utf16.Decode(text)), true
}

// BytesAt reads up to n bytes of a primitive array's content from a byte
// offset on.
func (o Object) BytesAt(from, n int) []byte {
	if o.kind != PrimitiveArray || from < 0 || n <= 0 {
		return nil
	}
	total := int64(o.length) * int64(o.element.bytes(0))
	if int64(from) >= total {
		return nil
	}
	b := make([]byte, min(int64(n), total-int64(from)))
	if err := o.d.src.readAt(b, o.body+int64(from)); err != nil {
		return nil
	}
	return b
}
