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
