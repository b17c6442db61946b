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

// FisherGreater is the exact one-sided p-value of independence against A being
// too large (Fisher 1922, J. Royal Stat. Soc. 85:87).
func FisherGreater(t Table) float64 {
	least, chances := t.hypergeometric()
	return tail(chances, t.A-least)
}

// FisherTwoSided sums all tables that are no likelier than the one seen.
func FisherTwoSided(t Table) float64 {
	least, chances := t.hypergeometric()
	seen := chances[t.A-least] * (1 + 1e-7) // ties count, whatever the rounding
	sum := 0.0
	for _, p := range chances {
		if p <= seen {
			sum += p
		}
	}
	return math.Min(sum, 1)
}

func tail(chances []float64, from int) float64 {
	sum := 0.0
	for i := max(from, 0); i < len(chances); i++ {
		sum += chances[i]
	}
	return math.Min(sum, 1)
}

// OddsRatio is AD/BC with half a count added to each cell, so that it is never
// 0 or infinite (Haldane 1956, Ann. Human Genetics 20:309; Anscombe 1956),
// with its 95 % interval on the logarithmic scale (Woolf 1955).
func OddsRatio(t Table) (ratio float64, interval Interval) {
	a, b, c, d := float64(t.A)+.5, float64(t.B)+.5, float64(t.C)+.5, float64(t.D)+.5
	log := math.Log(a * d / (b * c))
	half := Z95 * math.Sqrt(1/a+1/b+1/c+1/d)
	return math.Exp(log), Interval{math.Exp(log - half), math.Exp(log + half)}
}
