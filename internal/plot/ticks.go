// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"math"
	"strconv"
)

// A tick is a labelled place on an axis.
type tick struct {
	value float64
	label string
}

// limitTicks marks a logarithmic axis of mebibytes at limits that one would
// set: 1, 2, 5, 10 as long as the axis spans decades, down to steps of 1 MiB
// where it spans little.
func limitTicks(low, high float64) []tick {
	var best []tick
	for _, values := range tickSets(low, high) {
		if len(values) > len(best) && roomy(values, low, high) {
			best = nil
			for _, v := range values {
				best = append(best, tick{v, strconv.FormatFloat(v, 'f', -1, 64)})
			}
		}
	}
	return best
}

// closest is how near two labels may come, as a share of the axis.
const closest = 0.055

// tickSets are the candidates.
func tickSets(low, high float64) [][]float64 {
	var sets [][]float64
	for _, multiples := range [][]float64{{1}, {1, 2, 5}, {1, 1.5, 2, 3, 5, 7}, {1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8}, {1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9}} {
		var set []float64
		for decade := math.Pow(10, math.Floor(math.Log10(low))); decade <= high; decade *= 10 {
			for _, m := range multiples {
				if v := m * decade; v >= low && v <= high {
					set = append(set, v)
				}
			}
		}
		sets = append(sets, set)
	}
	for _, step := range []float64{500, 250, 200, 100, 50, 25, 20, 10, 5, 2, 1} {
		if (high-low)/step > 40 {
			break
		}
		var set []float64
		for v := math.Ceil(low/step) * step; v <= high; v += step {
			set = append(set, v)
		}
		sets = append(sets, set)
	}
	return sets
}

func roomy(values []float64, low, high float64) bool {
	for i := 1; i < len(values); i++ {
		if math.Log(values[i]/values[i-1])/math.Log(high/low) < closest {
			return false
		}
	}
	return true
}

// niceTicks marks a linear axis from low to high in steps of 1, 2 or 5, in
// not more than about so many steps.
func niceTicks(low, high float64, about int) []tick {
	step := niceStep((high - low) / float64(about))
	digits := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	var ticks []tick
	for i := math.Ceil(low/step-1e-9) + 0; i*step <= high*(1+1e-12); i++ {
		ticks = append(ticks, tick{i * step, strconv.FormatFloat(i*step, 'f', digits, 64)})
	}
	return ticks
}

// niceStep is the least of 1, 2, 5 times a power of ten that is not below x.
func niceStep(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 1) {
		return 1
	}
	decade := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 5} {
		if m*decade >= x*(1-1e-9) {
			return m * decade
		}
	}
	return 10 * decade
}
