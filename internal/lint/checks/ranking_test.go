// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"slices"
	"strings"
	"testing"
	"time"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/accuracy"
	"example.invalid/starlark-memls/internal/accuracy/generate"
	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/evidence"
)

// TestFirstWithADump counts, over the heap dumps of the accuracy corpus, how often
// the first finding is the culprit's; a scenario's dumps weigh one together. go test
// -v prints the misses.
func TestFirstWithADump(t *testing.T) {
	if testing.Short() {
		t.Skip("reads the whole accuracy corpus")
	}
	t.Parallel()
	cases, err := accuracy.Load(t.Context(), "../../accuracy/corpus", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	hits, all := 0.0, 0
	for _, c := range cases {
		if len(c.Dumped) == 0 || len(c.Guilty) == 0 {
			continue
		}
		found, err := lint.Run(t.Context(), c.Workspace, All())
		if err != nil {
			t.Fatal(err)
		}
		all++
		for _, dump := range c.Dumped {
			unedited := func(string) time.Time { return time.Time{} }
			report := attribution.Conclude(t.Context(), []*observe.Observation{dump}, c.Workspace, attribution.ConcludeOptions{Modified: unedited})
			ev := evidence.New()
			evidence.AddReport(ev, report)
			shown := lint.Weigh(found, All(), ev, false).Findings
			if len(shown) > 0 && guilty(&c, shown[0]) {
				hits += 1 / float64(len(c.Dumped))
				continue
			}
			t.Logf("%s: %d findings, the first is not the culprit's", c.ID, len(shown))
			for _, f := range shown[:min(1, len(shown))] {
				t.Logf("    %s %s:%d in %s", f.Code, c.Workspace.Rel(f.Place.File), f.Place.Line, f.Function)
			}
		}
	}
	t.Logf("the first finding is the culprit's in %.1f of %d scenarios with dumps", hits, all)
	if hits < 0.98*float64(all) {
		t.Error("want 98 %")
	}
}

// guilty reports whether a finding is in one of a scenario's culprits, or in what
// one calls.
func guilty(c *accuracy.Case, f *lint.Finding) bool {
	return slices.ContainsFunc(c.Guilty, func(g generate.Culprit) bool {
		return slices.ContainsFunc(f.Callers, func(caller string) bool {
			file, name, _ := strings.Cut(caller, "%")
			return c.Workspace.Rel(file) == g.File && name == g.Function
		})
	})
}
