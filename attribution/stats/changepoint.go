// SPDX-License-Identifier: Apache-2.0

package stats

import "math"

// ChangePoints finds where the mean of a series changes: the segmentation that
// minimises the squared distance from each segment's mean plus penalty for
// each change, exactly, by pruned dynamic programming (PELT: Killick, Fearnhead
// & Eckley 2012, JASA 107:1590). The result are the indexes at which a new
// segment begins, ascending. A penalty of 2·variance·log n is Schwarz's
// criterion for one changed mean.
func ChangePoints(series []float64, penalty float64) []int {
	n := len(series)
	sum, square := make([]float64, n+1), make([]float64, n+1)
	for i, x := range series {
		sum[i+1], square[i+1] = sum[i]+x, square[i]+x*x
	}
	cost := func(from, to int) float64 { // of series[from:to]
		s := sum[to] - sum[from]
		return math.Max(0, square[to]-square[from]-s*s/float64(to-from))
	}
	best := make([]float64, n+1) // of series[:i], with a penalty a segment
	best[0] = -penalty
	last := make([]int, n+1)
	open := []int{0} // where the last segment can still begin
	for to := 1; to <= n; to++ {
		best[to] = math.Inf(1)
		for _, from := range open {
			if v := best[from] + cost(from, to) + penalty; v < best[to] {
				best[to], last[to] = v, from
			}
		}
		kept := open[:0]
		for _, from := range open {
			if best[from]+cost(from, to) <= best[to] {
				kept = append(kept, from)
			}
		}
		open = append(kept, to)
	}
	var found []int
	for at := last[n]; n > 0 && at > 0; at = last[at] {
		found = append([]int{at}, found...)
	}
	return found
}
