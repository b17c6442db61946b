// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"slices"
	"sort"

	"example.invalid/starlark-memls/internal/bazel/trace"
)

// spans is a union of intervals: sorted, disjoint, not touching.
//
// Bazel writes a call when it ends, so a function's stretches of time arrive
// nearly in order and nearly every add extends or appends; one that comes
// late, from a call that lasted longer, is put in its place.
type spans []trace.Span

// add unites s with the interval.
func (s *spans) add(v trace.Span) {
	if v.End <= v.Start {
		return
	}
	list := *s
	// first is the first interval that v touches or precedes.
	first := len(list)
	for steps := 0; first > 0 && list[first-1].End >= v.Start; steps++ {
		if steps == 16 { // far out of order: search instead of walking
			first = sort.Search(first, func(i int) bool { return list[i].End >= v.Start })
			break
		}
		first--
	}
	last := first // past the last interval that v touches
	for last < len(list) && list[last].Start <= v.End {
		last++
	}
	if first == last {
		list = append(list, trace.Span{})
		copy(list[first+1:], list[first:])
		list[first] = v
		*s = list
		return
	}
	list[first].Start = min(list[first].Start, v.Start)
	list[first].End = max(list[last-1].End, v.End)
	*s = append(list[:first+1], list[last:]...)
}

// length is the sum of the intervals' lengths.
func (s spans) length() int64 {
	var n int64
	for _, v := range s {
		n += v.End - v.Start
	}
	return n
}

// overlap is how much of the interval lies in the union.
func (s spans) overlap(v trace.Span) int64 {
	i := sort.Search(len(s), func(i int) bool { return s[i].End > v.Start })
	var n int64
	for ; i < len(s) && s[i].Start < v.End; i++ {
		n += min(s[i].End, v.End) - max(s[i].Start, v.Start)
	}
	return n
}

// coarsen about halves the number of intervals by closing the shorter half of
// the gaps between them. It keeps a function that was called a million times,
// in a profile recorded in full, from costing memory by the call. The median
// gap is estimated from a sample, which is exact enough for that and linear.
func (s *spans) coarsen() {
	list := *s
	if len(list) < 4 {
		return
	}
	var sample [33]int64
	n := min(len(list)-1, len(sample))
	for i := range n {
		at := i * (len(list) - 1) / n
		sample[i] = list[at+1].Start - list[at].End
	}
	slices.Sort(sample[:n])
	threshold := sample[n/2]
	kept := list[:1]
	for _, v := range list[1:] {
		if last := &kept[len(kept)-1]; v.Start-last.End <= threshold {
			last.End = v.End
		} else {
			kept = append(kept, v)
		}
	}
	*s = kept
}
