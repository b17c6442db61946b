// SPDX-License-Identifier: Apache-2.0

package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// How often each interval holds the truth, by simulation with a fixed seed:
// at least 93 %, and at most 97 % for those that are neither exact nor
// discrete. draws is 1,000 here and 10,000 under the tag slow, which also
// writes the list in docs/statistics.md.

// A simulated interval and the truth that it is of.
type simulated struct {
	interval Interval
	truth    float64
}

// A coverageCase draws intervals of one kind.
type coverageCase struct {
	name         string
	conservative bool // exact or discrete: may cover more than 97 %
	draw         func(r *rand.Rand) simulated
}

// cover is the share of intervals that hold the truth, and their mean width.
func (c coverageCase) cover() (coverage, width float64) {
	r := rand.New(rand.NewPCG(42, 7))
	held := 0
	for range draws {
		d := c.draw(r)
		if d.interval.Low <= d.truth && d.truth <= d.interval.High {
			held++
		}
		width += math.Min(d.interval.High-d.interval.Low, 100) / float64(draws)
	}
	return float64(held) / float64(draws), width
}

func TestCoverage(t *testing.T) {
	t.Parallel()
	for _, c := range coverageCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			coverage, width := c.cover()
			t.Logf("%-45s covers %.1f %%, mean width %.3f", c.name, 100*coverage, width)
			slack := 3 * math.Sqrt(.95*.05/float64(draws)) * leniency
			if coverage < 0.93-slack {
				t.Errorf("covers %.1f %%, less than 93 %%", 100*coverage)
			}
			if !c.conservative && coverage > 0.97+slack {
				t.Errorf("covers %.1f %%, more than 97 %%", 100*coverage)
			}
		})
	}
}

func coverageCases() []coverageCase {
	binomial := func(r *rand.Rand, n int, p float64) int {
		k := 0
		for range n {
			if r.Float64() < p {
				k++
			}
		}
		return k
	}
	poisson := func(r *rand.Rand, mean float64) float64 {
		return distuv.Poisson{Lambda: mean, Src: r}.Rand()
	}
	return []coverageCase{
		{"Wilson, n = 20", true, func(r *rand.Rand) simulated {
			p := .05 + .9*r.Float64()
			return simulated{Wilson(float64(binomial(r, 20, p)), 20), p}
		}},
		{"Clopper-Pearson, n = 20", true, func(r *rand.Rand) simulated {
			p := r.Float64()
			return simulated{ClopperPearson(binomial(r, 20, p), 20), p}
		}},
		{"common odds ratio, Robins-Breslow-Greenland", true, func(r *rand.Rand) simulated {
			var strata []Fourfold
			for range 4 {
				q := .2 + .4*r.Float64()
				odds := 2 * q / (1 - q)
				a, c := binomial(r, 25, odds/(1+odds)), binomial(r, 25, q)
				strata = append(strata, Fourfold{a, 25 - a, c, 25 - c})
			}
			return simulated{CMH(strata).Interval, 2}
		}},
		{"Increase, Newcombe", true, func(r *rand.Rand) simulated {
			p, q := .1+.8*r.Float64(), .1+.8*r.Float64()
			a, b := binomial(r, 15, p), binomial(r, 40, q)
			return simulated{IncreaseOf(a, 15-a, b, 40-b, 40).Interval, p - q}
		}},
		{"rate ratio over 5 runs, Poisson", true, func(r *rand.Rand) simulated {
			var s RateSums
			for range 5 {
				s.Add(poisson(r, 6), 2, poisson(r, 15), 10, 1)
			}
			return simulated{s.Rate().Interval, 2}
		}},
		{"rate ratio over 12 runs, clustered", false, func(r *rand.Rand) simulated {
			var s RateSums
			for range 12 { // each run's function has a level of its own
				level := distuv.Gamma{Alpha: 4, Beta: 4, Src: r}.Rand()
				s.Add(poisson(r, 40*level), 2, poisson(r, 100), 10, 1)
			}
			return simulated{s.Rate().Interval, 2}
		}},
		{"ratio of means, 3 builds and 5", false, func(r *rand.Rand) simulated {
			var a, b []float64
			for range 3 {
				a = append(a, math.Exp(1+.2*r.NormFloat64()))
			}
			for range 5 {
				b = append(b, 1.5*math.Exp(1+.3*r.NormFloat64()))
			}
			return simulated{RatioOfMeans(a, b).Interval, 1.5}
		}},
		{"difference of means, 3 builds and 5", false, func(r *rand.Rand) simulated {
			var a, b Moments
			for range 3 {
				a.Add(4 + .5*r.NormFloat64())
			}
			for range 5 {
				b.Add(1 + .2*r.NormFloat64())
			}
			_, i, _ := DifferenceOfMeans(a, b)
			return simulated{i, 3}
		}},
		{"total of weighted samples, Fay and Feuer", true, func(r *rand.Rand) simulated {
			const every = 1 << 20 // sampled by bytes, as the JVM does it
			var all int64
			var w Weighted
			next := r.ExpFloat64() * every
			for range 400 { // objects of very different sizes
				size := int64(1 + r.ExpFloat64()*float64(int64(1)<<(10+r.IntN(12))))
				all += size
				if next -= float64(size); next < 0 {
					w.Add(weightOf(size, every))
					next = r.ExpFloat64() * every
				}
			}
			return simulated{w.Interval().Times(1 / float64(all)), 1}
		}},
		{"slope, Student", false, func(r *rand.Rand) simulated {
			var l Line
			for i := range 6 {
				l.Add(float64(i), 2*float64(i)+r.NormFloat64())
			}
			_, i, _ := l.Slope()
			return simulated{i, 2}
		}},
		{"rate ratio in 1 run, clustered", true, func(r *rand.Rand) simulated {
			// Bursts of 4 at once, in 40 bins; the function has 8 of them.
			var bins []float64
			for i := range 40 {
				mean := 1.5
				if i < 8 {
					mean = 3
				}
				bins = append(bins, 4*poisson(r, mean))
			}
			inside, outside := 0.0, 0.0
			for i, n := range bins {
				if i < 8 {
					inside += n
				} else {
					outside += n
				}
			}
			var s RateSums
			s.Add(inside, 8, outside, 32, Dispersion(bins))
			return simulated{s.Rate().Interval, 2}
		}},
	}
}
