// SPDX-License-Identifier: Apache-2.0

package growth

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

// A workspace says what the first n targets of a growing one depend on.
type workspace struct {
	name string
	deps func(n int, r *rand.Rand) [][]int32
}

var workspaces = []workspace{
	{"chain", func(n int, r *rand.Rand) [][]int32 {
		deps := make([][]int32, n)
		for i := 1; i < n; i++ {
			deps[i] = []int32{int32(i - 1)}
		}
		return deps
	}},
	{"tree", func(n int, r *rand.Rand) [][]int32 {
		deps := make([][]int32, n)
		for i := range deps {
			for _, d := range []int{2*i + 1, 2*i + 2} {
				if d < n {
					deps[i] = append(deps[i], int32(d))
				}
			}
		}
		return deps
	}},
	{"neighbours", func(n int, r *rand.Rand) [][]int32 {
		deps := make([][]int32, n)
		for i := 1; i < n; i++ {
			for range 1 + r.IntN(3) {
				deps[i] = append(deps[i], int32(max(0, i-1-r.IntN(8))))
			}
		}
		return deps
	}},
	{"anyone", func(n int, r *rand.Rand) [][]int32 {
		deps := make([][]int32, n)
		for i := 1; i < n; i++ {
			for range 2 {
				deps[i] = append(deps[i], int32(r.IntN(i)))
			}
		}
		return deps
	}},
}

// A law is what a rule's targets make.
type law struct {
	name   string
	bytes  func(n float64) float64
	common float64 // held once, by the first
}

var laws = []law{
	{"linear", func(n float64) float64 { return 4000 }, 0},
	{"n log n", func(n float64) float64 { return 900 * math.Log2(n+1) }, 0},
	{"quadratic", func(n float64) float64 { return 500 + 64*n }, 0},
	{"constant with a common part", func(n float64) float64 { return 40 }, 4e6},
}

// build is what a workspace's first n targets hold, with what differs by chance
// from target to target.
func (l law) build(t *testing.T, w workspace, n int, seed uint64, spread float64) (g *TargetGraph, bytes []float64, sum float64) {
	t.Helper()
	g, err := NewGraph(context.Background(), w.deps(n, rand.New(rand.NewPCG(seed, 1))), func(int) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(seed, 2))
	made := false
	for i := range n {
		b := l.bytes(float64(g.Below(i))) * math.Exp(spread*r.NormFloat64()-spread*spread/2)
		if g.Below(i) == 1 && !made {
			made = true
			b += l.common
		}
		bytes, sum = append(bytes, b), sum+b
	}
	return g, bytes, sum
}

// exponentAt is the true local exponent: of what nothing but the law says, of
// workspaces around that size.
func (l law) exponentAt(t *testing.T, w workspace, n int, seed uint64) float64 {
	t.Helper()
	less, more := int(float64(n)/1.2), int(float64(n)*1.2)
	var a, b float64
	for k := range uint64(4) {
		_, _, before := l.build(t, w, less, seed+1000*k, 0)
		_, _, after := l.build(t, w, more, seed+1000*k, 0)
		a, b = a+before, b+after
	}
	return math.Log(b/a) / math.Log(float64(more)/float64(less))
}

func all(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(i)
	}
	return out
}

