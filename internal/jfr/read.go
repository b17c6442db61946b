// SPDX-License-Identifier: Apache-2.0

package jfr

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Read reads a recording of size bytes. What is damaged gives what lies before
// the damage, and the summary says what was lost; the error is that of a file
// that is no recording, of r, or the context's.
func Read(ctx context.Context, r io.ReaderAt, size int64, visit Visitor) (RecordingSummary, error) {
	var sum RecordingSummary
	for at := int64(0); at < size; {
		var head [headerSize]byte
		if n, err := r.ReadAt(head[:], at); n < headerSize {
			if err != nil && !errors.Is(err, io.EOF) {
				return sum, err
			}
			if at == 0 && (n < len(Magic) || string(head[:len(Magic)]) != Magic) {
				return sum, ErrFormat
			}
			sum.damaged(at, errCut)
			return sum, nil
		}
		h, err := parseHeader(head[:])
		if err != nil {
			if at == 0 {
				return sum, err
			}
			sum.damaged(at, err)
			return sum, nil
		}
		length := h.size
		if h.unfinished || length < headerSize || length > size-at {
			if !h.unfinished {
				sum.damaged(at, fmt.Errorf("a chunk says that it has %d bytes, and there are %d", length, size-at))
			}
			length = size - at
		}
		c := chunk{chunkHeader: h, body: io.NewSectionReader(r, at+headerSize, length-headerSize), visit: visit, sum: &sum}
		if err := c.read(ctx); err != nil {
			if ctx.Err() != nil {
				return sum, ctx.Err()
			}
			sum.damaged(at, err)
		}
		sum.add(&h)
		at += length
	}
	if sum.Chunks == 0 {
		return sum, ErrFormat
	}
	return sum, nil
}

// damaged notes the first damage.
func (s *RecordingSummary) damaged(at int64, err error) {
	if s.Damage == "" {
		s.Damage = fmt.Sprintf("damaged in the chunk at byte %d: %v", at, err)
	}
}

func (s *RecordingSummary) add(h *chunkHeader) {
	if start := h.at(h.startTicks); s.Chunks == 0 || start.Before(s.Start) {
		s.Start = start
	}
	if end := h.end(); end.After(s.End) {
		s.End = end
	}
	s.Chunks++
}

// A chunk that is being read.
type chunk struct {
	chunkHeader
	body   *io.SectionReader
	visit  Visitor
	sum    *RecordingSummary
	pools  *pools
	stacks map[int64][]string
	names  map[int64]string // of methods
	wanted map[int64]func(rawValue)
}

// read reads the events, once all that they refer to is known.
func (c *chunk) read(ctx context.Context) error {
	cutShort := c.describe(ctx)
	if ctx.Err() != nil || c.pools == nil {
		return cutShort
	}
	c.stacks, c.names = map[int64][]string{}, map[int64]string{}
	c.choose()
	if _, err := c.body.Seek(0, io.SeekStart); err != nil {
		return err
	}
	var spoilt error
	err := c.events(ctx, c.body, func(kind int64) bool { return c.wanted[kind] != nil }, func(kind int64, body []byte) error {
		in := &cursor{b: body, compact: c.compact}
		v := in.read(c.pools.classes[kind])
		if in.err != nil {
			spoilt = in.err // the next event begins where it is said to
			return nil
		}
		c.wanted[kind](v)
		return nil
	})
	return cmp.Or(cutShort, err, spoilt)
}

// describe reads the metadata, the last of which hold, and the constants.
func (c *chunk) describe(ctx context.Context) error {
	var metadata []byte
	var checkpoints [][]byte
	kept := 0
	err := c.events(ctx, c.body, func(kind int64) bool { return kind == metadataType || kind == checkpointType }, func(kind int64, body []byte) error {
		body = append([]byte(nil), body...)
		if kind == metadataType {
			metadata = body
			return nil
		}
		if kept += len(body); kept > maxCheckpoints {
			return fmt.Errorf("it has more than %d MiB of constants", maxCheckpoints>>20)
		}
		checkpoints = append(checkpoints, body)
		return nil
	})
	if metadata == nil {
		if err == nil {
			err = errors.New("it was not closed: nothing says what its events mean")
		}
		return err
	}
	classes, wrong := readMetadata(&cursor{b: metadata, compact: c.compact})
	if wrong != nil {
		return wrong
	}
	c.pools = newPools(classes, c.compact)
	for _, body := range checkpoints {
		if wrong := c.pools.add(body); wrong != nil && err == nil {
			err = wrong
		}
	}
	return err
}

