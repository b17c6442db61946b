// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/quantity"
)

// A nullCase is a series of builds in which nobody is to blame: who is active at
// a crash is chance, by the shares of the time. The chance is drawn anew at each
// crash, as the test of over-representation assumes, or once for all of them,
// because a build goes the same way each time and so runs out of memory at the
// same place.
type nullCase struct {
	crashes, passes int
	samePlace       bool
}

// nullFunctions is how many functions there are, nullActive how many are active
// at a crash, nullSpread how their times differ between builds.
const (
	nullFunctions = 20
	nullActive    = 3
	nullSpread    = .3
)

func (c nullCase) String() string {
	how := "anywhere"
	if c.samePlace {
		how = "at the same place"
	}
	return fmt.Sprintf("%s %s, %s", crashes(c.crashes), how, quantity.Count(c.passes, "passing build", "passing builds"))
}

func nullCases() (all []nullCase) {
	for _, same := range []bool{false, true} {
		for _, n := range []int{3, 5, 15} {
			all = append(all, nullCase{n, 3, same})
		}
	}
	return all
}

// accuses is the part of the worlds in which somebody has a q below 0.05.
func (c nullCase) accuses(worlds int) float64 {
	r := rand.New(rand.NewPCG(uint64(c.crashes), uint64(c.passes)))
	accused := 0
	for range worlds {
		b := aggregate.New(c.draw(r))
		if slices.ContainsFunc(b.Names, func(n aggregate.NameStatistics) bool {
			return n.Representation != nil && n.Representation.Observed > 0 && n.Representation.Q < .05
		}) {
			accused++
		}
	}
	return float64(accused) / float64(worlds)
}

func (c nullCase) draw(r *rand.Rand) (all []*observe.Observation) {
	names, shares := make([]string, nullFunctions), make([]float64, nullFunctions)
	for i := range names {
		names[i], shares[i] = fmt.Sprintf("f%02d", i), math.Exp(r.NormFloat64())
	}
	for i := range c.passes {
		t := &observe.TraceFacts{LastMicros: 60_000_000, LastStarlarkMicros: 50_000_000}
		for k, name := range names {
			micros := int64(1e6 * shares[k] * math.Exp(nullSpread*r.NormFloat64()))
			t.Functions = append(t.Functions, observe.Activity{Name: name, Calls: 1, SelfMicros: micros, TotalMicros: micros, ExclusiveMicros: micros})
			t.SelfMicros += micros
			t.StarlarkCalls++
		}
		inOnePhase(t, 50_000_000)
		all = append(all, &observe.Observation{Summary: observe.Summary{Path: fmt.Sprint("p", i), Status: measurement.OK}, Trace: t})
	}
	active := activeByShare(r, names, shares)
	for i := range c.crashes {
		if !c.samePlace {
			active = activeByShare(r, names, shares)
		}
		all = append(all, crashedAt(fmt.Sprint("c", i), nil, active...))
	}
	return all
}

// activeByShare draws different functions, each with a chance like its share.
func activeByShare(r *rand.Rand, names []string, shares []float64) (active []string) {
	left := slices.Clone(shares)
	for range nullActive {
		sum := 0.0
		for _, s := range left {
			sum += s
		}
		at := r.Float64() * sum
		for i, s := range left {
			if at -= s; at < 0 && s > 0 {
				active, left[i] = append(active, names[i]), 0
				break
			}
		}
	}
	return active
}

// TestNobodyToBlame: where chance is drawn anew at each crash, q is below 0.05 in
// about one of twenty worlds at most; where all builds die at the same place it
// mostly is, which is why it is not believed alone (verdict.go).
func TestNobodyToBlame(t *testing.T) {
	t.Parallel()
	for _, c := range nullCases() {
		part := c.accuses(nullWorlds)
		t.Logf("%s: %.0f %%", c, 100*part)
		if !c.samePlace && part > .1 {
			t.Errorf("%s: somebody has q < 0.05 in %.0f %%", c, 100*part)
		}
	}
}
