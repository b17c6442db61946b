// SPDX-License-Identifier: Apache-2.0

package jfr

import (
	"encoding/binary"
	"errors"
	"unicode/utf16"
)

var errCut = errors.New("it ends in the middle of a value")

// A cursor decodes values from memory. The first error stays: what is read
// behind it is zero.
type cursor struct {
	b       []byte
	compact bool // integers are in LEB128, as nearly everywhere
	err     error
}

func (c *cursor) fail(err error) {
	if c.err == nil {
		c.err = err
	}
	c.b = nil
}

// take is the next n bytes.
func (c *cursor) take(n int64) []byte {
	if n < 0 || n > int64(len(c.b)) {
		c.fail(errCut)
		return nil
	}
	taken := c.b[:n]
	c.b = c.b[n:]
	return taken
}

func (c *cursor) byte() byte {
	if b := c.take(1); b != nil {
		return b[0]
	}
	return 0
}

// varint is an integer in LEB128; the ninth byte, if there is one, has 8 bits.
func (c *cursor) varint() int64 {
	var value uint64
	for i, b := range c.b {
		if i == 8 {
			c.b = c.b[9:]
			return int64(value | uint64(b)<<56)
		}
		value |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			c.b = c.b[i+1:]
			return int64(value)
		}
	}
	c.fail(errCut)
	return 0
}

// integer is one that takes so many bytes where integers are not compact.
func (c *cursor) integer(size int64) int64 {
	if c.compact {
		return c.varint()
	}
	b := c.take(size)
	if b == nil {
		return 0
	}
	var wide [8]byte
	copy(wide[8-size:], b)
	return int64(binary.BigEndian.Uint64(wide[:]))
}

func (c *cursor) int() int64  { return c.integer(4) }
func (c *cursor) long() int64 { return c.integer(8) }

// count is the number of things to come, each of at least one byte.
func (c *cursor) count() int {
	n := c.int()
	if n < 0 || n > int64(len(c.b)) {
		c.fail(errCut)
		return 0
	}
	return int(n)
}

// How a string is written.
const (
	nullString = iota
	emptyString
	pooledString
	utf8String
	charString
	latin1String
)

// text is a string, or the key of one in the pool of strings.
func (c *cursor) text() (s string, key int64, pooled bool) {
	switch encoding := c.byte(); encoding {
	case nullString, emptyString:
	case pooledString:
		return "", c.long(), true
	case utf8String:
		s = string(c.take(c.int()))
	case latin1String:
		b := c.take(c.int())
		runes := make([]rune, len(b))
		for i := range b {
			runes[i] = rune(b[i])
		}
		s = string(runes)
	case charString:
		units := make([]uint16, c.count())
		for i := range units {
			units[i] = uint16(c.integer(2))
		}
		s = string(utf16.Decode(units))
	default:
		c.fail(errors.New("a string is in an unknown encoding"))
	}
	return s, 0, false
}
