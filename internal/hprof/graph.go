// SPDX-License-Identifier: Apache-2.0

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
//	class and size  1 byte, and what its neighbours share (kinds.go)
//	references      1 byte, and about two a reference; none for large arrays (packed.go)
//
// They are filled by two passes over the file, in parallel by runs of the
// heap: the first numbers the objects, the second resolves their references.
// Nothing is sorted and nothing grows. A Graph is not safe for concurrent use: its
// methods share what room they work in.
//
// References from a java.lang.ref.Reference to its referent are kept apart in
// that they come first among the object's references; see Reach.
type Graph struct {
	d       *Dump
	ids     *numbering
	objects uint32 // instances and arrays
	nodes   uint32 // classes too
	kinds   kinds
	packed  packedReferences
	workers int
	// strength, of Reach.
	strength strengths
	extra    []uint32 // nodes that are roots as classes of live objects
	work     Worklist
}

// None is the number of no node.
const None = ^uint32(0)

const sizeUnit = 4

// Graph numbers the objects and reads their references. It takes two more
// passes over the file and, while it is in use, about 3 bytes an object and 2 a
// reference.
func (d *Dump) Graph(ctx context.Context) (*Graph, error) {
	g := &Graph{d: d, ids: newNumbering(d), objects: uint32(d.objects), workers: d.workers()}
	g.nodes = g.objects + uint32(len(d.classes))
	g.work.g = g
	if err := g.number(ctx); err != nil {
		return nil, err
	}
	g.packed.groups = make([]group, (g.objects+groupNodes-1)/groupNodes)
	return g, g.resolve(ctx)
}

// OwnersBytes estimates the memory that Graph, Reach and Own will take.
func (d *Dump) OwnersBytes() int64 {
	// Measured, resident, on dumps of 5 and 22 million small objects and on one of
	// half a million with 390 million references: 74, 212 and 126 MB. What
	// is left over is for heaps with more references an object.
	const anObject, beside = 12, 40 << 20
	return d.objects*anObject + d.src.size/32 + beside
}

// number gives each object its number and kind.
func (g *Graph) number(ctx context.Context) error {
	err := g.pass(ctx, "numbering objects", func() visitor {
		var found []classAndSize
		return visitor{
			visit: func(w *walker, number uint32) error {
				k, err := g.survey(w, number)
				found = append(found, k)
				return err
			},
			done: func() {
				for _, k := range found {
					g.kinds.add(k)
				}
				found = found[:0]
			},
		}
	})
	if err != nil {
		return err
	}
	g.ids.seal()
	for i, c := range g.d.classes {
		g.kinds.add(classAndSize{uint32(i), g.d.classObjectBytes(c) / sizeUnit})
	}
	g.kinds.finish()
	return nil
}

// resolve packs the references.
func (g *Graph) resolve(ctx context.Context) error {
	return g.pass(ctx, "resolving references", func() visitor {
		var p referencePacker
		var refs []uint32
		first := None
		return visitor{
			visit: func(w *walker, number uint32) (err error) {
				first = min(first, number)
				refs, err = g.link(w, number, &p, refs)
				return err
			},
			done: func() {
				g.packed.take(first, &p)
				p.reset()
				first = None
			},
		}
	})
}

// A turnstile lets workers through in the order of their runs.
type turnstile struct {
	mu      sync.Mutex
	changed sync.Cond
	at      int
	stopped bool
}

func newTurnstile() *turnstile {
	t := new(turnstile)
	t.changed.L = &t.mu
	return t
}

// wait reports whether the turn has come; it does not where all is given up.
func (t *turnstile) wait(run int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.at != run && !t.stopped {
		t.changed.Wait()
	}
	return !t.stopped
}

func (t *turnstile) next() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at++
	t.changed.Broadcast()
}

func (t *turnstile) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopped = true
	t.changed.Broadcast()
}

// A visitor is what a worker of a pass does with each object, and after each
// run: done is called in the order of the runs, one at a time.
type visitor struct {
	visit func(w *walker, number uint32) error
	done  func()
}

// runBlocks is how many neighbouring blocks a worker takes at once.
const runBlocks = 1 << 11

