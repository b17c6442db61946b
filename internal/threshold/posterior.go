// SPDX-License-Identifier: Apache-2.0

package threshold

import (
	"math"
	"sort"
)

// The grid: fine enough in μ that a cell is a small part of the interval
// that is asked for, coarse in ln s, about which few builds say little.
const (
	muCells    = 112
	zoomCells  = 40
	widthCells = 20
	// tail is the posterior mass that zooming in may cut off at either end
	// of μ.
	tail = 1e-5
)

// A posterior is the probability of each (μ, s) of a grid, given the trials.
// It is immutable.
type posterior struct {
	mus, widths []float64
	mass        []float64 // [width*len(mus) + mu], sums to 1
}

// newPosterior computes the posterior in three passes: over the whole range,
// then twice over the part of it that holds all but a trace of the mass. A
// range of a factor of eighty and an interval of a percent could not both be
// resolved by one grid of this size.
func newPosterior(r Range, trials []Trial) *posterior {
	low, high := math.Log(float64(r.LowBytes)), math.Log(float64(r.HighBytes))
	counts := countByLimit(trials)
	for range 2 {
		low, high = gridPosterior(low, high, zoomCells, counts).support()
	}
	return gridPosterior(low, high, muCells, counts)
}

func gridPosterior(low, high float64, cellCount int, counts []count) *posterior {
	p := &posterior{mus: cells(low, high, cellCount)}
	for _, lw := range cells(math.Log(minWidth), math.Log(maxWidth), widthCells) {
		p.widths = append(p.widths, math.Exp(lw))
	}
	p.mass = make([]float64, len(p.mus)*len(p.widths))
	best := math.Inf(-1)
	for w, s := range p.widths {
		for m, mu := range p.mus {
			l := logLikelihood(counts, mu, s)
			p.mass[w*len(p.mus)+m] = l
			best = max(best, l)
		}
	}
	total := 0.0
	for i, l := range p.mass {
		p.mass[i] = math.Exp(l - best)
		total += p.mass[i]
	}
	for i := range p.mass {
		p.mass[i] /= total
	}
	return p
}

// cells are the centres of n equal cells between low and high.
func cells(low, high float64, n int) []float64 {
	c := make([]float64, n)
	for i := range c {
		c[i] = low + (high-low)*(float64(i)+0.5)/float64(n)
	}
	return c
}

// A count is the outcome of all builds at one limit: the likelihood needs no
// more, and repeated limits are the rule near the need.
type count struct {
	x               float64 // ln limit
	passed, crashed float64
}

func countByLimit(trials []Trial) []count {
	at := make(map[int64]*count)
	var counts []*count
	for _, t := range trials {
		c := at[t.LimitBytes]
		if c == nil {
			c = &count{x: math.Log(float64(t.LimitBytes))}
			at[t.LimitBytes] = c
			counts = append(counts, c)
		}
		if t.Crashed {
			c.crashed++
		} else {
			c.passed++
		}
	}
	out := make([]count, len(counts))
	for i, c := range counts {
		out[i] = *c
	}
	return out
}

func logLikelihood(counts []count, mu, s float64) float64 {
	l := 0.0
	for _, c := range counts {
		z := (c.x - mu) / s
		l -= (c.crashed+c.passed)*softplus(z) - c.passed*z // softplus(−z) = softplus(z) − z
	}
	return l
}

// softplus is ln(1+eᶻ) without overflow; −softplus(z) is ln P(crash).
func softplus(z float64) float64 {
	if z > 30 {
		return z
	}
	return math.Log1p(math.Exp(z))
}

// support is the span of μ that holds all but 2·tail of the mass, widened by
// a cell on each side.
func (p *posterior) support() (low, high float64) {
	n := len(p.mus)
	marginal := make([]float64, n)
	for i, m := range p.mass {
		marginal[i%n] += m
	}
	first, last := 0, n-1
	for sum := marginal[first]; sum < tail && first < n-1; sum += marginal[first] {
		first++
	}
	for sum := marginal[last]; sum < tail && last > first; sum += marginal[last] {
		last--
	}
	half := (p.mus[1] - p.mus[0]) / 2
	low, high = p.mus[first]-half, p.mus[last]+half
	if first > 0 {
		low -= 2 * half
	}
	if last < n-1 {
		high += 2 * half
	}
	return low, high
}

// interval summarizes a function of the parameters by its posterior median
// and its equal-tailed 95 % interval.
func (p *posterior) interval(f func(mu, s float64) float64) Interval {
	v := p.values(f)
	return Interval{Bytes: v.quantile(0.5), LowBytes: v.quantile(0.025), HighBytes: v.quantile(0.975)}
}

// summarize is interval with the posterior mean in the place of the median.
func (p *posterior) summarize(f func(mu, s float64) float64) (mean, low, high float64) {
	v := p.values(f)
	for _, x := range v {
		mean += x.value * x.mass
	}
	return mean, v.quantile(0.025), v.quantile(0.975)
}

type weighted struct{ value, mass float64 }

// weightedValues are sorted by value.
type weightedValues []weighted

func (p *posterior) values(f func(mu, s float64) float64) weightedValues {
	v := make(weightedValues, 0, len(p.mass))
	for w, s := range p.widths {
		for m, mu := range p.mus {
			if mass := p.mass[w*len(p.mus)+m]; mass > 1e-12 {
				v = append(v, weighted{f(mu, s), mass})
			}
		}
	}
	sort.Slice(v, func(i, j int) bool { return v[i].value < v[j].value })
	return v
}

// quantile is the value below which the share q of the mass lies; the mass of
// a cell is taken to lie half on either side of its value.
func (v weightedValues) quantile(q float64) float64 {
	sum := 0.0
	for i, x := range v {
		next := sum + x.mass
		if next >= q {
			if i == 0 {
				return x.value
			}
			return interpolate(v[i-1], x, sum, q)
		}
		sum = next
	}
	return v[len(v)-1].value
}

// interpolate finds q between the mid-masses of two neighbouring values; sum
// is the mass before the second.
func interpolate(a, b weighted, sum, q float64) float64 {
	from, to := sum-a.mass/2, sum+b.mass/2
	if to <= from {
		return b.value
	}
	t := min(max((q-from)/(to-from), 0), 1)
	return a.value + t*(b.value-a.value)
}
