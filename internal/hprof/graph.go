package hprof

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

// A Graph is the dump's objects as numbered nodes with their references. The
// nodes 0 to Objects()-1 are instances and arrays by id; behind them come the
// classes. Its parts are columns of numbers, one entry a node:
//
//	class    2 bytes   what it is (4 where there are more than 65,000 classes)
//	size     4 bytes   shallow size in units of 4 bytes (a 2^34-byte array is the largest)
//	start    4 bytes   where its references begin in the next column
//	targets  4 bytes a reference
//
// The columns are filled by two passes over the file, in parallel by stretches
// of the heap: the first counts each object's references, the second resolves
// them. Nothing is sorted and nothing grows. A Graph is not safe for concurrent
// use: its methods share what room they work in.
//
// References from a java.lang.ref.Reference to its referent are kept apart in
// that they come first among the object's references; see Reach.
type Graph struct {
	d       *Dump
	ids     *numbering
	objects uint32 // instances and arrays
	nodes   uint32 // classes too
	class   column
	size    []uint32
	start   []uint32 // nodes + 1; nil once Dominators has dropped the references
	targets []uint32
	workers int
	// strength, of Reach.
	strength []Strength
	extra    []uint32 // nodes that are roots as classes of live objects
	stack    []uint32 // room for Reach and Own
}

// A column of class numbers is as narrow as they allow.
type column struct {
	narrow []uint16
	wide   []uint32
}

func newColumn(length, values int) column {
	if values <= 1<<16 {
		return column{narrow: make([]uint16, length)}
	}
	return column{wide: make([]uint32, length)}
}

func (c *column) at(i uint32) uint32 {
	if c.wide != nil {
		return c.wide[i]
	}
	return uint32(c.narrow[i])
}

func (c *column) set(i, v uint32) {
	if c.wide != nil {
		c.wide[i] = v
	} else {
		c.narrow[i] = uint16(v)
	}
}

// None is the number of no node.
const None = ^uint32(0)

const sizeUnit = 4

// Graph numbers the objects and reads their references. It takes two more
// passes over the file and, while it is in use, about 12 bytes an object and 4
// a reference.
func (d *Dump) Graph(ctx context.Context) (*Graph, error) {
	g := &Graph{d: d, ids: newNumbering(d), objects: uint32(d.objects), workers: d.workers()}
	g.nodes = g.objects + uint32(len(d.classes))
	g.class = newColumn(int(g.nodes), len(d.classes)+len(d.primArrays))
	g.size = make([]uint32, g.nodes)
	// While they are counted, an object's references stand in its own entry;
	// the sum turns counts into ends, and filling downwards ends into starts.
	counts := make([]uint32, uint64(g.nodes)+1)
	err := g.pass(ctx, "numbering objects", func(w *walker, number uint32) error {
		n, err := g.survey(w, number)
		counts[number] = n
		return err
	})
	if err != nil {
		return nil, err
	}
	g.ids.seal()
	for i, c := range d.classes {
		node := g.objects + uint32(i)
		g.class.set(node, uint32(i))
		g.size[node] = d.classObjectBytes(c) / sizeUnit
		counts[node] = uint32(c.countRefs())
	}
	total := uint64(0)
	for i, n := range counts {
		counts[i] = uint32(total)
		if total += uint64(n); total >= uint64(None) {
			return nil, fmt.Errorf("%s has more than %d references: %w", d.path, uint64(None), ErrTooLarge)
		}
	}
	g.start, g.targets = counts, make([]uint32, total)
	if err := g.resolve(ctx); err != nil {
		return nil, err
	}
	return g, nil
}

func (g *Graph) resolve(ctx context.Context) error {
	err := g.pass(ctx, "resolving references", func(w *walker, number uint32) error {
		out := g.targets[g.start[number]:g.start[number+1]]
		if len(out) == 0 {
			return nil
		}
		return g.link(w, out)
	})
	if err != nil {
		return err
	}
	for i, c := range g.d.classes {
		node := g.objects + uint32(i)
		out := g.targets[g.start[node]:g.start[node+1]]
		c.eachRef(func(id uint64) {
			out[0] = g.Number(id)
			out = out[1:]
		})
	}
	return nil
}

