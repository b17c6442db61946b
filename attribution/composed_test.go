// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/internal/quantity"
)

// The interval of over-representation as it is composed: of crashes, in which
// functions are active by chance, and of builds that passed, whose shares
// differ from build to build. How often it holds the truth is simulated with
// everything between an observation and the report; composedDraws times, 10,000
// under the tag slow, which also writes the list in docs/statistics.md.

// A composedCase is a series to draw.
type composedCase struct {
	crashes, passes int
	spread          float64 // of times between builds: the standard deviation of their logarithms
}

func (c composedCase) String() string {
	return fmt.Sprintf("%s, %s, times within %.0f %%", crashes(c.crashes), quantity.Count(c.passes, "passing build", "passing builds"), 100*c.spread)
}

func composedCases() []composedCase {
	return []composedCase{{5, 1, .3}, {5, 2, .3}, {15, 3, .1}, {15, 3, .3}, {15, 3, .5}, {40, 5, .3}}
}

// cover draws series in which a function is active at crashes one to three
// times as often as its share of the time leads one to expect.
func (c composedCase) cover() (coverage, width float64) {
	r := rand.New(rand.NewPCG(42, 7))
	held := 0
	for range composedDraws {
		interval, truth := c.draw(r)
		if interval.Low <= truth && truth <= interval.High {
			held++
		}
		width += math.Min(interval.High-interval.Low, 100) / composedDraws
	}
	return float64(held) / composedDraws, width
}

func (c composedCase) draw(r *rand.Rand) (interval stats.Interval, truth float64) {
	share, over := .03+.2*r.Float64(), 1+2*r.Float64()
	micros := func(share float64) int64 {
		return int64(60e6 * share * math.Exp(c.spread*r.NormFloat64()-c.spread*c.spread/2))
	}
	var all []*observe.Observation
	for i := range c.passes {
		all = append(all, passedBuild(fmt.Sprint("p", i), map[string]int64{
			"describe": micros(share), "_impl": micros((1 - share) / 2), "only_in_old": micros((1 - share) / 2)}))
	}
	var observed, expected float64
	for i := range c.crashes {
		active := []string{"_impl", "only_in_old"}
		chance := 1 - math.Pow(1-share, 2)
		p := math.Min(.95, over*chance)
		observed, expected = observed+p, expected+chance
		if r.Float64() < p {
			active[r.IntN(2)] = "describe"
		}
		all = append(all, crashedAt(fmt.Sprint("c", i), nil, active...))
	}
	b := aggregate.New(all)
	for i := range b.Names {
		if n := &b.Names[i]; n.Name == "describe" {
			interval = n.Representation.Interval
		}
	}
	return interval, observed / expected
}

func TestComposedCoverage(t *testing.T) {
	t.Parallel()
	for _, c := range composedCases() {
		t.Run(c.String(), func(t *testing.T) {
			t.Parallel()
			coverage, width := c.cover()
			t.Logf("%s covers %.1f %%, mean width %.3f", c, 100*coverage, width)
			if slack := 3 * math.Sqrt(.95*.05/composedDraws) * composedLeniency; coverage < 0.93-slack {
				t.Errorf("covers %.1f %%, less than 93 %%", 100*coverage)
			}
		})
	}
}
