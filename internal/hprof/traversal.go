// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"context"
	"fmt"
	"math"
)

// References appends the nodes that a node refers to, None among them for
// references out of the dump, to room, which may be nil, and returns them. For an
// instance of java.lang.ref.Reference the first is its referent. A reference that
// is null is none. Those of a large array are read from the file; where it was
// changed meanwhile they end early.
func (g *Graph) References(node uint32, room []uint32) []uint32 {
	return g.FirstReferences(node, math.MaxInt, room)
}

// FirstReferences are the references of a node, as References has them, but not all
// where there are more than limit.
func (g *Graph) FirstReferences(node uint32, limit int, room []uint32) []uint32 {
	refs, array := g.decode(node, room[:0])
	for array.left > 0 && len(refs) <= limit {
		var err error
		if refs, err = g.work.piece(&array, refs); err != nil {
			break
		}
	}
	return refs
}

// decode appends a node's references to out; those of a large array are left to
// pieces.
func (g *Graph) decode(node uint32, out []uint32) ([]uint32, arrayCursor) {
	if node >= g.objects {
		g.d.classes[node-g.objects].eachRef(func(id uint64) { out = append(out, g.Number(id)) })
		return out, arrayCursor{}
	}
	record, long := g.packed.record(node)
	if long {
		p := getPlace(record)
		if p.file {
			return out, arrayCursor{node: node, at: int64(p.at), left: p.n}
		}
		record = g.packed.long[p.at>>chunkBits][p.at&(packChunk-1):][:p.n]
	}
	return unpackReferences(record, node, out), arrayCursor{}
}

// An arrayCursor is a place in a large array.
type arrayCursor struct {
	node   uint32
	left   uint32 // elements
	at     int64  // of the next, in the file
	height int    // of the stack below it
}

// A Worklist is nodes whose references are still to be followed, last in, first
// out. A large array stays on it
// while what its first pieces brought up is worked on: so the list is no longer than
// a path through the heap is deep, times a piece.
type Worklist struct {
	g      *Graph
	stack  []uint32
	arrays []arrayCursor
	refs   []uint32
	raw    []byte
	steps  int
	stage  string // for progress; "" tells none
}

// Worklist is an empty one. There is one a graph: whoever asks for it anew has
// done with it.
func (g *Graph) Worklist() *Worklist {
	t := &g.work
	t.stack, t.arrays, t.steps = t.stack[:0], t.arrays[:0], 0
	t.stage = ""
	return t
}

// Push adds a node.
func (t *Worklist) Push(node uint32) { t.stack = append(t.stack, node) }

// Next takes a node from the list, with its references, or the next ones of a large
// array's; ok is false at the end. The references are good until the next call.
func (t *Worklist) Next(ctx context.Context) (node uint32, refs []uint32, ok bool, err error) {
	if t.steps++; t.steps&(1<<12-1) == 0 {
		if err := ctx.Err(); err != nil {
			return None, nil, false, err
		}
		if p := t.g.d.opts.Progress; p != nil && t.stage != "" {
			p(Progress{Stage: t.stage, Done: min(int64(t.steps), int64(t.g.nodes)), Total: int64(t.g.nodes)})
		}
	}
	for {
		if k := len(t.arrays) - 1; k >= 0 && t.arrays[k].height == len(t.stack) {
			a := &t.arrays[k]
			node = a.node
			t.refs, err = t.piece(a, t.refs[:0])
			if err != nil {
				return None, nil, false, err
			}
			if a.left == 0 {
				t.arrays = t.arrays[:k]
			}
			return node, t.refs, true, nil
		}
		if len(t.stack) == 0 {
			return None, nil, false, nil
		}
		node = t.stack[len(t.stack)-1]
		t.stack = t.stack[:len(t.stack)-1]
		var array arrayCursor
		if t.refs, array = t.g.decode(node, t.refs[:0]); array.left == 0 {
			return node, t.refs, true, nil
		}
		array.height = len(t.stack)
		t.arrays = append(t.arrays, array)
	}
}

// piece reads on in a large array.
func (t *Worklist) piece(a *arrayCursor, out []uint32) ([]uint32, error) {
	size := t.g.d.idSize
	n := int(min(a.left, pieceOfArray))
	if t.raw == nil {
		t.raw = make([]byte, pieceOfArray*8)
	}
	b := t.raw[:n*size]
	if got, err := t.g.d.src.file.ReadAt(b, a.at); got < len(b) {
		return out, fmt.Errorf("reading %s again at offset %d: %w", t.g.d.path, a.at, err)
	}
	a.left -= uint32(n)
	a.at += int64(len(b))
	return t.g.numbers(b, out), nil
}
