// SPDX-License-Identifier: Apache-2.0

package threshold

import (
	"errors"
	"math/rand/v2"
	"testing"
)

// TestFloorFindsTheNeed: pauses that follow a/(M − L) + b, without noise, give
// L back; with 5 % noise the interval covers it in at least 93 % of the draws.
func TestFloorFindsTheNeed(t *testing.T) {
	t.Parallel()
	limits := []int64{320, 340, 380, 450, 600, 800, 1200}
	costs := func(noise func() float64) []GCCost {
		var c []GCCost
		for _, l := range limits {
			for range 2 {
				c = append(c, GCCost{l * mib, (9e8/float64(l-300) + 4e5) * noise()})
			}
		}
		return c
	}
	exact, err := Floor(costs(func() float64 { return 1 }))
	if err != nil {
		t.Fatal(err)
	}
	if exact.Bytes < 299*mib || exact.Bytes > 301*mib {
		t.Errorf("the floor is %.1f MiB, want 300", exact.Bytes/mib)
	}
	covered := 0
	for draw := range 300 {
		rng := rand.New(rand.NewPCG(11, uint64(draw)))
		got, err := Floor(costs(func() float64 { return 1 + 0.05*rng.NormFloat64() }))
		if err == nil && got.LowBytes <= 300*mib && 300*mib <= got.HighBytes {
			covered++
		}
	}
	t.Logf("covered in %d of 300", covered)
	if covered < 270 {
		t.Errorf("the interval covers the floor in %d of 300 draws", covered)
	}
}

func TestFloorSaysWhenItCannot(t *testing.T) {
	t.Parallel()
	for name, costs := range map[string][]GCCost{
		"none":           nil,
		"three limits":   {{300 * mib, 9}, {400 * mib, 5}, {500 * mib, 4}, {500 * mib, 4}},
		"rising":         {{300 * mib, 1}, {400 * mib, 2}, {500 * mib, 3}, {600 * mib, 4}},
		"the same limit": {{300 * mib, 1}, {300 * mib, 2}, {300 * mib, 3}, {300 * mib, 4}},
	} {
		if got, err := Floor(costs); !errors.Is(err, ErrFewCosts) {
			t.Errorf("%s: floor %v, %v; want %v", name, got, err, ErrFewCosts)
		}
	}
}
