package attribution

import (
	"math"

	"example.invalid/starlark-memls/attribution/stats"
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
func pressure(whole span, blamed []collection) (utilisation *float64, onset *int64) {
	if len(blamed) == 0 || whole.end <= whole.start {
		return nil, nil
	}
	pauses := make([]stats.Stretch, 0, len(blamed))
	for _, k := range blamed {
		pauses = append(pauses, stats.Stretch{Start: k.start, End: k.end})
	}
	least := stats.MMU(pauses, stats.Stretch{Start: whole.start, End: whole.end}, utilisationWindow)
	return &least, thrashingOnset(whole, blamed)
}

// thrashingOnset is where the last segments, each with more pause than
// thrashing, begin; nil where the last one has less.
func thrashingOnset(whole span, blamed []collection) *int64 {
	length := whole.end - whole.start
	if length < gcBins {
		return nil
	}
	bin := func(i int64) int64 { return whole.start + length*i/gcBins }
	shares := make([]float64, gcBins)
	for _, k := range blamed {
		first := max(0, (k.start-whole.start)*gcBins/length)
		for i := first; i < gcBins && bin(i) < k.end; i++ {
			stretch := span{bin(i), bin(i + 1)}
			shares[i] += float64(common(stretch, k.span)) / float64(stretch.end-stretch.start)
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
