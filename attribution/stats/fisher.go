package stats

import "math"

// A Table is a fourfold table of counts:
//
//	           active  not
//	crashed      A      B
//	passed       C      D
type Table struct{ A, B, C, D int }

func (t Table) total() int { return t.A + t.B + t.C + t.D }

// hypergeometric are the chances of each value of A, given the margins, from
// its least to its greatest.
func (t Table) hypergeometric() (least int, chances []float64) {
	row, column, n := t.A+t.B, t.A+t.C, t.total()
	least = max(0, row+column-n)
	for a := least; a <= min(row, column); a++ {
		chances = append(chances, math.Exp(logChoose(column, a)+logChoose(n-column, row-a)-logChoose(n, row)))
	}
	return least, chances
}

func tail(chances []float64, from int) float64 {
	sum := 0.0
	for i := max(from, 0); i < len(chances); i++ {
		sum += chances[i]
	}
	return math.Min(sum, 1)
}
