// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"cmp"
	"slices"
)

// Where an object lies in the file is not kept for each object. HotSpot walks
// its heap by address and an object's id is its address, so that ids ascend
// over long parts of a dump. A block stands for up to 32 neighbours in the
// file whose ids ascend in small steps; blocks sorted by their first id are the
// index: a look-up is one binary search and a walk over at most 32 headers, at
// under a byte an object. A step back, or one larger than maxBlockStep, ends a
// block, so that dumps written by several threads, region by region (JDK 21
// on), give blocks that do not overlap either.
//
// Where ids do not follow the file (other virtual machines, made-up dumps) the
// sorted blocks overlap; that is seen, and blocks of one object each take
// their place: 24 bytes an object, still correct.

const (
	blockObjects = 32
	maxBlockStep = 1 << 20
)

type block struct {
	first uint64 // id of the first object
	place uint64 // file offset << 8 | objects
	span  uint32 // id of the last object - first
	start uint32 // objects in the blocks before
}

func (b *block) offset() int64 { return int64(b.place >> 8) }
func (b *block) objects() int  { return int(b.place & 0xff) }

type blockBuilder struct {
	blocks  []block
	size    int    // objects a block may hold
	left    int    // objects that still fit into the last one; 0 ends it
	last    uint64 // the last object's id
	low     uint64
	high    uint64
	allBits uint64 // of all ids: their common alignment
	objects int64
}

func (b *blockBuilder) cut() { b.left, b.last = 0, 0 }

// add takes an object and the offset of its sub-record, and returns the distance
// to the id of the one right before it in the file, 0 where that tells nothing.
func (b *blockBuilder) add(id uint64, at int64) uint64 {
	delta := id - b.last
	known := b.last != 0
	if b.left > 0 && delta-1 < maxBlockStep {
		b.left--
		p := &b.blocks[len(b.blocks)-1]
		p.place++
		p.span = uint32(id - p.first)
	} else {
		b.blocks = append(b.blocks, block{first: id, place: uint64(at)<<8 | 1})
		b.left = b.size - 1
	}
	b.last = id
	b.low, b.high = min(b.low, id), max(b.high, id)
	b.allBits |= id
	b.objects++
	if known && delta-1 < maxBlockStep {
		return delta
	}
	return 0
}

// join appends what another has built of what follows in the file.
func (b *blockBuilder) join(o *blockBuilder) {
	b.cut()
	b.blocks = append(b.blocks, o.blocks...)
	b.low, b.high, b.allBits = min(b.low, o.low), max(b.high, o.high), b.allBits|o.allBits
	b.objects += o.objects
}

func newBlockBuilder(size int) blockBuilder {
	return blockBuilder{size: size, low: ^uint64(0)}
}

// finish sorts the blocks and numbers their objects; ok is false where they
// overlap.
func (b *blockBuilder) finish() (blocks []block, ok bool) {
	less := func(x, y block) int { return cmp.Compare(x.first, y.first) }
	if !slices.IsSortedFunc(b.blocks, less) {
		slices.SortStableFunc(b.blocks, less)
	}
	start := uint32(0)
	for i := range b.blocks {
		p := &b.blocks[i]
		p.start = start
		start += uint32(p.objects())
		if i > 0 && b.blocks[i-1].first+uint64(b.blocks[i-1].span) >= p.first {
			return b.blocks, false
		}
	}
	return b.blocks, true
}

// unique drops blocks of one object whose id came before: the first in the
// file stands.
func unique(blocks []block) []block {
	blocks = slices.CompactFunc(blocks, func(x, y block) bool { return x.first == y.first })
	for i := range blocks {
		blocks[i].start = uint32(i)
	}
	return blocks
}

// findBlock returns the block that may hold the id, or -1.
func findBlock(blocks []block, id uint64) int {
	lo, hi := 0, len(blocks)
	for lo < hi {
		if m := int(uint(lo+hi) >> 1); blocks[m].first <= id {
			lo = m + 1
		} else {
			hi = m
		}
	}
	if lo == 0 || id-blocks[lo-1].first > uint64(blocks[lo-1].span) {
		return -1
	}
	return lo - 1
}

// blockOf returns the block that holds the object of that number.
func blockOf(blocks []block, number uint32) int {
	lo, hi := 0, len(blocks)
	for lo < hi {
		if m := int(uint(lo+hi) >> 1); blocks[m].start <= number {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo - 1
}
