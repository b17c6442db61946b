// SPDX-License-Identifier: Apache-2.0

package growth

import (
	"math"
)

// The terms of what one target makes, with n targets below it.
var terms = [...]func(n float64) float64{
	func(n float64) float64 { return 1 },
	func(n float64) float64 { return math.Log2(n) },
	func(n float64) float64 { return n },
	func(n float64) float64 { return n * math.Log2(n) },
	func(n float64) float64 { return n * n },
	func(n float64) float64 { return n * n * n },
}

const maxTerms = 3 // at once

type coefficients [len(terms)]float64

// at is what a target with n below it makes.
func (c coefficients) at(n float64) (b float64) {
	for j, f := range terms {
		if c[j] != 0 {
			b += c[j] * f(n)
		}
	}
	return b
}

// elasticity is the local exponent there.
func (c coefficients) elasticity(n float64) float64 {
	const step = 1.001
	b := c.at(n)
	if b <= 0 {
		return 0
	}
	return math.Log(c.at(n*step)/b) / math.Log(step)
}

// A point is a target.
type point struct {
	n, bytes float64
	values   coefficients // of the terms
	weight   float64
}

// subsets are the choices of terms.
var subsets = func() (out [][]int) {
	for mask := 1; mask < 1<<len(terms); mask++ {
		var set []int
		for j := range terms {
			if mask>>j&1 != 0 {
				set = append(set, j)
			}
		}
		if len(set) <= maxTerms {
			out = append(out, set)
		}
	}
	return out
}()

// sums are the normal equations of points.
type sums struct {
	gram  [len(terms)][len(terms)]float64
	right coefficients
	total float64 // of the weighted squares
	count float64
}

func (s *sums) add(p *point, times float64) {
	w := p.weight * times
	for i := range terms {
		for j := range i + 1 {
			s.gram[i][j] += w * p.values[i] * p.values[j]
		}
		s.right[i] += w * p.values[i] * p.bytes
	}
	s.total += w * p.bytes * p.bytes
	s.count += times
}

// fit chooses the terms: the least Bayesian information criterion among those
// choices whose weights are all positive.
func (s *sums) fit() (best coefficients, ok bool) {
	least := math.Inf(1)
	// Sizes come in steps of eight bytes: no fit is better than that.
	floor := 1e-9 * s.total / s.count
	for _, set := range subsets {
		c, ok := s.solve(set)
		if !ok {
			continue
		}
		rest := s.total
		for _, i := range set {
			rest -= 2 * c[i] * s.right[i]
			for _, j := range set {
				rest += c[i] * c[j] * s.gram[max(i, j)][min(i, j)]
			}
		}
		score := s.count*math.Log(max(rest/s.count, floor)) + float64(len(set))*math.Log(s.count)
		if score < least {
			least, best = score, c
		}
	}
	return best, !math.IsInf(least, 1)
}

// solve is the least squares with these terms; ok is false where one of them would
// be negative or cannot be told from the others.
func (s *sums) solve(set []int) (c coefficients, ok bool) {
	var a [maxTerms][maxTerms + 1]float64
	n := len(set)
	var scale [maxTerms]float64
	for i, p := range set {
		scale[i] = math.Sqrt(s.gram[p][p])
		if scale[i] == 0 {
			return c, false
		}
	}
	for i, p := range set {
		for j, q := range set {
			a[i][j] = s.gram[max(p, q)][min(p, q)] / scale[i] / scale[j]
		}
		a[i][n] = s.right[p] / scale[i]
	}
	for k := range n {
		pivot := k
		for i := k + 1; i < n; i++ {
			if math.Abs(a[i][k]) > math.Abs(a[pivot][k]) {
				pivot = i
			}
		}
		a[k], a[pivot] = a[pivot], a[k]
		if math.Abs(a[k][k]) < 1e-11 {
			return c, false
		}
		for i := range n {
			if i == k {
				continue
			}
			f := a[i][k] / a[k][k]
			for j := k; j <= n; j++ {
				a[i][j] -= f * a[k][j]
			}
		}
	}
	for i, p := range set {
		c[p] = a[i][n] / a[i][i] / scale[i]
		if c[p] <= 0 {
			return c, false
		}
	}
	return c, true
}
