// SPDX-License-Identifier: Apache-2.0

//go:build slow

package stats

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/statistics.md anew")

// composedMark begins the part of the page that package attribution writes.
const composedMark = "<!-- Generated: go test -tags slow ./attribution -run"

// TestCoveragePage holds docs/statistics.md to the coverage that is measured.
func TestCoveragePage(t *testing.T) {
	t.Parallel()
	var page strings.Builder
	fmt.Fprint(&page, `<!-- Generated: go test -tags slow ./attribution/stats -run TestCoveragePage -update -->

# How often the intervals hold the truth

Every interval that the report prints is meant to hold the truth in 95 of 100 cases. Simulated with a known truth and a fixed seed, 10,000 times each. Where counts are small or a method is exact, no interval covers 95 % exactly and these are built to cover more (Clopper and Pearson) or nearly so; the others are held to 93 to 97 %.

| interval | coverage | mean width | |
|---|---:|---:|---|
`)
	for _, c := range coverageCases() {
		coverage, width := c.cover()
		remark := ""
		if c.conservative {
			remark = "exact or of counts"
			if coverage > .97 {
				remark += ": conservative"
			}
		}
		fmt.Fprintf(&page, "| %s | %.1f %% | %.3f | %s |\n", c.name, 100*coverage, width, remark)
	}
	fmt.Fprint(&page, `
Over-representation takes Clopper and Pearson's interval for the crashes and joins it with that of the baseline (below), collections and restarts the rate ratio over runs, growth the slope, cost the difference of means, comparisons of two sets the ratio of means, Increase Newcombe's, recorded allocations Fay and Feuer's for weighted samples, the odds limit by limit Robins, Breslow and Greenland's. Widths above 100 count as 100.

`)
	path := filepath.Join("..", "..", "docs", "statistics.md")
	committed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	above, below, found := strings.Cut(string(committed), composedMark)
	if *update {
		if found {
			page.WriteString(composedMark + below)
		}
		if err := os.WriteFile(path, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if above != page.String() {
		t.Errorf("docs/statistics.md is out of date; now it would be\n%s", page.String())
	}
}
