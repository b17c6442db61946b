// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/maphash"

	"example.invalid/starlark-memls/internal/hprof"
)

// Equal strings are found by a fingerprint: the length and a hash of the first,
// middle and last 256 bytes. Reading every string whole would mean reading the
// dump once more, at random. Strings up to 256 bytes are compared whole by it;
// before longer ones are called equal, two of the group are read to their end.

const (
	fingerprintFrom = 64       // bytes of content, header included: shorter strings hardly matter
	fingerprintPart = 256      // bytes hashed at each of three places
	maxFingerprints = 1 << 20  // different strings remembered
	comparedBytes   = 64 << 20 // of two strings that are read to their end
)

type fingerprint struct {
	length int64
	hash   uint64
}

var seed = maphash.MakeSeed()

// count remembers a string by its fingerprint. What is remembered is bounded in
// the manner of lossy counting (Manku and Motwani, VLDB 2002): when it is full,
// those seen least are forgotten. What is there in great number stays, and is
// counted a little low at worst.
func (f *finder) count(at, array uint32, size int64) {
	chars, ok := f.g.Object(array)
	if !ok {
		return
	}
	print := fingerprint{int64(chars.Len()), hashParts(chars)}
	g, ok := f.equal[print]
	if !ok {
		if len(f.equal) >= maxFingerprints {
			f.forget()
		}
		g = group{at: at, size: size}
	}
	g.count++
	g.last = at
	f.equal[print] = g
}

func (f *finder) forget() {
	for least := int64(1); len(f.equal) > maxFingerprints/2; least *= 2 {
		for print, g := range f.equal {
			if g.count <= least {
				delete(f.equal, print)
			}
		}
	}
}

func hashParts(chars hprof.Object) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	n := chars.Len()
	h.Write(chars.BytesAt(0, fingerprintPart))
	if n > fingerprintPart {
		h.Write(chars.BytesAt(n/2, fingerprintPart))
		h.Write(chars.BytesAt(max(0, n-fingerprintPart), fingerprintPart))
	}
	var tail [8]byte
	binary.BigEndian.PutUint64(tail[:], uint64(n))
	h.Write(tail[:])
	return h.Sum64()
}

func (f *finder) equalStrings() {
	var groups []*group
	for _, g := range f.equal {
		if g.count > 1 && g.size*(g.count-1) >= f.worth {
			groups = append(groups, &g)
		}
	}
	for _, g := range heaviest(groups) {
		if !f.same(g.at, g.last) {
			continue
		}
		o, _ := f.g.Object(g.at)
		f.addAt(Finding{Kind: EqualStrings, Saves: g.size * (g.count - 1), Bytes: g.size * g.count, Count: g.count,
			Message: fmt.Sprintf("%s equal strings of %s characters", grouped(g.count), grouped(int64(o.StringLen()))),
			Advice:  "make the string once, at the top of the .bzl file, and hand it on"}, g.at)
	}
}

// same reads two strings side by side.
func (f *finder) same(a, b uint32) bool {
	x, y := f.chars(a), f.chars(b)
	const piece = 1 << 16
	for at := 0; at < comparedBytes; at += piece {
		p, q := x.BytesAt(at, piece), y.BytesAt(at, piece)
		if !bytes.Equal(p, q) {
			return false
		}
		if len(p) < piece {
			break
		}
	}
	return true
}
