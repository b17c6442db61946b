// SPDX-License-Identifier: Apache-2.0

package growth

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// A Growth says how what some targets have made grows with their number.
type Growth struct {
	// Exponent is that of all together, where the build stands now: 1 is in
	// proportion to the targets, 2 the square.
	Exponent Estimate `json:"exponent"`
	// Target is the exponent of what one target makes against the number of
	// those below it, at the largest.
	Target Estimate `json:"target_exponent"`
	// Twice is how many times as much twice the targets would hold.
	Twice Estimate `json:"twice_factor"`
	// Common is what a few targets have made beside, once for all: it is in the
	// sum and does not grow.
	Common float64 `json:"common_bytes,omitempty"`
}

// An Estimate has its 95 % interval.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// What there must be to learn from.
const (
	leastTargets = 16
	leastRange   = 4    // the largest n to the smallest
	mostPoints   = 4000 // more are sampled
	resamples    = 300
)

// Measure says how what the nodes have made grows; bytes are theirs, one by one. ok
// is false where the build is too small or too flat to tell.
func (g *TargetGraph) Measure(nodes []int32, bytes []float64) (growth Growth, ok bool) {
	if len(nodes) < leastTargets {
		return Growth{}, false
	}
	points := make([]point, len(nodes))
	sum := 0.0
	least, most := math.Inf(1), 0.0
	for i, node := range nodes {
		n := max(1, float64(g.below[node]))
		least, most = min(least, n), max(most, n)
		points[i] = point{n: n, bytes: bytes[i], weight: 1}
		for j, f := range terms {
			points[i].values[j] = f(n)
		}
		sum += bytes[i]
	}
	if most < leastRange*least || sum <= 0 {
		return Growth{}, false
	}
	parts, total := g.partsOf(nodes, points)
	r := rand.New(rand.NewPCG(1, uint64(len(nodes))))
	sample := points
	if len(points) > mostPoints {
		sample = make([]point, mostPoints)
		for i, k := range r.Perm(len(points))[:mostPoints] {
			sample[i] = points[k]
		}
	}
	sample, common, ok := withoutCommon(sample, float64(len(points))/float64(len(sample)), sum)
	if !ok {
		return Growth{}, false
	}
	var exponents, targets, twices []float64
	for k := range resamples + 1 {
		var s sums
		for i := range sample {
			p := &sample[i]
			if k > 0 {
				p = &sample[r.IntN(len(sample))]
			}
			s.add(p, 1)
		}
		some := parts
		if k > 0 {
			some = make([]subBuild, len(parts))
			for i := range some {
				some[i] = parts[r.IntN(len(parts))]
			}
		}
		c, ok := s.fit()
		if !ok {
			continue
		}
		m := momentsOf(some, total)
		e, twice := m.grow(c, common)
		if k == 0 {
			growth.Exponent.Value, growth.Twice.Value, growth.Target.Value = e, twice, c.elasticity(most)
			growth.Common = common
			continue
		}
		exponents, twices, targets = append(exponents, e), append(twices, twice), append(targets, c.elasticity(most))
	}
	growth.Exponent.between(exponents, leastDoubt)
	growth.Twice.between(twices, leastDoubt*math.Ln2*growth.Twice.Value)
	growth.Target.between(targets, leastDoubt)
	return growth, len(exponents) > resamples/2
}

// leastDoubt is how near an exponent is known at best: a program may have other
// terms than those.
const leastDoubt = 0.02

// between takes the interval from resamples, and adds a doubt to either side.
func (e *Estimate) between(values []float64, doubt float64) {
	if len(values) == 0 {
		return
	}
	slices.Sort(values)
	tail := len(values) / 50
	e.Low, e.High = min(e.Value, values[tail])-doubt, max(e.Value, values[len(values)-1-tail])+doubt
}

// withoutCommon weighs the points, so that a deviation counts by its share, and
// takes out what stands alone: one target has made what all the others are handed.
func withoutCommon(points []point, each, sum float64) (kept []point, common float64, ok bool) {
	kept = slices.SortedStableFunc(slices.Values(points), func(a, b point) int { return cmp.Compare(a.n, b.n) })
	for range 5 {
		var s sums
		for i := range kept {
			s.add(&kept[i], 1)
		}
		c, fits := s.fit()
		if !fits {
			return nil, 0, false
		}
		mean := 0.0
		for i := range kept {
			mean += kept[i].bytes / float64(len(kept))
		}
		var left []point
		out := 0.0
		for i, p := range kept {
			if p.bytes > 0.02*sum && p.bytes > 8*typicalAbove(kept, i) {
				out += p.bytes
				continue
			}
			d := max(c.at(p.n), mean/20, 1)
			p.weight = 1 / (d * d)
			left = append(left, p)
		}
		if len(left) < leastTargets {
			return nil, 0, false
		}
		common += out * each
		kept = left
	}
	return kept, common, true
}

