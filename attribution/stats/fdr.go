// SPDX-License-Identifier: Apache-2.0

package stats

import (
	"cmp"
	"slices"
)

// BenjaminiHochberg turns p-values into q-values, in the same order: the least
// false discovery rate at which each would be called (Benjamini & Hochberg
// 1995, J. Royal Stat. Soc. B 57:289). It holds for independent tests, and for
// those that are positively dependent.
func BenjaminiHochberg(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[b], p[a]) })
	q := make([]float64, len(p))
	least := 1.0
	for done, i := range order { // from the largest p down
		rank := float64(len(p) - done)
		least = min(least, p[i]*float64(len(p))/rank)
		q[i] = least
	}
	return q
}
