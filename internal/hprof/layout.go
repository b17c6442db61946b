// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"math/bits"
	"slices"
)

// A dump says what an object's fields are and nothing of its size: that is the
// JVM's business, and has changed with every other release. Sizes here are
// estimates, in two steps.
//
// The layout's parameters — the bytes before an array's elements, those of a
// reference, the alignment — are measured in the dump itself. An id is an
// address and HotSpot's heap is packed, so the distance between two objects
// that follow each other is the size of the first (or more, where something
// dead lies between; never less). Over the arrays, whose length is known, each
// possible layout predicts a size; the one that is never larger than the
// distance and most often equal to it is the JVM's. Compressed references,
// compressed class pointers and JDK 24's compact headers tell themselves apart
// that way; only where ids are no addresses it is guessed: references are
// compressed where all ids lie within 32 GB.
//
// An instance's fields are then packed as JDK 15 and later do
// (classfile/fieldLayoutBuilder.cpp): primitives from large to small, then
// references, each in the smallest hole that takes it, the superclasses' holes
// included. Earlier JVMs leave some of these holes open; the distances correct
// that, and the fields that HotSpot injects and no dump shows, class by class.

// A Layout is what sizes are estimated by; in bytes.
type Layout struct {
	Header      uint32 // before an instance's first field
	ArrayHeader uint32 // before an array's first element
	Reference   uint32
	Alignment   uint32
	// Measured: found from the distances between objects, not guessed.
	Measured bool
}

func (l Layout) align(n uint64) uint64 {
	a := uint64(l.Alignment)
	return (n + a - 1) &^ (a - 1)
}

// ArrayBytes estimates an array's size in the JVM.
func (l Layout) ArrayBytes(t Type, length uint32) uint64 {
	size := uint64(l.Reference)
	if t != Ref {
		size = uint64(t.bytes(0))
	}
	return l.align(uint64(l.ArrayHeader) + size*uint64(length))
}

// The layouts HotSpot can have, by the bytes before an array's elements:
// 12 compact headers; 16 compressed class pointers; 20 and 24 whole ones (from
// JDK 23 on without the gap); on 32 bits 12 too.
var arrayHeaders = [4]uint32{12, 16, 20, 24}

const noDelta = ^uint32(0)

type previousObject uint8

const (
	previousNothing previousObject = iota
	previousInstance
	previousArray
)

// maxObservations are as many arrays as are looked at, and enough.
const maxObservations = 1 << 20

type layoutEvidence struct {
	what   previousObject
	class  uint32
	elem   Type
	length uint32
	// By array header, then for reference arrays by 4 and 8.
	equal, less  [4][3]int64
	observations int
}

func (e *layoutEvidence) nothing()          { e.what = previousNothing }
func (e *layoutEvidence) instance(c uint32) { e.what, e.class = previousInstance, c }
func (e *layoutEvidence) array(t Type, n uint32) {
	e.what, e.elem, e.length = previousArray, t, n
}

// observe takes the distance from the object before; it returns its class
// where it was an instance.
func (e *layoutEvidence) observe(delta uint64) (uint32, bool) {
	if e.what == previousInstance {
		return e.class, delta < maxBlockStep
	}
	if e.what != previousArray || e.observations > maxObservations {
		return 0, false
	}
	e.observations++
	if e.elem != Ref {
		e.tally(0, uint64(e.length)*uint64(e.elem.bytes(0)), delta)
		return 0, false
	}
	e.tally(1, 4*uint64(e.length), delta)
	e.tally(2, 8*uint64(e.length), delta)
	return 0, false
}

// join adds what was seen elsewhere in the file.
func (e *layoutEvidence) join(o *layoutEvidence) {
	e.nothing()
	if e.observations > maxObservations {
		return
	}
	e.observations += o.observations
	for i := range e.equal {
		for kind := range e.equal[i] {
			e.equal[i][kind] += o.equal[i][kind]
			e.less[i][kind] += o.less[i][kind]
		}
	}
}

func (e *layoutEvidence) tally(kind int, content, delta uint64) {
	for i, h := range arrayHeaders {
		switch predicted := (uint64(h) + content + 7) &^ 7; {
		case predicted == delta:
			e.equal[i][kind]++
		case predicted > delta:
			e.less[i][kind]++
		}
	}
}

// learnSorted looks at distances where the file's order is not that of the
// addresses (ZGC): over a part of the sorted index.
func (s *scan) learnSorted(blocks []block) {
	s.evidence = layoutEvidence{}
	for i := range s.counts {
		s.counts[i].minDelta, s.counts[i].deltas, s.counts[i].atMin = noDelta, 0, 0
	}
	for i := range min(len(blocks), 1<<18) {
		o, _, err := s.d.objectAt(blocks[i].offset())
		if err != nil {
			return
		}
		if i > 0 {
			s.previous(blocks[i].first - blocks[i-1].first)
		}
		switch o.kind {
		case Instance:
			s.evidence.instance(o.class.index)
		case ObjectArray, PrimitiveArray:
			s.evidence.array(o.element, o.length)
		}
	}
}

