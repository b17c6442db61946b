// SPDX-License-Identifier: Apache-2.0

package threshold

import (
	"math"
	"math/rand/v2"
	"sort"
	"testing"
)

// TestIntervalAgainstSampling checks the zooming grid against importance
// sampling from the prior, an independent way to the same posterior.
func TestIntervalAgainstSampling(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		trials []Trial
	}{
		{"nothing known", nil},
		{"one crash", []Trial{{300 * mib, true}}},
		{"separated", []Trial{{200 * mib, true}, {400 * mib, false}}},
		{"all pass", []Trial{{200 * mib, false}, {400 * mib, false}, {150 * mib, false}}},
		{"flaky", []Trial{
			{660 * mib, false}, {660 * mib, false}, {660 * mib, true}, {750 * mib, true},
			{750 * mib, false}, {500 * mib, true}, {1000 * mib, false}, {600 * mib, true},
		}},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e, err := New(wide, tt.trials)
			if err != nil {
				t.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(7, uint64(i)))
			half, safe := sampledIntervals(rng, wide, tt.trials)
			compareInterval(t, "half", e.Half, half)
			compareInterval(t, "safe", e.Safe, safe)
		})
	}
}

func compareInterval(t *testing.T, name string, got, want Interval) {
	t.Helper()
	near := func(what string, got, want float64) {
		if math.Abs(math.Log(got/want)) > 0.03 {
			t.Errorf("%s %s is %.1f MiB, by sampling %.1f MiB", name, what, got/mib, want/mib)
		}
	}
	near("median", got.Bytes, want.Bytes)
	near("low end", got.LowBytes, want.LowBytes)
	near("high end", got.HighBytes, want.HighBytes)
}

// sampledIntervals draws parameters from the prior and weighs each by the
// likelihood, term by term as the model is written.
func sampledIntervals(rng *rand.Rand, r Range, trials []Trial) (half, safe Interval) {
	const draws = 400_000
	halves, safes := make([]draw, draws), make([]draw, draws)
	for i := range draws {
		mu := uniform(rng, math.Log(float64(r.LowBytes)), math.Log(float64(r.HighBytes)))
		s := math.Exp(uniform(rng, math.Log(minWidth), math.Log(maxWidth)))
		weight := 1.0
		for _, t := range trials {
			p := 1 / (1 + math.Pow(float64(t.LimitBytes)/math.Exp(mu), 1/s))
			if !t.Crashed {
				p = 1 - p
			}
			weight *= p
		}
		halves[i] = draw{math.Exp(mu), weight}
		safes[i] = draw{math.Exp(mu) * math.Pow(99, s), weight}
	}
	return sampledInterval(halves), sampledInterval(safes)
}

type draw struct{ value, weight float64 }

func sampledInterval(d []draw) Interval {
	sort.Slice(d, func(i, j int) bool { return d[i].value < d[j].value })
	total := 0.0
	for _, x := range d {
		total += x.weight
	}
	at := func(q float64) float64 {
		sum := 0.0
		for _, x := range d {
			if sum += x.weight; sum >= q*total {
				return x.value
			}
		}
		return d[len(d)-1].value
	}
	return Interval{Bytes: at(0.5), LowBytes: at(0.025), HighBytes: at(0.975)}
}

func TestRangeIsChecked(t *testing.T) {
	t.Parallel()
	for _, r := range []Range{{}, {LowBytes: 5, HighBytes: 5}, {LowBytes: 9, HighBytes: 3}, {LowBytes: -1, HighBytes: 3}} {
		if _, err := New(r, nil); err == nil {
			t.Errorf("New(%v) accepted an empty range", r)
		}
	}
}

func TestAtEdge(t *testing.T) {
	t.Parallel()
	passes := []Trial{{wide.LowBytes, false}, {wide.LowBytes, false}, {wide.LowBytes, false}}
	e, err := New(wide, passes)
	if err != nil {
		t.Fatal(err)
	}
	if !e.AtEdge {
		t.Errorf("three passes at the lowest limit: AtEdge is false, Half is %+v", e.Half)
	}
	inside := []Trial{{500 * mib, true}, {500 * mib, true}, {520 * mib, false}, {520 * mib, false}, {510 * mib, true}, {530 * mib, false}}
	if e, err = New(wide, inside); err != nil {
		t.Fatal(err)
	}
	if e.AtEdge {
		t.Errorf("crashes below and passes above: AtEdge is true, Half is %+v", e.Half)
	}
}

func TestCrashProbabilityFalls(t *testing.T) {
	t.Parallel()
	e, err := New(wide, []Trial{{400 * mib, true}, {600 * mib, false}, {480 * mib, true}, {520 * mib, false}})
	if err != nil {
		t.Fatal(err)
	}
	last := 1.0
	for limit := int64(300); limit <= 800; limit += 20 {
		mean, low, high := e.CrashProbability(limit * mib)
		if mean > last+1e-9 || low > mean || mean > high {
			t.Fatalf("at %d MiB: mean %.3f (after %.3f), interval %.3f to %.3f", limit, mean, last, low, high)
		}
		last = mean
	}
}
