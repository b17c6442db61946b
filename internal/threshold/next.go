// SPDX-License-Identifier: Apache-2.0

package threshold

import "math"

// candidateQuantiles are where, in the posterior of the limit at which half
// of the builds crash, the next limit is looked for. Beyond its tails an
// outcome is foregone and teaches nothing; the three past the last quantile
// are for the width, which is learnt on the shoulders of the curve.
var candidateQuantiles = []float64{0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.98}

// Next chooses the limit to build at next: the one whose outcome is expected
// to leave the least entropy over both parameters, rounded to whole steps of
// stepBytes and kept in the range.
func (e Estimate) Next(stepBytes int64) int64 {
	best, bestEntropy := int64(0), math.Inf(1)
	for _, limit := range e.grid.candidates(e.within, max(stepBytes, 1)) {
		if h := e.grid.expectedEntropy(math.Log(float64(limit))); h < bestEntropy-1e-12 {
			best, bestEntropy = limit, h
		}
	}
	return best
}

// candidates are the limits worth considering, ascending, each once.
func (p *posterior) candidates(r Range, step int64) []int64 {
	half := p.values(func(mu, _ float64) float64 { return mu })
	width := p.values(func(_, s float64) float64 { return s }).quantile(0.5)
	var xs []float64
	median := half.quantile(0.5)
	xs = append(xs, median-2*width)
	for _, q := range candidateQuantiles {
		xs = append(xs, half.quantile(q))
	}
	xs = append(xs, median+1.5*width, median+2.5*width)

	var limits []int64
	seen := make(map[int64]bool)
	for _, x := range xs {
		limit := int64(math.Round(math.Exp(x)/float64(step))) * step
		limit = min(max(limit, r.LowBytes), r.HighBytes)
		if !seen[limit] {
			seen[limit] = true
			limits = append(limits, limit)
		}
	}
	return limits
}

// expectedEntropy is the posterior's entropy after a build at ln limit x,
// averaged over its two outcomes:
//
//	Σ_r P(r) · H(posterior | r),   H = −Σ q ln q
//
// With q = mass·P(r|cell)/P(r) this is Σ_r [P(r) ln P(r) − Σ m ln m], m the
// unnormalized mass, so that one pass over the grid suffices.
func (p *posterior) expectedEntropy(x float64) float64 {
	var crash, crashLog, passLog float64
	for w, s := range p.widths {
		row := p.mass[w*len(p.mus) : (w+1)*len(p.mus)]
		for m, mu := range p.mus {
			mass := row[m]
			if mass < 1e-12 {
				continue
			}
			c := mass * crashProbability(x, mu, s)
			crash += c
			crashLog += xLogX(c)
			passLog += xLogX(mass - c)
		}
	}
	return xLogX(crash) - crashLog + xLogX(1-crash) - passLog
}

func xLogX(x float64) float64 {
	if x <= 0 {
		return 0
	}
	return x * math.Log(x)
}
