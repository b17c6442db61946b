// SPDX-License-Identifier: Apache-2.0

package stats

// A Stretch is a half-open interval of time.
type Stretch struct{ Start, End int64 }

// MMU is the minimum mutator utilisation (Cheng & Blelloch 2001, PLDI): the
// least share of any window of the given length, within the period, that was
// left to the program between pauses. Pauses are sorted and disjoint. A window
// that is longer than the period is cut to it.
//
// The least is reached by a window that begins where a pause begins or ends
// where one ends, so only those are tried.
func MMU(pauses []Stretch, period Stretch, window int64) float64 {
	window = min(window, period.End-period.Start)
	if window <= 0 {
		return 1
	}
	before := make([]int64, len(pauses)+1) // pause before the i-th
	for i, p := range pauses {
		before[i+1] = before[i] + p.End - p.Start
	}
	until := func(at int64) int64 { // pause in the period before at
		low, high := 0, len(pauses)
		for low < high {
			middle := (low + high) / 2
			if pauses[middle].End <= at {
				low = middle + 1
			} else {
				high = middle
			}
		}
		n := before[low]
		if low < len(pauses) && pauses[low].Start < at {
			n += at - pauses[low].Start
		}
		return n
	}
	most := int64(0)
	try := func(start int64) {
		start = max(period.Start, min(start, period.End-window))
		most = max(most, until(start+window)-until(start))
	}
	try(period.Start)
	for _, p := range pauses {
		try(p.Start)
		try(p.End - window)
	}
	return 1 - float64(most)/float64(window)
}
