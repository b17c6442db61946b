// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"encoding/binary"
	"math/bits"
)

// The shape of a definition is a 64-bit hash of its tokens: identifiers,
// literals and operators in order, without the definition's own name, without
// comments, white space, line numbers and redundant layout. It is stable
// between processes and machines (the index cache and the evidence in the
// user's cache carry it), so hash/maphash is out of the question. Strings are
// taken eight bytes at a time and folded by a 64×64→128 multiplication, as
// wyhash does; the shape guards against accidents, not against adversaries.

const (
	shapeSeed = 0xa0761d6478bd642f
	shapeStep = 0xe7037ed1a0b428db
)

// fold mixes one word into the hash.
func fold(h, word uint64) uint64 {
	hi, lo := bits.Mul64(h^word^shapeSeed, shapeStep)
	return hi ^ lo
}

// foldString mixes a string and its length into the hash.
func foldString(h uint64, s string) uint64 {
	h = fold(h, uint64(len(s)))
	for len(s) >= 8 {
		h = fold(h, uint64(s[0])|uint64(s[1])<<8|uint64(s[2])<<16|uint64(s[3])<<24|
			uint64(s[4])<<32|uint64(s[5])<<40|uint64(s[6])<<48|uint64(s[7])<<56)
		s = s[8:]
	}
	if len(s) == 0 {
		return h
	}
	var tail [8]byte
	copy(tail[:], s)
	return fold(h, binary.LittleEndian.Uint64(tail[:]))
}