// choose finds the types of the events that are wanted.
func (c *chunk) choose() {
	c.wanted = map[int64]func(rawValue){}
	for id, class := range c.pools.classes {
		switch class.name {
		case "jdk.ObjectAllocationSample":
			c.wanted[id] = c.allocation(Sample, "weight")
		case "jdk.ObjectAllocationInNewTLAB":
			c.wanted[id] = c.allocation(InNewTLAB, "tlabSize")
		case "jdk.ObjectAllocationOutsideTLAB":
			c.wanted[id] = c.allocation(OutsideTLAB, "allocationSize")
		case "jdk.GarbageCollection":
			c.wanted[id] = c.collection
		case "jdk.DataLoss":
			c.wanted[id] = func(v rawValue) { c.sum.LostBytes += c.pools.get(v, "amount").count() }
		}
		if id == metadataType || id == checkpointType {
			delete(c.wanted, id)
		}
	}
}

// allocation makes allocations of one kind of event.
func (c *chunk) allocation(source AllocationEvent, bytes string) func(rawValue) {
	if c.visit.Allocation == nil {
		return nil
	}
	return func(v rawValue) {
		c.sum.Events++
		c.visit.Allocation(&Allocation{
			At: c.at(c.pools.get(v, "startTime").number), Thread: c.thread(v), Source: source,
			Class: c.pools.get(v, "objectClass", "name", "string").text, Bytes: c.pools.get(v, bytes).count(),
			Frames: c.frames(v),
		})
	}
}

func (c *chunk) thread(v rawValue) VMThread {
	t := VMThread{Name: c.pools.get(v, "eventThread", "javaName").text, ID: c.pools.get(v, "eventThread", "javaThreadId").number}
	if t.Name == "" {
		t.Name = c.pools.get(v, "eventThread", "osName").text
	}
	return t
}

// maxFrames is as many as the JVM can be told to record.
const maxFrames = 2048

// frames are an event's stack. One that is known by its key is made once.
func (c *chunk) frames(v rawValue) []string {
	key, pooled := c.keyOf(v, "stackTrace")
	if pooled {
		if stack, known := c.stacks[key]; known {
			return stack
		}
	}
	list := c.pools.get(v, "stackTrace", "frames").list
	stack := make([]string, 0, min(len(list), maxFrames))
	for _, frame := range list[:min(len(list), maxFrames)] {
		stack = append(stack, c.method(frame))
	}
	if pooled {
		c.stacks[key] = stack
	}
	return stack
}

// method is a frame's. There are some thousands, in many more stacks.
func (c *chunk) method(frame rawValue) string {
	key, pooled := c.keyOf(frame, "method")
	if name, known := c.names[key]; pooled && known {
		return name
	}
	method := c.pools.get(frame, "method")
	name := c.pools.get(method, "type", "name", "string").text + "." + c.pools.get(method, "name", "string").text
	if pooled {
		c.names[key] = name
	}
	return name
}

// keyOf is the key that stands for a field's value.
func (c *chunk) keyOf(v rawValue, name string) (key int64, pooled bool) {
	for i := range v.fields {
		if v.of.fields[i].name == name {
			return v.fields[i].number, v.fields[i].key
		}
	}
	return 0, false
}

func (c *chunk) collection(v rawValue) {
	if c.visit.Collection == nil {
		return
	}
	c.sum.Events++
	get := func(names ...string) rawValue { return c.pools.get(v, names...) }
	c.visit.Collection(&Collection{
		ID: get("gcId").number, At: c.at(get("startTime").number), Duration: c.span(get("duration").number),
		Paused: time.Duration(c.span(get("sumOfPauses").number)), Collector: get("name", "name").text, Cause: get("cause", "cause").text,
	})
}