// pass walks all objects, each worker over stretches of neighbouring blocks.
func (g *Graph) pass(ctx context.Context, stage string, visit func(w *walker, number uint32) error) error {
	const stretch = 1 << 11
	blocks := g.d.blocks
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var wg sync.WaitGroup
	for i := range g.workers {
		wg.Go(func() {
			w := &walker{window: newWindow(g.d.src), idSize: g.d.idSize, end: g.d.src.size}
			for {
				to := int(next.Add(stretch))
				from := to - stretch
				if from >= len(blocks) || ctx.Err() != nil {
					return
				}
				if p := g.d.opts.Progress; p != nil && i == 0 {
					p(Progress{Stage: stage, Done: int64(from), Total: int64(len(blocks))})
				}
				for _, b := range blocks[from:min(to, len(blocks))] {
					if err := walkBlock(w, &b, visit); err != nil {
						cancel(fmt.Errorf("reading %s again: %w", g.d.path, err))
						return
					}
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

func walkBlock(w *walker, b *block, visit func(*walker, uint32) error) error {
	w.seek(b.offset())
	for k := range b.objects() {
		if err := w.step(); err != nil {
			return err
		}
		if err := visit(w, b.start+uint32(k)); err != nil {
			return err
		}
		w.leave()
	}
	return nil
}

// survey notes an object's class and size and counts its references.
func (g *Graph) survey(w *walker, number uint32) (uint32, error) {
	d := g.d
	g.ids.mark(number, w.id)
	switch w.tag {
	case subInstanceDump:
		i, ok := d.byID.get(w.class)
		if !ok {
			return 0, damaged(w.start, "an instance of an unknown class")
		}
		c := d.classes[i]
		g.class.set(number, i)
		g.size[number] = c.Size / sizeUnit
		if len(c.refs) == 0 {
			return 0, nil
		}
		body, err := w.bytes()
		if err != nil {
			return 0, err
		}
		n := uint32(0)
		for k, off := range c.refs {
			if idAt(body, off, w.idSize) != 0 || k == 0 && c.special != notReference {
				n++
			}
		}
		return n, nil
	case subObjectArrayDump:
		i, ok := d.byID.get(w.class)
		if !ok {
			return 0, damaged(w.start, "an array of an unknown class")
		}
		g.class.set(number, i)
		g.size[number] = uint32(d.layout.ArrayBytes(Ref, w.length) / sizeUnit)
		n := uint32(0)
		err := w.pieces(w.idSize, func(b []byte) {
			for ; len(b) > 0; b = b[w.idSize:] {
				if getID(b, w.idSize) != 0 {
					n++
				}
			}
		})
		return n, err
	case subPrimArrayDump, subPrimArrayNoData:
		g.class.set(number, uint32(len(d.classes))+uint32(w.element))
		g.size[number] = uint32(d.layout.ArrayBytes(w.element, w.length) / sizeUnit)
		return 0, nil
	}
	return 0, damaged(w.start, "the file was changed while it was read")
}

// idAt loads a reference from an instance's body, 0 where the body is too
// short for its class.
func idAt(body []byte, off uint32, idSize int) uint64 {
	if int(off)+idSize > len(body) {
		return 0
	}
	return getID(body[off:], idSize)
}

// link resolves the references of the object at hand into out, which has
// exactly the room that survey counted.
func (g *Graph) link(w *walker, out []uint32) error {
	k := 0
	put := func(id uint64) {
		if k < len(out) {
			out[k] = g.Number(id)
		}
		k++
	}
	switch w.tag {
	case subInstanceDump:
		i, _ := g.d.byID.get(w.class)
		c := g.d.classes[i]
		body, err := w.bytes()
		if err != nil {
			return err
		}
		for j, off := range c.refs {
			if id := idAt(body, off, w.idSize); id != 0 || j == 0 && c.special != notReference {
				put(id)
			}
		}
	case subObjectArrayDump:
		err := w.pieces(w.idSize, func(b []byte) {
			for ; len(b) > 0; b = b[w.idSize:] {
				if id := getID(b, w.idSize); id != 0 {
					put(id)
				}
			}
		})
		if err != nil {
			return err
		}
	}
	if k != len(out) {
		return damaged(w.start, "the file was changed while it was read")
	}
	return nil
}

// eachRef yields what a class keeps alive: its superclass, loader, signers and
// protection domain, and its static references.
func (c *Class) eachRef(f func(id uint64)) {
	for _, id := range append(c.holds[:3:3], c.superID) {
		if id != 0 {
			f(id)
		}
	}
	for _, s := range c.Statics {
		if s.Type == Ref && s.Bits != 0 {
			f(s.Bits)
		}
	}
}

func (c *Class) countRefs() (n int) {
	c.eachRef(func(uint64) { n++ })
	return n
}

// Number is the node with that id, or None.
func (g *Graph) Number(id uint64) uint32 {
	if n, ok := g.ids.number(id); ok {
		return n
	}
	if i, ok := g.d.byID.get(id); ok && g.d.classes[i].dumped {
		return g.objects + i
	}
	return None
}

// Nodes counts the nodes: objects and, behind them, classes.
func (g *Graph) Nodes() int { return int(g.nodes) }

// Object is the object at a node.
func (g *Graph) Object(node uint32) (Object, bool) {
	d := g.d
	if node >= g.nodes {
		return Object{}, false
	}
	if node >= g.objects {
		c := d.classes[node-g.objects]
		return Object{d: d, ID: c.ID, class: c, kind: ClassObject}, true
	}
	b := &d.blocks[blockOf(d.blocks, node)]
	off := b.offset()
	for k := b.start; ; k++ {
		o, next, err := d.objectAt(off)
		if err != nil {
			return Object{}, false
		}
		if k == node {
			return o, true
		}
		off = next
	}
}

// Class is the class of a node; a class object's is the class itself.
func (g *Graph) Class(node uint32) *Class { return g.classAt(g.class.at(node)) }

func (g *Graph) classAt(i uint32) *Class {
	if n := uint32(len(g.d.classes)); i >= n {
		return g.d.primArrays[i-n]
	}
	return g.d.classes[i]
}

// IsClass reports whether a node is a class object.
func (g *Graph) IsClass(node uint32) bool { return node >= g.objects }

// ShallowBytes estimates a node's own size in the JVM.
func (g *Graph) ShallowBytes(node uint32) int64 { return int64(g.size[node]) * sizeUnit }

// References are the nodes a node refers to, None among them for references
// out of the dump. For an instance of java.lang.ref.Reference the first is its
// referent. It is nil once Dominators was called.
func (g *Graph) References(node uint32) []uint32 {
	if g.start == nil {
		return nil
	}
	return g.targets[g.start[node]:g.start[node+1]]
}
