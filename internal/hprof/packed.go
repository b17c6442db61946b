// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"encoding/binary"
)

// References are most of a heap, and an owner question wants all of them, several
// times, in an order that only they tell. Kept as numbers they would take 4 bytes
// each and 4 more an object; but in a heap that a collector has compacted most
// lead to a neighbour, so that the difference to the referring object's number
// fits in a byte or two. And a large array lies in the file as a run that can be
// read again wherever it is wanted, which costs no memory at all. So:
//
//	16 neighbours share a group    8 bytes where their records begin, 4 bits for each record's length
//	up to 14 bytes                 the references as differences, in the record itself
//	more                           a record of 15 bytes says where they lie: among the long records, or in the file
//
// One byte an object and about two a reference in all, measured on dumps of real
// Bazels. The numbers of a record: each reference as its difference to the one
// before, the first to the node itself, zigzag'd and with one added, as a varint;
// 0 is a reference out of the dump.

const (
	groupNodes   = 16
	longRecord   = 15 // the length that says: see longContent
	packChunk    = 1 << 20
	chunkBits    = 20
	inFile       = 1 << 7
	largeArray   = 64 // elements from which an array is read again instead of kept
	pieceOfArray = 8 << 10
)

// A group is where the records of 16 nodes lie: in the chunk of at's upper bits, at
// the offset of its lower ones, one after the other.
type group struct{ at, lengths uint64 }

type packedReferences struct {
	groups []group
	chunks [][]byte
	long   [][]byte
}

// A longContent is the content of a long record.
type longContent struct {
	file bool
	at   uint64 // in the file: of the first element; else as in a group
	n    uint32 // elements with null ones; else bytes
}

func (p longContent) put(b []byte) []byte {
	var r [longRecord]byte
	if p.file {
		r[0] = inFile
	}
	binary.LittleEndian.PutUint32(r[1:], p.n)
	binary.LittleEndian.PutUint64(r[5:], p.at)
	return append(b, r[:]...)
}

func getPlace(b []byte) longContent {
	return longContent{file: b[0]&inFile != 0, n: binary.LittleEndian.Uint32(b[1:]), at: binary.LittleEndian.Uint64(b[5:])}
}

// record returns a node's record.
func (p *packedReferences) record(node uint32) (record []byte, long bool) {
	g := &p.groups[node/groupNodes]
	k := node % groupNodes * 4
	length := int(g.lengths >> k & 15)
	if length == 0 {
		return nil, false
	}
	// The lengths before, added up: two to a byte, then all eight bytes by a
	// multiplication.
	before := g.lengths & (1<<k - 1)
	before = before&0x0f0f0f0f0f0f0f0f + before>>4&0x0f0f0f0f0f0f0f0f
	at := g.at&(packChunk-1) + before*0x0101010101010101>>56
	return p.chunks[g.at>>chunkBits][at : at+uint64(length)], length == longRecord
}

// appendReference packs a reference behind one to before.
func appendReference(b []byte, to, before uint32) []byte {
	if to == None {
		return append(b, 0)
	}
	d := int64(to) - int64(before)
	return binary.AppendUvarint(b, uint64(d)<<1^uint64(d>>63)+1)
}

// unpack appends the references in a record to out.
func unpackReferences(record []byte, node uint32, out []uint32) []uint32 {
	before := node
	for i := 0; i < len(record); {
		v := uint64(record[i])
		i++
		if v >= 0x80 {
			v &= 0x7f
			for shift := 7; ; shift += 7 {
				b := record[i]
				i++
				v |= uint64(b&0x7f) << shift
				if b < 0x80 {
					break
				}
			}
		}
		if v == 0 {
			out = append(out, None)
			continue
		}
		v--
		before += uint32(v>>1) ^ -uint32(v&1)
		out = append(out, before)
	}
	return out
}

// A packer packs the references of neighbouring nodes. Its room is used again.
type referencePacker struct {
	lengths []uint8
	records []byte
	long    []byte
}

func (p *referencePacker) reset() {
	p.lengths, p.records, p.long = p.lengths[:0], p.records[:0], p.long[:0]
}

// add packs a node's references.
func (p *referencePacker) add(node uint32, references []uint32) {
	from := len(p.records)
	before := node
	for _, to := range references {
		p.records = appendReference(p.records, to, before)
		if to != None {
			before = to
		}
	}
	n := len(p.records) - from
	if n >= longRecord {
		at := uint64(len(p.long))
		p.long = append(p.long, p.records[from:]...)
		p.records = longContent{at: at, n: uint32(n)}.put(p.records[:from])
		n = longRecord
	}
	p.lengths = append(p.lengths, uint8(n))
}

// addArray notes where an array's elements lie in the file.
func (p *referencePacker) addArray(at int64, elements uint32) {
	p.records = longContent{file: true, at: uint64(at), n: elements}.put(p.records)
	p.lengths = append(p.lengths, longRecord)
}

// take appends what a packer has of the nodes from first on, which must be the
// ones behind those taken before.
func (p *packedReferences) take(first uint32, from *referencePacker) {
	records := from.records
	for i, length := range from.lengths {
		node := first + uint32(i)
		g := &p.groups[node/groupNodes]
		if node%groupNodes == 0 {
			g.at = room(&p.chunks, groupNodes*longRecord)
		}
		chunk := &p.chunks[len(p.chunks)-1]
		g.lengths |= uint64(length) << (node % groupNodes * 4)
		record := records[:length]
		records = records[length:]
		if length == longRecord {
			if at := getPlace(record); !at.file {
				content := from.long[at.at:][:at.n]
				at.at = room(&p.long, len(content))
				last := &p.long[len(p.long)-1]
				*last = append(*last, content...)
				*chunk = at.put(*chunk)
				continue
			}
		}
		*chunk = append(*chunk, record...)
	}
}

// room is where the next n bytes go: a chunk of them is begun where the last one
// has no room left.
func room(chunks *[][]byte, n int) uint64 {
	if k := len(*chunks); k == 0 || len((*chunks)[k-1])+n > cap((*chunks)[k-1]) {
		size := min(packChunk, packChunk>>6<<min(k, 6)) // a small dump needs little
		*chunks = append(*chunks, make([]byte, 0, max(size, n)))
	}
	k := len(*chunks) - 1
	return uint64(k)<<chunkBits | uint64(len((*chunks)[k]))
}

// A bitmap has a bit for each node.
type bitmap []uint64

func newBitmap(n uint32) bitmap { return make(bitmap, uint64(n)/64+1) }

func (b bitmap) has(i uint32) bool { return b[i/64]>>(i%64)&1 != 0 }
func (b bitmap) set(i uint32)      { b[i/64] |= 1 << (i % 64) }
