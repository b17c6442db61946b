// SPDX-License-Identifier: Apache-2.0

//go:build slow

package realtest

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/bazeltest"
)

// TestGrowth builds rules that grow in known ways (examples/growth) in three sizes,
// each twice the one before. What the heap of a size says twice the targets would
// hold is held against the next, and its exponent against those around it.
func TestGrowth(t *testing.T) {
	t.Parallel()
	w := bazeltest.New(t, "growth", bazeltest.WorkspaceOptions{NoLinks: true})
	var sizes []map[string]heap.Owner
	for _, side := range []string{"small", "large", "larger"} {
		rules := map[string]heap.Owner{}
		for _, r := range living(t, w, side).Owners.View("implementation").Rows {
			_, shape, _ := strings.Cut(r.Name, "_")
			if r.Kind == "rule" && slices.Contains([]string{"chain", "tree", "neighbours"}, shape) {
				rules[r.Name] = r
			}
		}
		sizes = append(sizes, rules)
	}
	held, right, cases, twices := 0, 0, 0, 0
	for _, name := range slices.Sorted(maps.Keys(sizes[1])) {
		for i, rules := range sizes[:2] {
			now, then := rules[name], sizes[i+1][name]
			if now.Growth == nil {
				t.Errorf("%s: of %d bytes in %d targets no growth is told", name, now.RetainedBytes, now.Nodes)
				continue
			}
			g, truth := now.Growth, float64(then.RetainedBytes)/float64(now.RetainedBytes)
			off := g.Twice.Value/truth - 1
			twices++
			if math.Abs(off) <= 0.1 {
				right++
			}
			exponent := ""
			if i > 0 {
				e := math.Log(float64(then.RetainedBytes)/float64(sizes[i-1][name].RetainedBytes)) / math.Log(4)
				cases++
				if g.Exponent.Low <= e && e <= g.Exponent.High {
					held++
				}
				exponent = fmt.Sprintf("%.2f", e)
			}
			t.Logf("| `%s` | %d | %d | %.2f (%.2f to %.2f) | %s | %.2f | %.2f | %+.1f %% |", name, now.Nodes, now.RetainedBytes,
				g.Exponent.Value, g.Exponent.Low, g.Exponent.High, exponent, g.Twice.Value, truth, 100*off)
		}
	}
	t.Logf("twice the targets foretold within a tenth: %d of %d; the interval holds the exponent: %d of %d", right, twices, held, cases)
	if right*10 < 9*twices || twices < 20 {
		t.Errorf("twice the targets are foretold within a tenth in %d of %d", right, twices)
	}
	if held*100 < 93*cases-100 { // of a dozen one may be out
		t.Errorf("the interval holds the exponent in %d of %d", held, cases)
	}
}
