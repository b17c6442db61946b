// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"math/bits"
	"slices"
	"sync/atomic"
)

// Graph algorithms want objects numbered 0, 1, 2, …; the file has addresses. An
// object's number is the count of ids below its own. Keeping the ids to look
// that up in would cost 8 bytes an object and a binary search a reference.
// Ids being addresses, a bitmap with a bit for each place where an object may
// begin (every 8 bytes of heap) and a running count every 8 words answers in
// one or two cache misses, at 1 bit for 8 bytes of heap: under a byte for an
// average object. The heap's range may have large gaps (ZGC spreads its pages
// over terabytes), so the bitmap comes in chunks, made where objects are.
//
// Where even the chunks would be mostly empty (ids that are no addresses), the
// sorted ids themselves are kept, and searched.

const (
	chunkWords = 1 << 13 // 64 KiB of bits: 4 MiB of heap at 8 bytes a bit
	chunkShift = 19      // log2 of the bits in a chunk
	rankWords  = 8       // words a running count
)

type idChunk struct {
	words [chunkWords]uint64
	ranks [chunkWords / rankWords]uint32 // objects before
}

type numbering struct {
	shift  uint
	base   uint64
	chunks []*idChunk
	sorted []uint64 // instead of chunks
}

// newNumbering chooses between the two forms. Every object's bit is to be set
// (mark, safe for concurrent use) before seal.
func newNumbering(d *Dump) *numbering {
	n := &numbering{base: d.low}
	if d.objects == 0 {
		return n
	}
	n.shift = uint(min(bits.TrailingZeros64(d.idBits), 12))
	n.base = d.low &^ (1<<n.shift - 1)
	top := (d.high - n.base) >> n.shift >> chunkShift
	// 8 bytes an object is what the other form costs; it is so slow that a
	// heap of few and large objects may cost a little more.
	budget := max(uint64(d.objects)*8, uint64(d.src.size)/32) + 1<<20
	if top < budget/8 {
		used := uint64(0)
		chunks := make([]*idChunk, top+1)
		each := uint64(chunkWords*8 + chunkWords/rankWords*4)
		for i := range d.blocks {
			b := &d.blocks[i]
			from := (b.first - n.base) >> n.shift >> chunkShift
			to := (b.first + uint64(b.span) - n.base) >> n.shift >> chunkShift
			for k := from; k <= to && used <= budget; k++ {
				if chunks[k] == nil {
					chunks[k] = new(idChunk)
					used += each
				}
			}
		}
		if used <= budget {
			n.chunks = chunks
			return n
		}
	}
	n.sorted = make([]uint64, d.objects)
	return n
}

// mark notes that the object of that number has that id.
func (n *numbering) mark(number uint32, id uint64) {
	if n.sorted != nil {
		n.sorted[number] = id
		return
	}
	g := (id - n.base) >> n.shift
	atomic.OrUint64(&n.chunks[g>>chunkShift].words[g>>6&(chunkWords-1)], 1<<(g&63))
}

// seal computes the running counts.
func (n *numbering) seal() {
	count := uint32(0)
	for _, c := range n.chunks {
		if c == nil {
			continue
		}
		for i := range c.ranks {
			c.ranks[i] = count
			for _, w := range c.words[i*rankWords : (i+1)*rankWords] {
				count += uint32(bits.OnesCount64(w))
			}
		}
	}
}

// number is the number of the object with that id.
func (n *numbering) number(id uint64) (uint32, bool) {
	if n.sorted != nil {
		i, ok := slices.BinarySearch(n.sorted, id)
		return uint32(i), ok
	}
	if id < n.base || id&(1<<n.shift-1) != 0 {
		return 0, false
	}
	g := (id - n.base) >> n.shift
	if g>>chunkShift >= uint64(len(n.chunks)) {
		return 0, false
	}
	c := n.chunks[g>>chunkShift]
	if c == nil {
		return 0, false
	}
	w := g >> 6 & (chunkWords - 1)
	if c.words[w]>>(g&63)&1 == 0 {
		return 0, false
	}
	return c.before(w) + uint32(bits.OnesCount64(c.words[w]&(1<<(g&63)-1))), true
}

// before counts the objects before one of the chunk's words.
func (c *idChunk) before(w uint64) uint32 {
	rank := c.ranks[w/rankWords]
	for _, x := range c.words[w&^(rankWords-1) : w] {
		rank += uint32(bits.OnesCount64(x))
	}
	return rank
}

// numbers appends the numbers of the ids in b, without the null ones, to out; other
// is asked about those that are of no object. As ids in an array mostly lie a little
// above the one before, the word is kept, and what was counted before it.
func (n *numbering) numbers(b []byte, idSize int, out []uint32, other func(id uint64) uint32) []uint32 {
	f := finger{ids: n, word: ^uint64(0)}
	misaligned := uint64(1)<<n.shift - 1
	for ; len(b) >= idSize; b = b[idSize:] {
		id := getID(b, idSize)
		if id == 0 {
			continue
		}
		place := (id - n.base) >> n.shift
		if place>>6 != f.word && !f.move(place>>6) || f.bits>>(place&63)&1 == 0 || id&misaligned != 0 {
			out = append(out, other(id))
			continue
		}
		out = append(out, f.before+uint32(bits.OnesCount64(f.bits&(1<<(place&63)-1))))
	}
	return out
}

// A finger is at a word of a numbering's bits.
type finger struct {
	ids    *numbering
	chunk  *idChunk
	word   uint64 // of all chunks' words
	bits   uint64 // what is in it
	before uint32 // objects before it
}

// move goes to a word; it reports false where there are no objects around, or ids
// are not kept as bits.
func (f *finger) move(word uint64) bool {
	if f.chunk != nil && word == f.word+1 && word%chunkWords != 0 {
		f.before += uint32(bits.OnesCount64(f.bits))
	} else {
		k := word / chunkWords
		if k >= uint64(len(f.ids.chunks)) || f.ids.chunks[k] == nil {
			return false
		}
		f.chunk = f.ids.chunks[k]
		f.before = f.chunk.before(word % chunkWords)
	}
	f.word, f.bits = word, f.chunk.words[word%chunkWords]
	return true
}