// pass walks all objects, each worker over runs of neighbouring blocks.
func (g *Graph) pass(ctx context.Context, stage string, newVisitor func() visitor) error {
	blocks := g.d.blocks
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	turn := newTurnstile()
	context.AfterFunc(ctx, turn.stop)
	var next atomic.Int64
	var wg sync.WaitGroup
	for i := range g.workers {
		v := newVisitor()
		wg.Go(func() {
			w := &walker{window: newWindow(g.d.src), idSize: g.d.idSize, end: g.d.src.size}
			for {
				run := int(next.Add(1)) - 1
				from := run * runBlocks
				if from >= len(blocks) || ctx.Err() != nil {
					return
				}
				if p := g.d.opts.Progress; p != nil && i == 0 {
					p(Progress{Stage: stage, Done: int64(from), Total: int64(len(blocks))})
				}
				for _, b := range blocks[from:min(from+runBlocks, len(blocks))] {
					if err := walkBlock(w, &b, v.visit); err != nil {
						cancel(fmt.Errorf("reading %s again: %w", g.d.path, err))
						return
					}
				}
				if !turn.wait(run) {
					return
				}
				v.done()
				turn.next()
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

// survey notes an object's number and says its kind.
func (g *Graph) survey(w *walker, number uint32) (classAndSize, error) {
	d := g.d
	g.ids.mark(number, w.id)
	class := uint32(0)
	switch w.tag {
	case subInstanceDump, subObjectArrayDump:
		i, ok := d.byID.get(w.class)
		if !ok {
			return classAndSize{}, damaged(w.start, "an object of an unknown class")
		}
		if w.tag == subInstanceDump {
			return classAndSize{i, d.classes[i].Size / sizeUnit}, nil
		}
		class = i
	case subPrimArrayDump, subPrimArrayNoData:
		class = uint32(len(d.classes)) + uint32(w.element)
	default:
		return classAndSize{}, damaged(w.start, "the file was changed while it was read")
	}
	return classAndSize{class, uint32(d.layout.ArrayBytes(w.element, w.length) / sizeUnit)}, nil
}

// idAt loads a reference from an instance's body, 0 where the body is too
// short for its class.
func idAt(body []byte, off uint32, idSize int) uint64 {
	if int(off)+idSize > len(body) {
		return 0
	}
	return getID(body[off:], idSize)
}

// link packs the references of the object at hand. refs is room.
func (g *Graph) link(w *walker, number uint32, p *referencePacker, refs []uint32) ([]uint32, error) {
	refs = refs[:0]
	switch w.tag {
	case subInstanceDump:
		i, ok := g.d.byID.get(w.class)
		if !ok {
			return refs, damaged(w.start, "the file was changed while it was read")
		}
		c := g.d.classes[i]
		if len(c.refs) == 0 {
			break
		}
		body, err := w.bytes()
		if err != nil {
			return refs, err
		}
		for j, off := range c.refs {
			if id := idAt(body, off, w.idSize); id != 0 || j == 0 && c.special != notReference {
				refs = append(refs, g.Number(id))
			}
		}
	case subObjectArrayDump:
		if w.length >= largeArray {
			p.addArray(w.body, w.length)
			return refs, nil
		}
		body, err := w.bytes()
		if err != nil {
			return refs, err
		}
		refs = g.numbers(body, refs)
	}
	p.add(number, refs)
	return refs, nil
}

// numbers appends the nodes of the ids in b to out, without the null ones.
func (g *Graph) numbers(b []byte, out []uint32) []uint32 {
	return g.ids.numbers(b, g.d.idSize, out, g.Number)
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
func (g *Graph) Class(node uint32) *Class { return g.classAt(g.kinds.at(node).class) }

func (g *Graph) classAt(i uint32) *Class {
	if n := uint32(len(g.d.classes)); i >= n {
		return g.d.primArrays[i-n]
	}
	return g.d.classes[i]
}

// IsClass reports whether a node is a class object.
func (g *Graph) IsClass(node uint32) bool { return node >= g.objects }

// ShallowBytes estimates a node's own size in the JVM.
func (g *Graph) ShallowBytes(node uint32) int64 { return int64(g.kinds.at(node).size) * sizeUnit }
