// SPDX-License-Identifier: Apache-2.0

package stats

import (
	"math"
	"math/bits"
)

// A Sum adds floating-point numbers so that their order does not matter, to the
// last bit: reports of the same measurements are equal, whichever was loaded
// first, and one more measurement is added to what is there in one step.
//
// It is a fixed-point number of 192 bits in two's complement, 128 before the
// point and 64 behind it. Each term is first rounded down to that, by itself,
// and integers are added without loss. (Kulisch's accumulator, cut to the range
// that is needed here: squares of microseconds, and shares of one.) A term is
// held within ±2^100, so that 2^27 of them fit; one that is no number counts as
// nothing. The zero value is ready for use, and sums are copied by assignment.
type Sum struct{ high, middle, low uint64 }

const (
	maxTerm  = 1 << 100
	fraction = 64 // bits behind the point
)

// SumOf is a sum with one term.
func SumOf(x float64) Sum {
	var s Sum
	s.Add(x)
	return s
}

// Add adds a term.
func (s *Sum) Add(x float64) {
	if x == 0 || math.IsNaN(x) {
		return
	}
	t := fixed(math.Min(math.Abs(x), maxTerm))
	if x < 0 {
		t = t.negative()
	}
	s.Join(t)
}

// Join adds all terms of another sum.
func (s *Sum) Join(t Sum) {
	var carry uint64
	s.low, carry = bits.Add64(s.low, t.low, 0)
	s.middle, carry = bits.Add64(s.middle, t.middle, carry)
	s.high, _ = bits.Add64(s.high, t.high, carry)
}

// Value is the sum, as near as a float64 comes to it: it is rounded three
// times, from the greatest part down, always in the same way.
func (s Sum) Value() float64 {
	if int64(s.high) < 0 {
		return -s.negative().Value()
	}
	return math.Ldexp(float64(s.high), fraction) + (float64(s.middle) + math.Ldexp(float64(s.low), -fraction))
}

func (s Sum) negative() Sum {
	n := Sum{^s.high, ^s.middle, ^s.low}
	n.Join(Sum{low: 1})
	return n
}

// fixed is a positive number in fixed point.
func fixed(x float64) Sum {
	fraction64, exponent := math.Frexp(x) // x = fraction64 · 2^exponent
	mantissa := uint64(fraction64 * (1 << 53))
	shift := exponent - 53 + fraction // of the mantissa, to the left
	switch {
	case shift <= -64:
		return Sum{}
	case shift < 0:
		return Sum{low: mantissa >> -shift}
	}
	var s Sum
	word, by := shift/64, uint(shift%64)
	put := func(at int, v uint64) {
		switch at {
		case 0:
			s.low = v
		case 1:
			s.middle = v
		case 2:
			s.high = v
		}
	}
	put(word, mantissa<<by)
	if by > 0 {
		put(word+1, mantissa>>(64-by))
	}
	return s
}
