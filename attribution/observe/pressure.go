// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"math"

	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/internal/bazel/trace"
)

// How short of memory a build was, in two numbers that do not depend on how
// long it took: the least share of any second that the collector left to the
// program (minimum mutator utilisation), and when it began to take most of the
// time for good. The onset is a change point of the share of pause over forty
// stretches of the build's Starlark, so that one long collection is none.

// utilisationWindow is the window of the utilisation.
const utilisationWindow = 1_000_000

// thrashing is the share of time in collections that leaves too little: Bazel's
// own limit for giving up is far above it, and a build that is here is slow.
const thrashing = 0.5

// pressure sums up the collections, which are sorted and disjoint, within the
// time of the build's Starlark. Without any, nothing is known.
func pressure(whole trace.Span, blamed []trace.Pause) (utilisation *float64, onset *int64) {
	if len(blamed) == 0 || whole.End <= whole.Start {
		return nil, nil
	}
	pauses := make([]stats.Stretch, 0, len(blamed))
	for _, k := range blamed {
		pauses = append(pauses, stats.Stretch{Start: k.Start, End: k.End})
	}
	least := stats.MMU(pauses, stats.Stretch{Start: whole.Start, End: whole.End}, utilisationWindow)
	return &least, thrashingOnset(whole, blamed)
}

// thrashingOnset is where the last segments, each with more pause than
// thrashing, begin; nil where the last one has less.
func thrashingOnset(whole trace.Span, blamed []trace.Pause) *int64 {
	length := whole.End - whole.Start
	if length < gcBins {
		return nil
	}
	bin := func(i int64) int64 { return whole.Start + length*i/gcBins }
	shares := make([]float64, gcBins)
	for _, k := range blamed {
		first := max(0, (k.Start-whole.Start)*gcBins/length)
		for i := first; i < gcBins && bin(i) < k.End; i++ {
			stretch := trace.Span{Start: bin(i), End: bin(i + 1)}
			shares[i] += float64(stretch.Common(k.Span)) / float64(stretch.End-stretch.Start)
		}
	}
	cuts := append([]int{0}, stats.ChangePoints(shares, 2*noise(shares)*math.Log(gcBins))...)
	onset := -1
	for i := len(cuts) - 1; i >= 0; i-- {
		end := gcBins
		if i+1 < len(cuts) {
			end = cuts[i+1]
		}
		sum := 0.0
		for _, s := range shares[cuts[i]:end] {
			sum += s
		}
		if sum < thrashing*float64(end-cuts[i]) {
			break
		}
		onset = cuts[i]
	}
	if onset < 0 {
		return nil
	}
	at := bin(int64(onset))
	return &at
}

// noise estimates the variance of a series around its levels from the steps
// between neighbours, which a few changes of level hardly touch (von Neumann
// 1941, Ann. Math. Stat. 12:367).
func noise(series []float64) float64 {
	sum := 0.0
	for i := 1; i < len(series); i++ {
		d := series[i] - series[i-1]
		sum += d * d
	}
	return max(sum/float64(2*(len(series)-1)), 1e-4)
}
