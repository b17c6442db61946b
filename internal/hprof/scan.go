// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// The one pass over the file: records, and within heap dump records the
// sub-records. What it keeps is proportional to the classes, names, roots and
// stack traces; of the objects it keeps a block for every 32 (blocks.go) and
// counts (histogram.go).

type nameRef struct {
	off    int64
	length uint32
}

type scan struct {
	d   *Dump
	src *dumpFile
	ctx context.Context

	names    map[uint64]nameRef
	interned map[uint64]string
	byID     idMap // class id → index in d.classes
	serials  map[uint32]uint64
	frames   map[uint64]frameRecord
	traces   map[uint32]traceRecord

	blocks   blockBuilder
	evidence layoutEvidence
	counts   []classCount
	prims    [12]arrayCount
	watch    map[string]bool

	// A dump in segments is closed by a record of its own.
	segmented, ended bool

	// fixed: a worker's, which makes no class (parallel.go). serial counts the
	// segments until workers are asked again, lastSerial how many it was the last
	// time.
	fixed              bool
	serial, lastSerial int

	sinceCheck int
	lastReport int64
}

// run reads the whole file. Damage ends it without an error: what was read
// stands, and d.damage tells the rest.
func (s *scan) run() error {
	w := &walker{window: newWindow(s.src), idSize: s.d.idSize}
	if s.d.opts.Workers != 1 {
		w.ahead = newReadAhead()
		defer w.ahead.stop()
	}
	w.seek(s.d.firstRecord)
	for {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		err := s.record(w)
		switch {
		case err == nil:
			continue
		case err == io.EOF:
			s.d.damage = s.src.damage
			if s.segmented && !s.ended && s.d.damage == "" {
				s.d.damage = "the dump lacks the record that ends it: it was cut between two records; everything before was read"
			}
			return nil
		case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
			return err
		case err == io.ErrUnexpectedEOF:
			s.d.damage = fmt.Sprintf("the dump is cut: %d of its bytes end inside a record; everything before was read", s.src.size)
		case errors.Is(err, errDamaged):
			s.d.damage = fmt.Sprintf("the dump is %v; everything before was read", err)
		default:
			return err
		}
		if s.src.damage != "" {
			s.d.damage += "; " + s.src.damage
		}
		return nil
	}
}

// record reads one record; io.EOF at a proper end of the file.
func (s *scan) record(w *walker) error {
	if w.offset() == w.size {
		return io.EOF
	}
	if err := w.need(recordHeaderBytes); err != nil {
		return err
	}
	b := w.buf[w.pos:]
	tag, length := b[0], int64(be32(b[5:]))
	if tag == tagHeapDumpSegment {
		if moved, err := s.inParallel(w); moved || err != nil {
			return err
		}
	}
	w.pos += recordHeaderBytes
	body := w.offset()
	switch tag {
	case tagHeapDump, tagHeapDumpSegment:
		s.segmented = s.segmented || tag == tagHeapDumpSegment
		return s.heap(w, tag, length)
	case 0:
		return damaged(body-recordHeaderBytes, "a record of tag 0 (the file is padded with zeros: it was not written to its end)")
	}
	if tag > tagHeapDumpEnd {
		return damaged(body-recordHeaderBytes, "no record has the tag 0x%02x", tag)
	}
	if body+length > w.size {
		return io.ErrUnexpectedEOF
	}
	var err error
	switch tag {
	case tagUTF8:
		err = s.utf8(w, length)
	case tagLoadClass:
		err = s.loadClass(w, length)
	case tagFrame:
		err = s.frame(w, length)
	case tagTrace:
		err = s.trace(w, length)
	case tagHeapDumpEnd:
		s.ended = true
	}
	w.seek(body + length)
	if err != nil {
		return err
	}
	return s.check(w, 1)
}

// check looks at the context and reports progress, every so many records.
func (s *scan) check(w *walker, n int) error {
	if s.sinceCheck += n; s.sinceCheck < 1<<14 {
		return nil
	}
	s.sinceCheck = 0
	s.report(w.offset())
	return s.ctx.Err()
}

func (s *scan) report(at int64) {
	if s.d.opts.Progress != nil && at-s.lastReport > 16<<20 {
		s.lastReport = at
		s.d.opts.Progress(Progress{Stage: "reading", Done: at, Total: s.src.size})
	}
}

func (s *scan) utf8(w *walker, length int64) error {
	n := int64(w.idSize)
	if length < n {
		return damaged(w.offset(), "a name record of %d bytes", length)
	}
	if err := w.need(int(n)); err != nil {
		return err
	}
	id := getID(w.buf[w.pos:], w.idSize)
	s.names[id] = nameRef{w.offset() + n, uint32(length - n)}
	return nil
}

// name is the string with that id, "" where the dump has none.
func (s *scan) name(id uint64) string {
	if name, ok := s.interned[id]; ok {
		return name
	}
	ref, ok := s.names[id]
	if !ok || ref.length > maxRecordedNameBytes {
		return ""
	}
	buf := make([]byte, ref.length)
	if err := s.src.readAt(buf, ref.off); err != nil {
		return ""
	}
	name := string(buf)
	s.interned[id] = name
	return name
}

