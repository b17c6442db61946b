// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"context"
	"math"
	"testing"

	"example.invalid/starlark-memls/internal/hprof/hproftest"
)

// TestGrowth holds what a heap says of twice the targets against the heap with twice
// the targets.
func TestGrowth(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		heap      hproftest.Heap
		low, high float64 // of the exponent
	}{
		{"lists copied in a chain", hproftest.Heap{Targets: 300, Strings: 20, Inherit: true}, 1.5, 2},
		{"lists of their own", hproftest.Heap{Targets: 300, Strings: 20}, 0.97, 1.03},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			twice := test.heap
			twice.Targets *= 2
			now, then := ownersOf(t, test.heap), ownersOf(t, twice)
			for _, row := range []struct{ by, kind string }{{"implementation", "rule"}, {"field", "field"}} {
				a, b := rowOfKind(t, now, row.by, row.kind), rowOfKind(t, then, row.by, row.kind)
				if a.Growth == nil {
					t.Errorf("no growth is told of %s", inJSON(a))
					continue
				}
				g, truth := a.Growth, float64(b.RetainedBytes)/float64(a.RetainedBytes)
				if math.Abs(g.Twice.Value/truth-1) > 0.02 || g.Exponent.Value < test.low || g.Exponent.Value > test.high {
					t.Errorf("%s: twice the targets hold %.2f times as much; said is %s", row.kind, truth, inJSON(g))
				}
			}
		})
	}
}

func ownersOf(t *testing.T, made hproftest.Heap) *Owners {
	t.Helper()
	r := made.Open()
	d, err := OpenAt(context.Background(), r, r.Size(), "made", OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	return analyze(t, d).Owners
}

func rowOfKind(t *testing.T, o *Owners, by, kind string) Owner {
	t.Helper()
	for _, r := range o.View(by).Rows {
		if r.Kind == kind {
			return r
		}
	}
	t.Fatalf("no %s in %s", kind, inJSON(o.View(by)))
	return Owner{}
}
