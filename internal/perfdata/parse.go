// SPDX-License-Identifier: Apache-2.0

package perfdata

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	magic       = 0xcafec0c0
	headerBytes = 32
	entryBytes  = 20
)

var (
	// ErrFormat says that a file holds no counters of a known format.
	ErrFormat = errors.New("not a JVM's performance counters (PerfData 2.0)")
	// ErrNotReady says that the JVM has not filled in the file yet: it is
	// starting. Ask again.
	ErrNotReady = errors.New("the JVM is starting and has no counters yet")
)

// Counters are the values of one moment, by name. They are not read all at
// once by the JVM's clock: two of them may belong to either side of a change.
type Counters struct {
	longs map[string]int64
	texts map[string]string
}

// Long is a number; ok is false where there is no such counter.
func (c *Counters) Long(name string) (value int64, ok bool) {
	value, ok = c.longs[name]
	return value, ok
}

// Text is a string; empty where there is no such counter.
func (c *Counters) Text(name string) string { return c.texts[name] }

// Len is how many counters there are.
func (c *Counters) Len() int { return len(c.longs) + len(c.texts) }

// Parse reads the file's bytes. The JVM writes while it is being read: an
// entry that makes no sense ends the reading, and what came before counts.
func Parse(data []byte) (*Counters, error) {
	order, err := header(data)
	if err != nil {
		return nil, err
	}
	at := int64(order.Uint32(data[24:]))
	count := order.Uint32(data[28:])
	c := &Counters{longs: map[string]int64{}, texts: map[string]string{}}
	for range count {
		if at < headerBytes || at+entryBytes > int64(len(data)) {
			break
		}
		length := int64(order.Uint32(data[at:]))
		if length < entryBytes || at+length > int64(len(data)) {
			break
		}
		c.entry(order, data[at:at+length])
		at += length
	}
	if c.Len() == 0 {
		if count == 0 {
			return nil, ErrNotReady
		}
		return nil, fmt.Errorf("%w: no entry can be read", ErrFormat)
	}
	return c, nil
}

func header(data []byte) (binary.ByteOrder, error) {
	switch {
	case len(data) == 0:
		return nil, ErrNotReady // made, and not sized yet
	case len(data) < headerBytes:
		return nil, fmt.Errorf("%w: only %d bytes", ErrFormat, len(data))
	case binary.BigEndian.Uint32(data) == 0:
		return nil, ErrNotReady
	case binary.BigEndian.Uint32(data) != magic:
		return nil, ErrFormat
	case data[5] != 2:
		return nil, fmt.Errorf("%w: version %d.%d", ErrFormat, data[5], data[6])
	case data[7] == 0:
		return nil, ErrNotReady
	}
	switch data[4] {
	case 0:
		return binary.BigEndian, nil
	case 1:
		return binary.LittleEndian, nil
	}
	return nil, fmt.Errorf("%w: unknown byte order %d", ErrFormat, data[4])
}

// entry files one counter; of another type than J and B there is none in any
// JVM so far.
func (c *Counters) entry(order binary.ByteOrder, e []byte) {
	nameAt, vector, kind, dataAt := int64(order.Uint32(e[4:])), int64(order.Uint32(e[8:])), e[12], int64(order.Uint32(e[16:]))
	if nameAt < entryBytes || nameAt >= int64(len(e)) {
		return
	}
	name := e[nameAt:]
	end := bytes.IndexByte(name, 0)
	if end <= 0 {
		return
	}
	switch {
	case kind == 'J' && vector == 0 && dataAt+8 <= int64(len(e)):
		c.longs[string(name[:end])] = int64(order.Uint64(e[dataAt:]))
	case kind == 'B' && vector > 0 && dataAt+vector <= int64(len(e)):
		text, _, _ := bytes.Cut(e[dataAt:dataAt+vector], []byte{0})
		c.texts[string(name[:end])] = string(text)
	}
}