// typicalAbove is the median of the next larger targets: whoever has made what they
// are handed is below them. Where hardly any is larger it is without bound.
func typicalAbove(points []point, i int) float64 {
	const enough, most = 4, 15
	larger := points[i+1 : min(i+1+most, len(points))]
	if len(larger) < enough {
		return math.Inf(1)
	}
	bytes := make([]float64, len(larger))
	for k := range larger {
		bytes[k] = larger[k].bytes
	}
	slices.Sort(bytes)
	return bytes[len(bytes)/2]
}

// A subBuild is a smaller build: how many of the targets at hand are in it, and the sums
// of the terms over them.
type subBuild struct {
	count float64
	sum   coefficients
}

// moments are the sums of the terms over all targets, the local exponents by which
// they grow with the number of targets, and those up to twice as many.
type moments struct {
	sum, power, ahead coefficients
}

// grow is the exponent now, and how many times as much twice the targets hold.
func (m *moments) grow(c coefficients, common float64) (exponent, twice float64) {
	now, slope, then := common, 0.0, common
	for j := range terms {
		held := c[j] * m.sum[j]
		now += held
		slope += held * m.power[j]
		then += held * math.Exp2(m.ahead[j])
	}
	if now <= 0 {
		return 0, 1
	}
	return slope / now, then / now
}

// partsOf are the smaller builds with as many of the targets as matter, and the
// sums over all.
func (g *TargetGraph) partsOf(nodes []int32, points []point) (parts []subBuild, sum coefficients) {
	most := 0.0
	for _, in := range g.parts(nodes) {
		var p subBuild
		for i, node := range nodes {
			if in.has(node) {
				p.count++
				for j := range terms {
					p.sum[j] += points[i].values[j]
				}
			}
		}
		parts = append(parts, p)
		most = max(most, p.count)
	}
	parts = slices.DeleteFunc(parts, func(p subBuild) bool { return p.count < max(4, most/32) })
	for i := range points {
		for j := range terms {
			sum[j] += points[i].values[j]
		}
	}
	return parts, sum
}

// momentsOf looks how the sums grow from build to larger build: by a parabola in
// logarithms, in which the larger ones weigh more.
func momentsOf(parts []subBuild, sum coefficients) moments {
	m := moments{sum: sum}
	most := 0.0
	for i := range parts {
		most = max(most, parts[i].count)
	}
	for j := range terms {
		m.power[j], m.ahead[j] = 1, 1
		var s [5]float64 // of the powers of x
		var r [3]float64
		for i := range parts {
			p := &parts[i]
			if p.sum[j] <= 0 {
				continue
			}
			x, y, w := math.Log2(p.count/most), math.Log2(p.sum[j]), p.count/most
			for k, xk := 0, w; k < 5; k, xk = k+1, xk*x {
				s[k] += xk
				if k < 3 {
					r[k] += xk * y
				}
			}
		}
		if b, c, ok := parabola(s, r); ok {
			m.power[j], m.ahead[j] = b, b+c
		}
	}
	return m
}

// parabola solves for the slope and the curvature at 0, with too few sizes for the
// slope alone.
func parabola(s [5]float64, r [3]float64) (b, c float64, ok bool) {
	det := s[0]*(s[2]*s[4]-s[3]*s[3]) - s[1]*(s[1]*s[4]-s[3]*s[2]) + s[2]*(s[1]*s[3]-s[2]*s[2])
	if math.Abs(det) > 1e-6*s[0]*s[2]*s[4] {
		b = (s[0]*(r[1]*s[4]-s[3]*r[2]) - r[0]*(s[1]*s[4]-s[3]*s[2]) + s[2]*(s[1]*r[2]-r[1]*s[2])) / det
		c = (s[0]*(s[2]*r[2]-r[1]*s[3]) - s[1]*(s[1]*r[2]-r[1]*s[2]) + r[0]*(s[1]*s[3]-s[2]*s[2])) / det
		return b, c, true
	}
	line := s[0]*s[2] - s[1]*s[1]
	if line <= 1e-9 {
		return 0, 0, false
	}
	return (s[0]*r[1] - s[1]*r[0]) / line, 0, true
}
