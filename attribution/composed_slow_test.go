// SPDX-License-Identifier: Apache-2.0

//go:build slow

package attribution

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	nullWorlds       = 2000
	composedDraws    = 10_000
	composedLeniency = 0
)

var update = flag.Bool("update", false, "write this package's part of docs/statistics.md anew")

// composedMark begins this package's part of the page; what is above is that of
// package stats.
const composedMark = "<!-- Generated: go test -tags slow ./attribution -run TestComposedPage -update -->"

// TestComposedPage holds docs/statistics.md to the coverage that is measured.
func TestComposedPage(t *testing.T) {
	t.Parallel()
	var part strings.Builder
	fmt.Fprint(&part, composedMark, `

## Over-representation, as it is composed

The ratio of crashes at which a function was active to those that its share of time leads one to expect is uncertain twice: by the crashes, and by the share, which differs from build to build. The interval joins both. Simulated from observations to the report, 10,000 times each, for functions that are active one to three times as often as expected, with shares of 3 to 23 % of the time. "Times within 30 %" is the standard deviation of a function's time between builds.

| interval | coverage | mean width | |
|---|---:|---:|---|
`)
	for _, c := range composedCases() {
		coverage, width := c.cover()
		remark := "of counts"
		if coverage > .97 {
			remark += ": conservative"
		}
		fmt.Fprintf(&part, "| %s | %.1f %% | %.3f | %s |\n", c, 100*coverage, width, remark)
	}
	fmt.Fprintf(&part, `
## Over-representation where nobody is to blame

q is meant to be below 0.05 by chance in one of twenty series at most. That holds, or nearly so with many crashes, where it is chance who is active at each. It does not hold where a build goes the same way each time and so runs out of memory at the same place each time, whoever filled the heap before: then the crashes are one observation and not several, and the more of them there are, the surer the test is of the wrong thing. No test on the same crashes can tell the two apart; so q alone makes nobody likely or sure, a second kind of evidence must point at the function. Simulated from observations to q, %d series of %d functions each, %d of them active at a crash by their shares of the time, times within %.0f %%.

| series | somebody has q < 0.05 |
|---|---:|
`, nullWorlds, nullFunctions, nullActive, 100*nullSpread)
	for _, c := range nullCases() {
		fmt.Fprintf(&part, "| %s | %.1f %% |\n", c, 100*c.accuses(nullWorlds))
	}
	path := filepath.Join("..", "docs", "statistics.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	above, committed, _ := strings.Cut(string(page), composedMark)
	if *update {
		if err := os.WriteFile(path, []byte(above+part.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if composedMark+committed != part.String() {
		t.Errorf("docs/statistics.md is out of date; this part would now be\n%s", part.String())
	}
}
