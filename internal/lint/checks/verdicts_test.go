// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"os"
	"strings"
	"testing"
)

// TestVerdicts keeps the list of what the default configuration found in ten
// public rule sets, with a verdict on each ("an expert would agree that this grows
// or repeats"): testdata/verdicts.tsv. It is no estimate of the precision on other
// sources. The checks were tuned on these sets, and of the findings about a dozen
// were read in the source; the others were judged by their messages. Two of the
// sets (rules_js, rules_kotlin) have no finding.
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
