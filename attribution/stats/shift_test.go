// SPDX-License-Identifier: Apache-2.0

package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// randomRun is a function that runs in stretches and instants that come in
// clusters; with a part of them it is the cause.
func randomRun(r *rand.Rand, instants int, caused float64) (Ring, []int) {
	ring := make(Ring, 4*Shifts)
	var inside []int
	for at := r.IntN(60); at < len(ring); at += 20 + r.IntN(200) {
		for i := at; i < min(len(ring), at+10+r.IntN(60)); i++ {
			ring[i] = true
			inside = append(inside, i)
		}
	}
	var list []int
	for len(list) < instants {
		at := r.IntN(len(ring))
		if r.Float64() < caused {
			at = inside[r.IntN(len(inside))]
		}
		for range 1 + r.IntN(3) {
			list = append(list, at)
			at = (at + r.IntN(8)) % len(ring)
		}
	}
	return ring, list
}

// TestShiftByDefinition holds the counts to the definition, shift by shift, and
// the tail of several runs to the exact one: the convolution of all shifts.
func TestShiftByDefinition(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 8))
	for range 40 {
		exact := []float64{1}
		var sum ShiftSum
		for range 2 + r.IntN(4) {
			ring, instants := randomRun(r, 4+r.IntN(5), .3)
			chances := make([]float64, len(instants)+1)
			for s := range Shifts {
				n := 0
				for _, at := range instants {
					if ring[(at+4*s)%len(ring)] {
						n++
					}
				}
				chances[n] += 1. / Shifts
			}
			mean := 0.0
			for n, p := range chances {
				mean += float64(n) * p
			}
			got := ring.Shift(instants)
			if math.Abs(got.Mean-mean) > 1e-9 {
				t.Fatalf("mean %v, want %v", got.Mean, mean)
			}
			sum.Add(got)
			exact = convolve(exact, chances)
		}
		want := tail(exact, sum.Observed)
		if got := sum.P(); math.Abs(got-want) > .02+.15*want {
			t.Errorf("%d observed: p = %.4f, exactly %.4f", sum.Observed, got, want)
		}
	}
}

// TestShiftByChance: where nothing is caused, small p-values are as rare as
// they say; where much is, they are found.
func TestShiftByChance(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 2))
	below := func(caused, level float64) float64 {
		n := 0
		for range draws {
			var sum ShiftSum
			for range 6 {
				sum.Add(Ring.Shift(randomRun(r, 6, caused)))
			}
			if sum.P() < level {
				n++
			}
		}
		return float64(n) / float64(draws)
	}
	if got := below(0, .05); got > .05+3*math.Sqrt(.05*.95/float64(draws)) {
		t.Errorf("without a cause %.1f %% are below 5 %%", 100*got)
	}
	if got := below(0, .005); got > .005+4*math.Sqrt(.005/float64(draws)) {
		t.Errorf("without a cause %.2f %% are below 0.5 %%", 100*got)
	}
	if got := below(.8, .001); got < .9 {
		t.Errorf("with a cause only %.0f %% are below 0.1 %%", 100*got)
	}
}

func TestPearsonTail(t *testing.T) {
	t.Parallel()
	gamma := distuv.Gamma{Alpha: 3, Beta: 1} // cumulants 3, 3, 6
	for _, x := range []float64{-1, 0.5, 3, 9} {
		want := 1.0
		if x > 0 {
			want = gamma.Survival(x)
		}
		if got := PearsonTail(x, 3, 3, 6); math.Abs(got-want) > 1e-12 {
			t.Errorf("P(X >= %v) = %v, want %v", x, got, want)
		}
		if got := PearsonTail(-x, -3, 3, -6); math.Abs(got-(1-want)) > 1e-12 {
			t.Errorf("turned round, P(X >= %v) = %v, want %v", -x, got, 1-want)
		}
	}
	if got := PearsonTail(1.96, 0, 1, 0); math.Abs(got-NormalTail(1.96)) > 1e-15 {
		t.Errorf("without a third cumulant %v", got)
	}
	for x, want := range map[float64]float64{2: 1, 3: 0} {
		if got := PearsonTail(x, 2, 0, 0); got != want {
			t.Errorf("of a number that is always 2, P(X >= %v) = %v", x, got)
		}
	}
}
