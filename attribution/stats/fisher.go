// SPDX-License-Identifier: Apache-2.0

package stats

import "math"

// A Fourfold is a fourfold table of counts:
//
//	           active  not
//	crashed      A      B
//	passed       C      D
type Fourfold struct{ A, B, C, D int }

func (t Fourfold) total() int { return t.A + t.B + t.C + t.D }

// hypergeometric are the chances of each value of A, given the margins, from
// its least to its greatest.
func (t Fourfold) hypergeometric() (least int, chances []float64) {
	row, column, n := t.A+t.B, t.A+t.C, t.total()
	least = max(0, row+column-n)
	greatest := min(row, column)
	mode := min(max(least, (row+1)*(column+1)/(n+2)), greatest)
	log := logChoose(column, mode) + logChoose(n-column, row-mode) - logChoose(n, row)
	return least, fromMode(least, greatest, mode, log, func(a int) float64 {
		return float64(column-a) * float64(row-a) / (float64(a+1) * float64(n-column-row+a+1))
	})
}

func tail(chances []float64, from int) float64 {
	sum := 0.0
	for i := max(from, 0); i < len(chances); i++ {
		sum += chances[i]
	}
	return math.Min(sum, 1)
}
