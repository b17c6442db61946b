// SPDX-License-Identifier: Apache-2.0

package hprof

// A classAndSize is what an object is: its class, and its size in sizeUnits.
type classAndSize struct{ class, size uint32 }

// Of thousands of neighbours in a heap most are strings and small arrays, and they
// have a few dozen kinds among them. So each chunk of the heap lists its own, and an
// object has its place in that list: a byte, two where there are more than 256.
//
// Kinds come in the order of the nodes; what is being filled can be read only once
// finish was called.
type kinds struct {
	chunks []kindChunk

	// The chunk that is being filled.
	filling []uint16 // places in palette
	palette []classAndSize
	slots   [2 * kindNodes]uint16 // open addressing: a place in palette + 1
}

const kindNodes = 1 << 12

type kindChunk struct {
	palette []classAndSize
	narrow  *[kindNodes]uint8
	wide    *[kindNodes]uint16
}

func (k *kinds) at(node uint32) classAndSize {
	c, i := &k.chunks[node/kindNodes], node%kindNodes
	if c.wide != nil {
		return c.palette[c.wide[i]]
	}
	return c.palette[c.narrow[i]]
}

// add notes the next node's kind.
func (k *kinds) add(v classAndSize) {
	k.filling = append(k.filling, k.place(v))
	if len(k.filling) == kindNodes {
		k.finish()
	}
}

func (k *kinds) place(v classAndSize) uint16 {
	h := (uint64(v.class)<<32 | uint64(v.size)) * 0x9e3779b97f4a7c15 >> 32
	for ; ; h++ {
		slot := &k.slots[h%uint64(len(k.slots))]
		if *slot == 0 {
			k.palette = append(k.palette, v)
			*slot = uint16(len(k.palette))
		}
		if k.palette[*slot-1] == v {
			return *slot - 1
		}
	}
}

// finish ends the chunk that is being filled.
func (k *kinds) finish() {
	if len(k.filling) == 0 {
		return
	}
	c := kindChunk{palette: append(make([]classAndSize, 0, len(k.palette)), k.palette...)}
	if len(k.palette) <= 1<<8 {
		c.narrow = new([kindNodes]uint8)
		for i, place := range k.filling {
			c.narrow[i] = uint8(place)
		}
	} else {
		c.wide = new([kindNodes]uint16)
		copy(c.wide[:], k.filling)
	}
	k.chunks = append(k.chunks, c)
	k.filling, k.palette = k.filling[:0], k.palette[:0]
	clear(k.slots[:])
}
