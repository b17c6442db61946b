// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"io"
	"strings"
)

// A Class is a loaded class, an array class included. It is immutable once the
// dump is open.
type Class struct {
	ID uint64
	// Name as Java prints it: "java.lang.String", "byte[]",
	// "java.util.Map$Entry[]". A class whose name the dump lacks is called
	// after its id.
	Name string
	// Super is nil for java.lang.Object and where the dump lacks it.
	Super   *Class
	Fields  []Field // its own, in the dump's order; not its superclasses'
	Statics []Static
	// Size is an estimate of an instance's bytes in the JVM (layout.go); 0
	// for an array class.
	Size uint32

	index     uint32
	superID   uint64
	holds     [4]uint64 // loader, signers, protection domain, and what is reserved
	rawBytes  uint32    // in the JVM, before alignment
	refs      []uint32  // offsets of references in an instance's body
	special   refClass
	lastBytes uint32 // of the last own field, in the dump
	dumped    bool
}

// A Field is an instance field; Offset is that in the bytes of its own class
// within an instance's body.
type Field struct {
	Name   string
	Type   Type
	Offset uint32
}

// A Static is a static field with its value: an id for a reference, else the
// value's bits.
type Static struct {
	Name string
	Type Type
	Bits uint64
}

// A FieldRef is a field's place in the body of a class's instances. It is good
// for that class and its subclasses' own FieldRefs may differ: the body begins
// with the subclass's fields.
type FieldRef struct {
	Offset uint32
	Type   Type
}

// Field finds a field by name, a class's own before its superclasses'.
func (c *Class) Field(name string) (FieldRef, bool) {
	base := uint32(0)
	for depth := 0; c != nil && depth < maxClassDepth; c, depth = c.Super, depth+1 {
		for _, f := range c.Fields {
			if f.Name == name {
				return FieldRef{base + f.Offset, f.Type}, true
			}
		}
		base += c.ownBytes()
	}
	return FieldRef{}, false
}

// Is reports whether the class, or one of its superclasses, has the name.
func (c *Class) Is(name string) bool {
	for depth := 0; c != nil && depth < maxClassDepth; c, depth = c.Super, depth+1 {
		if c.Name == name {
			return true
		}
	}
	return false
}

// maxClassDepth bounds the walk up a chain that a damaged dump may have closed
// to a ring.
const maxClassDepth = 64

func (c *Class) ownBytes() uint32 {
	if len(c.Fields) == 0 {
		return 0
	}
	last := c.Fields[len(c.Fields)-1]
	// Offsets were computed with the dump's id size; so is the last one's end.
	return last.Offset + c.lastBytes
}

// readClassDump reads the class dump the walker stands at.
func (s *scan) readClassDump(w *walker) error {
	n := w.idSize
	w.seek(w.body)
	fixed := n + 4 + 6*n + 4
	if err := w.need(fixed); err != nil {
		return err
	}
	b := w.buf[w.pos:]
	c := s.class(getID(b, n))
	again := c.dumped
	c.dumped = true
	c.superID = getID(b[n+4:], n)
	for i := range 3 {
		c.holds[i] = getID(b[n+4+(1+i)*n:], n)
	}
	w.pos += fixed
	if err := s.skipConstants(w); err != nil {
		return err
	}
	statics, err := s.readStatics(w)
	if err != nil {
		return err
	}
	fields, err := s.readFields(w)
	if err != nil {
		return err
	}
	if w.offset() > w.end {
		return io.ErrUnexpectedEOF
	}
	if !again {
		c.Statics, c.Fields = statics, fields
		if k := len(fields); k > 0 {
			c.lastBytes = uint32(fields[k-1].Type.bytes(n))
		}
	}
	return nil
}

func (s *scan) count(w *walker) (int, error) {
	if err := w.need(2); err != nil {
		return 0, err
	}
	n := int(w.buf[w.pos])<<8 | int(w.buf[w.pos+1])
	w.pos += 2
	return n, nil
}

func (s *scan) skipConstants(w *walker) error {
	count, err := s.count(w)
	for i := 0; err == nil && i < count; i++ {
		if err = w.need(3); err != nil {
			break
		}
		w.pos += 2
		_, _, err = s.value(w)
	}
	return err
}

// value reads a type and a value of it.
func (s *scan) value(w *walker) (Type, uint64, error) {
	if err := w.need(1); err != nil {
		return 0, 0, err
	}
	t := Type(w.buf[w.pos])
	size := t.bytes(w.idSize)
	if size == 0 {
		return 0, 0, damaged(w.offset(), "a value of type %d in a class dump", t)
	}
	if err := w.need(1 + size); err != nil {
		return 0, 0, err
	}
	v := loadBits(w.buf[w.pos+1:], size)
	w.pos += 1 + size
	return t, v, nil
}

// loadBits loads size big-endian bytes.
func loadBits(b []byte, size int) uint64 {
	switch size {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(b[0])<<8 | uint64(b[1])
	case 4:
		return uint64(be32(b))
	}
	return be64(b)
}

func (s *scan) readStatics(w *walker) ([]Static, error) {
	count, err := s.count(w)
	if err != nil || count == 0 {
		return nil, err
	}
	var out []Static
	for range count {
		if err := w.need(w.idSize); err != nil {
			return nil, err
		}
		name := getID(w.buf[w.pos:], w.idSize)
		w.pos += w.idSize
		t, v, err := s.value(w)
		if err != nil {
			return nil, err
		}
		out = append(out, Static{Name: s.name(name), Type: t, Bits: v})
	}
	return out, nil
}

func (s *scan) readFields(w *walker) ([]Field, error) {
	count, err := s.count(w)
	if err != nil || count == 0 {
		return nil, err
	}
	if err := w.need(count * (w.idSize + 1)); err != nil {
		return nil, err
	}
	out := make([]Field, count)
	off := uint32(0)
	for i := range out {
		b := w.buf[w.pos:]
		t := Type(b[w.idSize])
		size := t.bytes(w.idSize)
		if size == 0 {
			return nil, damaged(w.offset(), "a field of type %d", t)
		}
		out[i] = Field{Name: s.name(getID(b, w.idSize)), Type: t, Offset: off}
		off += uint32(size)
		w.pos += w.idSize + 1
	}
	return out, nil
}

// javaName turns the JVM's inner name to Java's: "[Ljava/lang/String;" to
// "java.lang.String[]". Android's dumps have dots already. A hidden class's
// address keeps its slash, as Class.getName writes it: "A$$Lambda$1/0x7f…".
func javaName(inner string) string {
	if i := max(strings.Index(inner, "+0x"), strings.Index(inner, "/0x")); i >= 0 && inner[0] != '[' {
		return strings.ReplaceAll(inner[:i], "/", ".") + "/" + inner[i+1:]
	}
	dims := 0
	for dims < len(inner) && inner[dims] == '[' {
		dims++
	}
	name := inner[dims:]
	if dims > 0 {
		if len(name) == 1 {
			if i := strings.IndexByte("ZCFDBSIJ", name[0]); i >= 0 {
				name = (Boolean + Type(i)).String()
			}
		} else if strings.HasPrefix(name, "L") && strings.HasSuffix(name, ";") {
			name = name[1 : len(name)-1]
		}
	}
	return strings.ReplaceAll(name, "/", ".") + strings.Repeat("[]", min(dims, 255))
}
