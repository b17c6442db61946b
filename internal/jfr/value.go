// SPDX-License-Identifier: Apache-2.0

package jfr

import (
	"fmt"
	"math"
)

var errConstants = fmt.Errorf("it has more than %d constants", maxConstants)

// A rawValue is one of a class, as it was written.
type rawValue struct {
	number int64 // or the key, where key is set
	text   string
	key    bool
	of     *class
	fields []rawValue // by the class's fields
	list   []rawValue
}

// read decodes a value of a class.
func (c *cursor) read(of *class) rawValue {
	v := rawValue{of: of}
	switch of.scalar {
	case boolean, single:
		v.number = int64(c.byte())
	case short:
		v.number = c.integer(2)
	case integer32:
		v.number = c.int()
	case integer64:
		v.number = c.long()
	case float32bits:
		c.take(4)
	case float64bits:
		c.take(8)
	case str:
		v.text, v.number, v.key = c.text()
	default:
		v.fields = make([]rawValue, len(of.fields))
		for i := 0; i < len(of.fields) && c.err == nil; i++ {
			v.fields[i] = c.field(&of.fields[i])
		}
	}
	return v
}

func (c *cursor) field(f *classField) rawValue {
	if !f.array {
		return c.one(f)
	}
	n := c.elements(f)
	v := rawValue{of: f.class, list: make([]rawValue, 0, n)}
	for ; n > 0 && c.err == nil; n-- {
		v.list = append(v.list, c.one(f))
	}
	return v
}

// elements is how many there are in a list.
func (c *cursor) elements(f *classField) int {
	n := c.count()
	if n > 0 && !f.pooled && f.class.least == 0 {
		c.fail(errMetadata) // a list of nothing can be of any length
		return 0
	}
	return n
}

func (c *cursor) one(f *classField) rawValue {
	if f.pooled {
		return rawValue{of: f.class, number: c.long(), key: true}
	}
	return c.read(f.class)
}

// skip passes over a value of a class.
func (c *cursor) skip(of *class) {
	if of.scalar != notScalar {
		c.read(of)
		return
	}
	for i := 0; i < len(of.fields) && c.err == nil; i++ {
		f := &of.fields[i]
		n := 1
		if f.array {
			n = c.elements(f)
		}
		for ; n > 0 && c.err == nil; n-- {
			if f.pooled {
				c.long()
			} else {
				c.skip(f.class)
			}
		}
	}
}

// pools are the constants of one chunk: where each is written, until it is
// asked for.
type pools struct {
	classes map[int64]*class
	raw     map[*class]map[int64][]byte
	known   map[*class]map[int64]rawValue
	compact bool
	strings *class
	noted   int // constants
	held    int // bytes of those in known
}

// Bounds on the constants of a chunk; a JVM begins a new one every 12 MB.
const (
	maxConstants = 1 << 21
	maxConstant  = 1 << 20 // bytes of one; a stack of 2048 frames has 40 KB
	maxHeld      = 32 << 20
)

func newPools(classes map[int64]*class, compact bool) *pools {
	p := &pools{classes: classes, raw: map[*class]map[int64][]byte{}, known: map[*class]map[int64]rawValue{}, compact: compact}
	for _, c := range classes {
		if c.scalar == str {
			p.strings = c
		}
	}
	return p
}

// add notes the constants of a checkpoint, behind its size and type.
func (p *pools) add(body []byte) error {
	c := &cursor{b: body, compact: p.compact}
	c.long() // start
	c.long() // duration
	c.long() // where the one before is
	c.byte() // its kind
	for n := c.int(); n > 0 && c.err == nil; n-- {
		of := p.classes[c.long()]
		if of == nil {
			c.fail(errMetadata) // nobody knows where the next begins
			break
		}
		constants := p.raw[of]
		if constants == nil {
			constants = map[int64][]byte{}
			p.raw[of] = constants
		}
		for k := c.count(); k > 0 && c.err == nil; k-- {
			key := c.long()
			at := c.b
			c.skip(of)
			if p.noted++; p.noted > maxConstants {
				c.fail(errConstants)
			}
			if raw := at[:len(at)-len(c.b)]; c.err == nil && len(raw) <= maxConstant {
				constants[key] = raw
			}
		}
	}
	return c.err
}

// follow is the value that a key leads to; a value that is none is itself.
func (p *pools) follow(v rawValue) rawValue {
	for range maxDepth { // a string in the pool may stand for another
		if !v.key {
			return v
		}
		of := v.of
		if of.scalar == str {
			of = p.strings
		}
		if known, ok := p.known[of][v.number]; ok {
			return known
		}
		raw, ok := p.raw[of][v.number]
		if !ok {
			return rawValue{of: of}
		}
		c := &cursor{b: raw, compact: p.compact}
		next := c.read(of)
		if p.held += len(raw); !next.key && p.held <= maxHeld {
			if p.known[of] == nil {
				p.known[of] = map[int64]rawValue{}
			}
			p.known[of][v.number] = next
		}
		v = next
	}
	return rawValue{of: v.of}
}

// get is a field of a value, keys followed; the zero value where there is none.
func (p *pools) get(v rawValue, names ...string) rawValue {
	for _, name := range names {
		v = p.follow(v)
		found := rawValue{}
		if v.of != nil && len(v.fields) == len(v.of.fields) {
			for i := range v.of.fields {
				if v.of.fields[i].name == name {
					found = v.fields[i]
					break
				}
			}
		}
		if found.of == nil {
			return rawValue{}
		}
		v = found
	}
	return p.follow(v)
}

func (v rawValue) count() int64 { return min(max(v.number, 0), math.MaxInt64>>8) }
