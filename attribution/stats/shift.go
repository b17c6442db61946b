// SPDX-License-Identifier: Apache-2.0

package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Do two things happen together? One runs in stretches, the other comes at
// instants; both come in clusters, so that neither instants nor stretches are
// independent, and no table is of use. What is kept is each one's own pattern:
// the instants are moved along by the same time, round a circle, and it is
// counted again how many fall into the stretches (circular shift: Amarasingham,
// Harrison, Hatsopoulos & Geman 2012, J. Neurophysiol. 107:517). All shifts of
// a grid are tried, so that nothing is drawn and the answer is always the same.
//
// The counts of several runs are independent of each other and add up, and so
// do the cumulants of what the shifts give. The tail of their sum is Pearson's
// type III with these three (Mielke & Berry 2001, Permutation Methods, 2.3):
// sums alone are kept of the runs, in any order.

// Shifts is the number of shifts that are tried.
const Shifts = 256

// A Shifted is how many instants fall into stretches, and the cumulants of that
// number over all shifts.
type Shifted struct {
	Observed              int
	Mean, Variance, Third float64
}

// Ring marks which cells of a circle belong to stretches.
type Ring []bool

// Shift counts the instants, as cells of the ring, whose cell is marked. The
// ring's length is a multiple of Shifts.
func (r Ring) Shift(instants []int) Shifted {
	var counts [Shifts]int32
	step := len(r) / Shifts
	for _, at := range instants {
		for s := range counts {
			var hit int32 // without a branch, which could not be foreseen
			if r[at] {
				hit = 1
			}
			counts[s] += hit
			if at += step; at >= len(r) {
				at -= len(r)
			}
		}
	}
	out := Shifted{Observed: int(counts[0])}
	for _, c := range counts {
		out.Mean += float64(c) / Shifts
	}
	for _, c := range counts {
		d := float64(c) - out.Mean
		out.Variance += d * d / Shifts
		out.Third += d * d * d / Shifts
	}
	return out
}

// A ShiftSum adds up several runs. Its zero value is ready for use.
type ShiftSum struct {
	Runs, Observed        int
	mean, variance, third Sum
}

// Add adds a run.
func (s *ShiftSum) Add(r Shifted) {
	s.Observed += r.Observed
	if r.Variance > 0 { // else no shift makes a difference
		s.Runs++
	}
	s.mean.Add(r.Mean)
	s.variance.Add(r.Variance)
	s.third.Add(r.Third)
}

// Expected is the number by chance.
func (s *ShiftSum) Expected() float64 { return s.mean.Value() }

// P is the chance of as many or more. It is never less than that of the one
// shift, in each of the runs, that was observed.
func (s *ShiftSum) P() float64 {
	least := math.Pow(Shifts+1, -float64(s.Runs))
	return math.Max(least, PearsonTail(float64(s.Observed)-.5, s.mean.Value(), s.variance.Value(), s.third.Value()))
}

// PearsonTail is P(X >= x) of Pearson's type III distribution with these
// cumulants: a gamma distribution, moved and perhaps turned round; the normal
// one without a third.
func PearsonTail(x, mean, variance, third float64) float64 {
	if variance <= 0 {
		if x <= mean {
			return 1
		}
		return 0
	}
	z, skew := (x-mean)/math.Sqrt(variance), third/math.Pow(variance, 1.5)
	if math.Abs(skew) < 1e-3 {
		return NormalTail(z)
	}
	shape := 4 / (skew * skew)
	at := shape + 2*z/skew
	switch {
	case skew > 0 && at <= 0:
		return 1
	case at <= 0:
		return 0
	case skew > 0:
		return mathext.GammaIncRegComp(shape, at)
	}
	return mathext.GammaIncReg(shape, at)
}