func (s *scan) loadClass(w *walker, length int64) error {
	n := w.idSize
	if length < int64(8+2*n) {
		return damaged(w.offset(), "a load class record of %d bytes", length)
	}
	if err := w.need(8 + 2*n); err != nil {
		return err
	}
	b := w.buf[w.pos:]
	id := getID(b[4:], n)
	s.serials[be32(b)] = id
	if name := s.name(getID(b[8+n:], n)); name != "" {
		s.class(id).Name = javaName(name)
	}
	return nil
}

// class is the class with that id, made where it is new.
func (s *scan) class(id uint64) *Class {
	if i, ok := s.byID.get(id); ok {
		return s.d.classes[i]
	}
	c := &Class{ID: id, index: uint32(len(s.d.classes))}
	s.d.classes = append(s.d.classes, c)
	s.counts = append(s.counts, classCount{minDelta: noDelta})
	s.byID.put(id, c.index)
	return c
}

// heap walks one heap dump record. Two quirks of old JVMs: a HEAP_DUMP whose
// length is 0 runs until something that can only be a record; one of more than
// 4 GB has the low 32 bits of its length, which shows as a sub-record across
// its end.
func (s *scan) heap(w *walker, tag byte, length int64) error {
	w.end, w.openEnded = w.offset()+length, false
	if tag == tagHeapDump && length == 0 {
		w.end, w.openEnded = w.size, true
	}
	declared := w.end
	w.end = min(w.end, w.size)
	s.blocks.cut()
	for {
		if n := s.fastPath(w); n > 0 {
			if err := s.check(w, n); err != nil {
				return err
			}
		}
		if err := w.step(); err != nil {
			switch {
			case errors.Is(err, errDamaged) && tag == tagHeapDump && declared+1<<32 <= w.size:
				declared += 1 << 32
				w.end = declared
				w.seek(w.start)
				continue
			case err != io.EOF:
				return err
			case w.end < declared && !w.openEnded:
				return io.ErrUnexpectedEOF
			}
			return nil
		}
		if err := s.subRecord(w); err != nil {
			return err
		}
		w.leave()
		if err := s.check(w, 1); err != nil {
			return err
		}
	}
}

func (s *scan) subRecord(w *walker) error {
	switch w.tag {
	case subInstanceDump:
		c, ok := s.byID.get(w.class)
		if !ok {
			if s.fixed {
				return errSerialOnly
			}
			c = s.class(w.class).index
		}
		s.previous(s.blocks.add(w.id, w.start))
		k := &s.counts[c]
		k.count++
		if k.watch != unwatched {
			s.watched(k, s.d.classes[c], w.id)
		}
		s.evidence.instance(c)
	case subObjectArrayDump:
		c, ok := s.byID.get(w.class)
		if !ok {
			if s.fixed {
				return errSerialOnly
			}
			c = s.class(w.class).index
		}
		s.previous(s.blocks.add(w.id, w.start))
		k := &s.counts[c]
		k.count++
		if k.array == nil {
			k.array = new(arrayCount)
		}
		k.array.add(w.length)
		s.evidence.array(Ref, w.length)
	case subPrimArrayDump, subPrimArrayNoData:
		s.previous(s.blocks.add(w.id, w.start))
		s.prims[w.element].add(w.length)
		s.evidence.array(w.element, w.length)
	case subClassDump:
		if s.fixed {
			return errSerialOnly
		}
		s.blocks.cut()
		s.evidence.nothing()
		return s.readClassDump(w)
	case subHeapDumpInfo:
		s.blocks.cut()
	case subRootUnreachable:
		s.blocks.cut() // Android: an object that is no root
	default:
		s.blocks.cut()
		s.d.roots = append(s.d.roots, Root{ID: w.id, Kind: RootKind(w.tag), Thread: w.thread, Frame: w.frame})
	}
	return nil
}

// previous hands the distance to the object before on to what learns sizes
// from it.
func (s *scan) previous(delta uint64) {
	if delta == 0 {
		return
	}
	if c, ok := s.evidence.observe(delta); ok {
		k := &s.counts[c]
		k.deltas++
		switch d := uint32(delta); {
		case d < k.minDelta:
			k.minDelta, k.atMin = d, 1
		case d == k.minDelta:
			k.atMin++
		}
	}
}

const (
	watchUnknown = iota
	unwatched
	watching
)

func (s *scan) watched(k *classCount, c *Class, id uint64) {
	if k.watch == watchUnknown {
		k.watch = unwatched
		for depth, at := 0, c; at != nil && depth < maxClassDepth; depth++ {
			if s.watch[at.Name] {
				k.watch = watching
				break
			}
			i, ok := s.byID.get(at.superID)
			if !ok {
				break
			}
			at = s.d.classes[i]
		}
	}
	if k.watch == watching {
		s.d.watched[c.index] = append(s.d.watched[c.index], id)
	}
}
