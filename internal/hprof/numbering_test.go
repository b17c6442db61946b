// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

// Ids in a row have the numbers that each has by itself, in any order.
func TestNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	n := &numbering{base: 1 << 32, shift: 3}
	var row []byte
	var want []uint32
	const no = 1 << 31
	add := func(ids ...uint64) {
		for _, id := range ids {
			row = binary.BigEndian.AppendUint64(row, id)
		}
	}
	for k := range 4 {
		if k == 2 { // a gap
			n.chunks = append(n.chunks, nil)
			continue
		}
		n.chunks = append(n.chunks, new(idChunk))
		for i := uint64(0); i < 1<<chunkShift; i += 1 + uint64(r.IntN(40)) {
			id := n.base + (uint64(k)<<chunkShift|i)<<n.shift
			n.mark(0, id)
			add(id, id+1, id+8, 0) // the second is no object's, the third seldom
			if i%64 == 0 {
				add(r.Uint64(), n.base-8, n.base+r.Uint64N(5<<(chunkShift+n.shift)))
			}
		}
	}
	n.seal()
	for b := row; len(b) > 0; b = b[8:] {
		id := be64(b)
		if id == 0 {
			continue
		}
		if number, ok := n.number(id); ok {
			want = append(want, number)
		} else {
			want = append(want, no)
		}
	}
	got := n.numbers(row, 8, nil, func(id uint64) uint32 {
		if number, ok := n.number(id); ok {
			t.Fatalf("%#x, which is object %d, was not found", id, number)
		}
		return no
	})
	if !slices.Equal(got, want) {
		t.Error("ids in a row have other numbers than alone")
	}
}
