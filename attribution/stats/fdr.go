package stats

import (
	"cmp"
	"slices"
)

// BenjaminiHochberg turns p-values into q-values, in the same order: the least
// false discovery rate at which each would be called (Benjamini & Hochberg
// 1995, J. Royal Stat. Soc. B 57:289). It holds for independent tests, and for
// those that are positively dependent.
func BenjaminiHochberg(p []float64) []float64 { return stepUp(p, 1) }

// BenjaminiYekutieli is the same under any dependence, at the price of the
// factor 1 + 1/2 + … + 1/m (Benjamini & Yekutieli 2001, Ann. Stat. 29:1165).
// Functions that call each other depend on each other both ways.
func BenjaminiYekutieli(p []float64) []float64 {
	harmonic := 0.0
	for i := range p {
		harmonic += 1 / float64(i+1)
	}
	return stepUp(p, harmonic)
}

func stepUp(p []float64, factor float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[b], p[a]) })
	q := make([]float64, len(p))
	least := 1.0
	for done, i := range order { // from the largest p down
		rank := float64(len(p) - done)
		least = min(least, p[i]*factor*float64(len(p))/rank)
		q[i] = least
	}
	return q
}
