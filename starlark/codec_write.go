// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"context"
	"encoding/binary"
	"hash/crc32"
)

// A codecWriter writes what a reader reads.
type codecWriter struct {
	data  []byte
	table map[string]uint64
	list  []string
}

func (w *codecWriter) uint(v uint64)   { w.data = binary.AppendUvarint(w.data, v) }
func (w *codecWriter) int(v int64)     { w.uint(uint64(v<<1) ^ uint64(v>>63)) }
func (w *codecWriter) int32(v int32)   { w.int(int64(v)) }
func (w *codecWriter) word(v uint64)   { w.data = binary.LittleEndian.AppendUint64(w.data, v) }
func (w *codecWriter) string(s string) { w.uint(w.number(s)) }

// number is the string's number in the table.
func (w *codecWriter) number(s string) uint64 {
	n, ok := w.table[s]
	if !ok {
		n = uint64(len(w.list))
		w.table[s] = n
		w.list = append(w.list, s)
	}
	return n
}

func (w *codecWriter) span(s span, base int32) {
	w.int32(s.startLine - base)
	w.int32(s.startCol)
	w.int32(s.endLine - s.startLine)
	w.int32(s.endCol)
}

// encodeCache lays a cache file out; nil where ctx is done.
func encodeCache(ctx context.Context, root string, files []*source) []byte {
	records := &codecWriter{table: map[string]uint64{}}
	index := &codecWriter{}
	n := 0
	for _, src := range files {
		if ctx.Err() != nil {
			return nil
		}
		if !src.cached() {
			continue
		}
		n++
		start := len(records.data)
		records.summary(src.sum)
		index.uint(records.number(src.path))
		index.uint(uint64(src.stamp.size))
		index.int(src.stamp.mtime)
		index.uint(uint64(len(records.data) - start))
	}
	out := &codecWriter{data: append([]byte(cacheMagic), cacheVersion, 0, 0, 0, 0)}
	out.uint(uint64(len(root)))
	out.data = append(out.data, root...)
	out.uint(uint64(len(records.list)))
	for _, s := range records.list {
		out.uint(uint64(len(s)))
	}
	for _, s := range records.list {
		out.data = append(out.data, s...)
	}
	out.uint(uint64(n))
	out.data = append(out.data, index.data...)
	out.data = append(out.data, records.data...)
	header := len(cacheMagic) + 1
	binary.LittleEndian.PutUint32(out.data[header:], crc32.Checksum(out.data[header+4:], castagnoli))
	return out.data
}

// summary writes one record, as decodeSummary reads it.
func (w *codecWriter) summary(s *fileSummary) {
	exprs := 0
	s.eachExpr(func(e *expr) { exprs += len(e.args) })
	w.uint(uint64(exprs))
	if s.fault == nil {
		w.uint(0)
	} else {
		w.uint(1)
		w.int32(s.fault.line)
		w.int32(s.fault.column)
		w.string(s.fault.message)
		w.uint(uint64(len(s.broken)))
		for _, b := range s.broken {
			w.int32(b.first)
			w.int32(b.last)
		}
	}
	w.uint(uint64(len(s.functions)))
	line := int32(0)
	for i := range s.functions {
		w.function(&s.functions[i], int32(i), line)
		line = s.functions[i].span.startLine
	}
	w.uint(uint64(len(s.loads)))
	for i := range s.loads {
		l := &s.loads[i]
		w.string(l.module)
		w.span(l.span, 0)
		w.uint(uint64(len(l.names)))
		for _, n := range l.names {
			w.string(n.local)
			w.string(n.remote)
		}
	}
	w.items(s)
}

func (w *codecWriter) function(f *funcSummary, index, line int32) {
	switch f.kind {
	case Lambda:
		w.uint(1)
	case Toplevel:
		w.uint(2)
	default:
		w.uint(0)
	}
	w.string(f.name)
	w.span(f.span, line)
	w.span(f.nameSpan, f.span.startLine)
	w.int32(index - f.parent)
	w.word(f.shape)
	w.uint(uint64(len(f.params)))
	for i := range f.params {
		w.string(f.params[i].name)
		w.uint(uint64(f.params[i].stars))
		w.expr(&f.params[i].value)
	}
	w.uint(uint64(len(f.bindings)))
	for i := range f.bindings {
		b := &f.bindings[i]
		w.string(b.name)
		w.span(b.span, line)
		w.span(b.nameSpan, b.span.startLine)
		w.word(b.shape)
		w.spot(&b.spot)
		if b.adds {
			w.uint(1)
		} else {
			w.uint(0)
		}
		w.expr(&b.value)
	}
	w.uint(uint64(len(f.callees)))
	var before uint32
	for _, hash := range f.callees {
		w.uint(uint64(hash - before))
		before = hash
	}
	w.uint(uint64(len(f.returns)))
	for i := range f.returns {
		w.spot(&f.returns[i].spot)
		w.expr(&f.returns[i].value)
	}
	w.uint(uint64(len(f.callSites)))
	for i := range f.callSites {
		c := &f.callSites[i]
		w.span(c.span, line)
		w.span(c.nameSpan, c.span.startLine)
		w.spot(&c.spot)
		w.expr(&c.call)
	}
}

func (w *codecWriter) spot(s *spot) {
	w.int32(s.seq)
	w.uint(uint64(len(s.around)))
	for i := range s.around {
		c := &s.around[i]
		w.int32(c.id)
		w.expr(&c.over)
		w.uint(uint64(len(c.vars)))
		for _, name := range c.vars {
			w.string(name)
		}
	}
}

func (w *codecWriter) expr(e *expr) {
	w.uint(uint64(e.op))
	switch e.op {
	case opNone:
		return
	case opInt, opFunction:
		w.int32(e.n)
		return
	case opName, opString:
		w.string(e.text)
		return
	case opKeyword, opDot, opBinary, opTest:
		w.string(e.text)
	}
	w.uint(uint64(len(e.args)))
	for i := range e.args {
		w.expr(&e.args[i])
	}
}

func (w *codecWriter) items(s *fileSummary) {
	w.uint(uint64(len(s.items)))
	var before item
	for _, it := range s.items {
		w.int32(it.lines.first - before.lines.last)
		w.int32(it.lines.last - it.lines.first)
		w.next(before.functions, it.functions)
		w.next(before.bindings, it.bindings)
		w.next(before.callSites, it.callSites)
		w.next(before.load, it.load)
		before = it
	}
}

func (w *codecWriter) next(before, r [2]int32) {
	w.int32(r[0] - before[1])
	w.int32(r[1] - r[0])
}