// TestIntervalsHoldTheTruth simulates builds of every shape and law: the interval of
// the exponent holds the true one in at least 93 of 100, and what twice the targets
// hold is foretold within a tenth in at least nine of ten.
func TestIntervalsHoldTheTruth(t *testing.T) {
	t.Parallel()
	held, right, cases := 0, 0, 0
	for seed := range uint64(25) {
		for _, w := range workspaces {
			for _, l := range laws {
				r := rand.New(rand.NewPCG(seed, 3))
				n := 100 + r.IntN(900)
				spread := []float64{0, 0.1, 0.4}[seed%3]
				g, bytes, now := l.build(t, w, n, seed, spread)
				got, ok := g.Measure(all(n), bytes)
				if !ok {
					t.Errorf("%s, %s, %d targets: nothing is said", w.name, l.name, n)
					continue
				}
				_, _, then := l.build(t, w, 2*n, seed, spread)
				cases++
				truth := l.exponentAt(t, w, n, seed)
				in := got.Exponent.Low <= truth && truth <= got.Exponent.High
				off := got.Twice.Value*now/then - 1
				if in {
					held++
				}
				if math.Abs(off) <= 0.1 {
					right++
				}
				if !in || math.Abs(off) > 0.1 {
					t.Logf("seed %d, %s, %s, %d targets, spread %.1f: exponent %.3f (%.3f to %.3f), truly %.3f; twice the targets %.2f times (%.2f to %.2f), truly %.2f",
						seed, w.name, l.name, n, spread, got.Exponent.Value, got.Exponent.Low, got.Exponent.High, truth, got.Twice.Value, got.Twice.Low, got.Twice.High, then/now)
				}
			}
		}
	}
	t.Logf("of %d builds the interval holds the exponent in %d, and twice the targets are foretold within a tenth in %d", cases, held, right)
	if held*100 < 93*cases {
		t.Errorf("the interval holds the exponent in %d of %d", held, cases)
	}
	if right*10 < 9*cases {
		t.Errorf("twice the targets are foretold within a tenth in %d of %d", right, cases)
	}
}

// TestTargetExponent asks what one target makes: laws with a true exponent.
func TestTargetExponent(t *testing.T) {
	t.Parallel()
	held, cases := 0, 0
	for seed := range uint64(40) {
		for power, l := range []law{{bytes: func(n float64) float64 { return 700 }}, {bytes: func(n float64) float64 { return 24 * n }}, {bytes: func(n float64) float64 { return 8 * n * n }}} {
			g, bytes, _ := l.build(t, workspaces[seed%4], 200+10*int(seed), seed, 0.2)
			got, ok := g.Measure(all(len(bytes)), bytes)
			cases++
			if ok && got.Target.Low <= float64(power) && float64(power) <= got.Target.High {
				held++
			}
		}
	}
	t.Logf("the interval holds the target's exponent in %d of %d", held, cases)
	if held*100 < 93*cases {
		t.Errorf("the interval holds the target's exponent in %d of %d", held, cases)
	}
}

// TestCommonPart: what one target has made for all is told apart.
func TestCommonPart(t *testing.T) {
	t.Parallel()
	g, bytes, _ := laws[3].build(t, workspaces[0], 300, 1, 0.2)
	got, ok := g.Measure(all(300), bytes)
	if !ok || math.Abs(got.Common-laws[3].common) > 100 || got.Twice.Value > 1.1 {
		t.Errorf("%+v", got)
	}
}

// TestNothingToSay: where there is no range of sizes there is no exponent.
func TestNothingToSay(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]int{"few": 10, "beside each other": 500} {
		deps := make([][]int32, n)
		g, err := NewGraph(context.Background(), deps, func(int) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := g.Measure(all(n), make([]float64, n)); ok {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestBelow counts against a plain walk, with circles and nodes that do not count.
func TestBelow(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 4))
		n := 1 + r.IntN(12_000/(1+int(seed)))
		deps := make([][]int32, n)
		for i := 1; i < n; i++ {
			for range r.IntN(4) {
				deps[i] = append(deps[i], int32(r.IntN(i)))
			}
		}
		if seed%2 == 1 { // a circle of the last and the first
			deps[0] = append(deps[0], int32(n-1))
		}
		counts := func(node int) bool { return node%3 != 1 }
		g, err := NewGraph(context.Background(), deps, counts)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			node := r.IntN(n)
			want := 0
			in := g.reach(int32(node))
			for i := range n {
				if in.has(int32(i)) && counts(i) {
					want++
				}
			}
			if got := g.Below(node); got != want {
				t.Fatalf("seed %d: %d targets below %d, want %d", seed, got, node, want)
			}
		}
	}
}
