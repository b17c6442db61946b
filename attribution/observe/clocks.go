// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"cmp"
	"slices"

	"example.invalid/starlark-memls/internal/bazel/trace"
	"example.invalid/starlark-memls/internal/jfr"
)

// Two clocks. A recording has the time of day, a profile microseconds since a
// start that it tells to the second before Bazel 8. Both have the garbage
// collections: those of equal length, the same number of times equally far
// apart, are the same ones. Bazel notes a collection when it hears of it, which
// is up to a tenth of a second late on a busy machine and never early, so that
// among the pairs the largest difference is the true one: the edge of their
// distribution, which is sharp.

// A ClockSetting is when, by another clock, a profile began.
type ClockSetting struct {
	StartMicros int64 // of Unix time
	// Collections is how many pairs of collections it rests on, ErrorMicros
	// about how far it may be off.
	Collections int
	ErrorMicros int64
}

const (
	maxPaired     = 2000   // collections of each, so that there are few pairs
	sameLength    = 1500   // how much the lengths of a pair differ, as a profile has them in milliseconds
	lateMicros    = 30_000 // how late most collections are noted, at most
	roundedMicros = 1000
	startsWithin  = 2_000_000 // of profile_start_ts
)

// setClocks finds when the profile began; startMillis is what it says itself, 0
// where it does not.
func setClocks(profile []trace.Collection, recorded []jfr.Collection, startMillis int64) (ClockSetting, bool) {
	profile, recorded = profile[:min(len(profile), maxPaired)], recorded[:min(len(recorded), maxPaired)]
	recorded = slices.SortedFunc(slices.Values(recorded), func(a, b jfr.Collection) int { return cmp.Compare(a.Duration, b.Duration) })
	var starts []int64
	for _, p := range profile {
		i, _ := slices.BinarySearchFunc(recorded, p.DurationMicros-sameLength, func(c jfr.Collection, least int64) int {
			return cmp.Compare(c.Duration.Microseconds(), least)
		})
		for ; i < len(recorded) && recorded[i].Duration.Microseconds() <= p.DurationMicros+sameLength; i++ {
			start := recorded[i].At.UnixMicro() - p.StartMicros
			if told := startMillis * 1000; told == 0 || max(start-told, told-start) < startsWithin {
				starts = append(starts, start)
			}
		}
	}
	slices.Sort(starts)
	first, n := densest(starts, func(int64) bool { return true })
	if n == 0 {
		return ClockSetting{}, false
	}
	pairs := starts[first : first+n]
	edge := pairs[n-1]
	_, others := densest(starts, func(start int64) bool { return start < pairs[0]-lateMicros || start > edge+lateMicros })
	if n < 2 || n <= others || 2*n < min(len(profile), len(recorded)) {
		return ClockSetting{}, false
	}
	// The edge is as sharp as the tenth of the pairs next to it lie together.
	return ClockSetting{StartMicros: edge, Collections: n, ErrorMicros: max(roundedMicros, edge-pairs[n-1-(n+8)/10])}, true
}

// densest is the stretch of lateMicros with the most of the sorted numbers that
// are allowed.
func densest(sorted []int64, allowed func(int64) bool) (first, n int) {
	last := 0
	for i, from := range sorted {
		if !allowed(from) {
			continue
		}
		last = max(last, i)
		for last < len(sorted) && sorted[last] <= from+lateMicros && allowed(sorted[last]) {
			last++
		}
		if last-i > n {
			first, n = i, last-i
		}
	}
	return first, n
}
