package checks

import (
	"os"
	"strings"
	"testing"
)

// TestVerdicts holds the precision of the default configuration: what it found
// in ten public rule sets, each read in the source and judged ("an expert would
// agree that this grows or repeats"). testdata/verdicts.tsv is the list; two of
// the sets (rules_js, rules_kotlin) have no finding.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/verdicts.tsv")
	if err != nil {
		t.Fatal(err)
	}
	judged := map[string]int{}
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		cells := strings.Split(line, "\t")
		if len(cells) != 6 {
			t.Fatalf("line %d has %d cells, want 6", i+2, len(cells))
		}
		if _, ok := Lookup(cells[3]); !ok || cells[4] != "right" && cells[4] != "wrong" || cells[5] == "" {
			t.Errorf("line %d: %s", i+2, line)
		}
		judged[cells[4]]++
	}
	all := judged["right"] + judged["wrong"]
	t.Logf("%d of %d findings are right", judged["right"], all)
	if judged["right"]*100 < all*95 {
		t.Errorf("%d of %d findings are right, want 95 %%", judged["right"], all)
	}
}