// layout decides. idBits are all ids or'ed together, span their range.
func (e *layoutEvidence) layout(idSize int, idBits, span uint64, objects int64) Layout {
	l := Layout{Header: 12, ArrayHeader: 16, Reference: 4, Alignment: 8}
	if idSize == 4 {
		l = Layout{Header: 8, ArrayHeader: 12, Reference: 4, Alignment: 8}
	} else if span >= 32<<30 {
		l = Layout{Header: 12, ArrayHeader: 16, Reference: 8, Alignment: 8}
	}
	if objects > 1000 && idBits != 0 && bits.TrailingZeros64(idBits) == 4 {
		l.Alignment = 16
	}
	best := int64(0)
	for i, h := range arrayHeaders {
		for kind := 1; kind <= 2; kind++ {
			equal := e.equal[i][0] + e.equal[i][kind]
			// An object that overlaps the next cannot be; a few are
			// forgiven to ids reused by a concurrent collector.
			if less := e.less[i][0] + e.less[i][kind]; less*100 > equal || equal <= best {
				continue
			}
			best = equal
			l.ArrayHeader, l.Reference, l.Measured = h, uint32(4*kind), true
		}
	}
	if l.Measured {
		l.Header = map[uint32]uint32{12: 8, 16: 12, 20: 16, 24: 16}[l.ArrayHeader]
	}
	return l
}

// A hole is a range of bytes of an instance that no field takes.
type hole struct{ from, to uint32 }

type packing struct {
	end   uint32
	holes []hole
}

// packer sizes classes, superclasses first.
type packer struct {
	layout Layout
	done   map[*Class]packing
}

// injected counts the fields of a word that HotSpot adds to its own classes
// and leaves out of the dump (ALL_INJECTED_FIELDS in classfile/javaClasses.hpp,
// JDK 17; java.lang.Class's are in classObjectBytes).
var injected = map[string]int{
	"java.lang.Module":                                     1,
	"java.lang.ClassLoader":                                1,
	"java.lang.invoke.MemberName":                          1,
	"java.lang.invoke.CallSite$Context":                    2,
	"java.lang.invoke.MethodHandleNatives$CallSiteContext": 2,
	"java.lang.invoke.ResolvedMethodName":                  1,
}

func (p *packer) pack(c *Class, depth int) packing {
	if c == nil || depth > maxClassDepth {
		return packing{end: p.layout.Header}
	}
	if known, ok := p.done[c]; ok {
		return known
	}
	super := p.pack(c.Super, depth+1)
	k := packing{end: super.end, holes: slices.Clone(super.holes)}
	for range injected[c.Name] {
		k.place(8)
	}
	for _, size := range [...]uint32{8, 4, 2, 1} {
		for _, f := range c.Fields {
			if f.Type != Ref && uint32(f.Type.bytes(0)) == size {
				k.place(size)
			}
		}
	}
	for _, f := range c.Fields {
		if f.Type == Ref {
			k.place(p.layout.Reference)
		}
	}
	p.done[c] = k
	return k
}

func (k *packing) place(size uint32) {
	best := -1
	for i, h := range k.holes {
		at := (h.from + size - 1) &^ (size - 1)
		if at+size <= h.to && (best < 0 || h.to-h.from < k.holes[best].to-k.holes[best].from) {
			best = i
		}
	}
	if best < 0 {
		at := (k.end + size - 1) &^ (size - 1)
		if at > k.end {
			k.holes = append(k.holes, hole{k.end, at})
		}
		k.end = at + size
		return
	}
	h := k.holes[best]
	at := (h.from + size - 1) &^ (size - 1)
	k.holes = slices.Delete(k.holes, best, best+1)
	if h.from < at {
		k.holes = append(k.holes, hole{h.from, at})
	}
	if at+size < h.to {
		k.holes = append(k.holes, hole{at + size, h.to})
	}
}

// correct replaces a packed size by the distance that was measured: where that
// is smaller, always; where it is larger (injected fields, @Contended padding)
// only if most instances agree on it, in a heap that is packed: elsewhere the
// same dead companion may follow each instance of a class.
func correct(size uint32, k *classCount, l Layout, packed bool) uint32 {
	if !l.Measured || k.minDelta == noDelta || uint64(k.minDelta) != l.align(uint64(k.minDelta)) {
		return size
	}
	if k.minDelta < size && k.minDelta >= l.Header || packed && k.atMin >= 4 && k.atMin*2 > k.deltas {
		return k.minDelta
	}
	return size
}
