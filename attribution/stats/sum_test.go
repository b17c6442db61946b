// SPDX-License-Identifier: Apache-2.0

package stats

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestSumAgainstBigFloat holds the sum to arithmetic without rounding.
func TestSumAgainstBigFloat(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 5))
	for range 200 {
		var s Sum
		exact := new(big.Float).SetPrec(400)
		for range 50 {
			// Whole bits of 2^-64: numbers that need no rounding.
			x := math.Ldexp(float64(r.Int64N(1<<53)-1<<52), r.IntN(90)-64)
			s.Add(x)
			exact.Add(exact, new(big.Float).SetFloat64(x))
		}
		want, _ := exact.Float64()
		if got := s.Value(); math.Abs(got-want) > 1e-15*math.Abs(want) {
			t.Fatalf("%g, exactly %g", got, want)
		}
	}
}

// TestSumHasNoOrder: naive sums of these differ by order.
func TestSumHasNoOrder(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	terms := make([]float64, 300)
	for i := range terms {
		terms[i] = math.Exp(20*r.NormFloat64()) * float64(1-2*r.IntN(2))
	}
	var first Sum
	naive := map[float64]bool{}
	for round := range 20 {
		var s, halves Sum
		plain := 0.0
		for i, x := range terms {
			s.Add(x)
			plain += x
			if i%2 == 0 {
				halves.Join(SumOf(x))
			}
		}
		for i, x := range terms {
			if i%2 == 1 {
				halves.Join(SumOf(x))
			}
		}
		naive[plain] = true
		if round == 0 {
			first = s
		}
		if s != first || halves != first {
			t.Fatalf("%v and %v, at first %v", s.Value(), halves.Value(), first.Value())
		}
		r.Shuffle(len(terms), func(i, j int) { terms[i], terms[j] = terms[j], terms[i] })
	}
	if len(naive) < 2 {
		t.Error("these terms have one sum in any order: the test shows nothing")
	}
}

func TestSumOfOddTerms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		terms []float64
		want  float64
	}{
		{"none", nil, 0},
		{"cancelled", []float64{1e20, 0.1, -1e20}, 0.1},
		{"negative", []float64{-0.5, -0.25}, -0.75},
		{"no number", []float64{math.NaN(), 2}, 2},
		{"without bound", []float64{math.Inf(1), math.Inf(-1), 3}, 3},
		{"beyond the range", []float64{1e300}, maxTerm},
		{"below the resolution", []float64{1e-300, 5e-324}, 0},
		{"smallest part", []float64{math.Ldexp(1, -64)}, math.Ldexp(1, -64)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var s Sum
			for _, x := range c.terms {
				s.Add(x)
			}
			if got := s.Value(); math.Abs(got-c.want) > math.Ldexp(1, -60) {
				t.Errorf("%g, want %g", got, c.want)
			}
		})
	}
}
