// SPDX-License-Identifier: Apache-2.0

package stats

import "math"

// Spectrum-based fault localisation: rankings out of nothing but who was there
// in runs that crashed and runs that passed. They are shown beside our own
// ranking, as the baseline to beat.

// Tarantula is the share of crashes with it against the share of passes (Jones
// & Harrold 2005, ASE): 0 to 1; 0 if it was nowhere.
func Tarantula(t Fourfold) float64 {
	crashed, passed := share(t.A, t.A+t.B), share(t.C, t.C+t.D)
	if crashed+passed == 0 {
		return 0
	}
	return crashed / (crashed + passed)
}

// Ochiai is A/√((A+B)(A+C)) (Abreu, Zoeteweij & van Gemund 2006, PRDC).
func Ochiai(t Fourfold) float64 {
	if t.A == 0 {
		return 0
	}
	return float64(t.A) / math.Sqrt(float64(t.A+t.B)*float64(t.A+t.C))
}

// An Increase is how much likelier a crash is where the function was active
// than where it could have been (Liblit, Naik, Zheng, Aiken & Jordan 2005,
// PLDI): Failure - Context. Its interval is the difference of two proportions'
// in Newcombe's way, from Wilson intervals (1998, Stat. Med. 17:873, method
// 10), which holds for small counts where Liblit's normal one does not.
type Increase struct {
	Value float64
	Interval
	// Importance is the harmonic mean of Increase and of the logarithmic
	// share of all crashes that it was in, 0 where either is not positive.
	Importance float64
}

// IncreaseOf compares runs in which it was active (active.A crashed, active.C
// passed) with runs in which it was observed at all (observed). crashes is the
// number of all crashes.
func IncreaseOf(activeCrashed, activePassed, observedCrashed, observedPassed, crashes int) Increase {
	n1, n2 := activeCrashed+activePassed, observedCrashed+observedPassed
	if n1 == 0 || n2 == 0 {
		return Increase{Interval: Interval{-1, 1}}
	}
	failure, context := share(activeCrashed, n1), share(observedCrashed, n2)
	w1, w2 := Wilson(float64(activeCrashed), float64(n1)), Wilson(float64(observedCrashed), float64(n2))
	i := Increase{Value: failure - context}
	i.Low = i.Value - math.Hypot(failure-w1.Low, w2.High-context)
	i.High = i.Value + math.Hypot(w1.High-failure, context-w2.Low)
	recall := 0.0
	switch {
	case crashes > 1 && activeCrashed > 0:
		recall = math.Log(float64(activeCrashed)) / math.Log(float64(crashes))
	case crashes == 1 && activeCrashed == 1:
		recall = 1
	}
	if i.Value > 0 && recall > 0 {
		i.Importance = 2 / (1/i.Value + 1/recall)
	}
	return i
}

func share(k, n int) float64 {
	if n == 0 {
		return 0
	}
	return float64(k) / float64(n)
}
