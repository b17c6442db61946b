// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"cmp"
	"slices"
)

type classCount struct {
	count    int64
	minDelta uint32 // the least distance from an instance to the next object
	deltas   uint32 // how many distances were seen
	atMin    uint32 // how many were the least
	watch    uint8
	array    *arrayCount
}

// join adds what was counted elsewhere in the file.
func (k *classCount) join(o *classCount) {
	k.count, k.deltas = k.count+o.count, k.deltas+o.deltas
	switch {
	case o.minDelta < k.minDelta:
		k.minDelta, k.atMin = o.minDelta, o.atMin
	case o.minDelta == k.minDelta:
		k.atMin += o.atMin
	}
	if o.watch != watchUnknown {
		k.watch = o.watch
	}
	switch {
	case k.array == nil:
		k.array = o.array
	case o.array != nil:
		k.array.join(o.array)
	}
}

// An arrayCount is enough to know the bytes of any number of arrays under any
// layout without their lengths: rounding up to the alignment depends on a
// length modulo 16 only.
type arrayCount struct {
	count    int64
	elements uint64
	residues [16]int64
}

func (a *arrayCount) add(length uint32) {
	a.count++
	a.elements += uint64(length)
	a.residues[length&15]++
}

func (a *arrayCount) join(o *arrayCount) {
	a.count, a.elements = a.count+o.count, a.elements+o.elements
	for i, n := range o.residues {
		a.residues[i] += n
	}
}

func (a *arrayCount) bytes(t Type, l Layout) uint64 {
	size := uint64(l.Reference)
	if t != Ref {
		size = uint64(t.bytes(0))
	}
	total := a.elements * size
	for r, n := range a.residues {
		raw := size * uint64(r)
		total += uint64(n) * (l.align(uint64(l.ArrayHeader)+raw) - raw)
	}
	return total
}

// A HistogramLine is one class's share of the dump: every object in it, alive
// or not.
type HistogramLine struct {
	Class string
	// Instances counts objects; Bytes estimates their shallow size in the JVM.
	Instances, Bytes int64
}

// Histogram returns the classes by falling bytes, then by name. Classes of the
// same name (of different loaders) are one line.
func (d *Dump) Histogram() []HistogramLine { return slices.Clone(d.histogram) }

func (s *scan) histogram() []HistogramLine {
	lines := map[string]*HistogramLine{}
	add := func(name string, n, bytes int64) {
		l := lines[name]
		if l == nil {
			l = &HistogramLine{Class: name}
			lines[name] = l
		}
		l.Instances += n
		l.Bytes += bytes
	}
	for i, k := range s.counts {
		c := s.d.classes[i]
		if k.array != nil {
			add(c.Name, k.array.count, int64(k.array.bytes(Ref, s.d.layout)))
		} else if k.count > 0 {
			add(c.Name, k.count, k.count*int64(c.Size))
		}
		if c.dumped {
			add("java.lang.Class", 1, int64(s.d.classObjectBytes(c)))
		}
	}
	for t, a := range s.prims {
		if a.count > 0 {
			add(Type(t).String()+"[]", a.count, int64(a.bytes(Type(t), s.d.layout)))
		}
	}
	out := make([]HistogramLine, 0, len(lines))
	for _, l := range lines {
		out = append(out, *l)
	}
	slices.SortFunc(out, func(a, b HistogramLine) int {
		return cmp.Or(-cmp.Compare(a.Bytes, b.Bytes), cmp.Compare(a.Class, b.Class))
	})
	return out
}

// classObjectBytes is the size of the java.lang.Class object of a class: its
// own fields, what HotSpot injects (two addresses, two counts, two references
// and the source file's), and the class's statics.
func (d *Dump) classObjectBytes(c *Class) uint32 {
	n := uint64(d.layout.Header)
	if d.classClass != nil {
		n = uint64(d.classClass.rawBytes)
	}
	if d.idSize == 8 {
		n += 8 + 8 + 4 + 4 + 3*uint64(d.layout.Reference)
	}
	for _, f := range c.Statics {
		if f.Type == Ref {
			n += uint64(d.layout.Reference)
		} else {
			n += uint64(f.Type.bytes(0))
		}
	}
	return uint32(d.layout.align(n))
}
