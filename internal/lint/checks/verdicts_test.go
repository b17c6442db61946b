// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"os"
	"strings"
	"testing"
)

// verdicts counts the lines of a table by run and verdict, and holds their form.
func verdicts(t *testing.T, path string) map[string]map[string]int {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	column := map[string]int{}
	for i, name := range strings.Split(lines[0], "\t") {
		column[name] = i
	}
	judged := map[string]map[string]int{}
	for i, line := range lines[1:] {
		cells := strings.Split(line, "\t")
		if len(cells) != len(column) {
			t.Fatalf("%s: line %d has %d cells, want %d", path, i+2, len(cells), len(column))
		}
		verdict := cells[column["verdict"]]
		if _, ok := Lookup(cells[column["code"]]); !ok || verdict != "right" && verdict != "wrong" || cells[column["why"]] == "" {
			t.Errorf("%s: line %d: %s", path, i+2, line)
		}
		run := ""
		if at, ok := column["run"]; ok {
			run = cells[at]
		}
		if judged[run] == nil {
			judged[run] = map[string]int{}
		}
		judged[run][verdict]++
	}
	return judged
}

// TestVerdicts keeps what the default configuration found in public rule sets,
// with a verdict on each ("an expert would agree that this grows or repeats").
//
// testdata/verdicts.tsv are the sets that the checks were tuned on, mostly judged
// by their messages: no estimate of the precision on other sources.
//
// testdata/unseen.tsv are sets that no one had looked at, each finding read in its
// source: those of the first run before anything was changed for them, those of
// the second after the kinds of wrong findings of the first were mended, those of
// the third after those of the second.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"testdata/verdicts.tsv", "testdata/unseen.tsv"} {
		for run, n := range verdicts(t, path) {
			all := n["right"] + n["wrong"]
			t.Logf("%s %s: %d of %d findings are right, %d %%", path, run, n["right"], all, n["right"]*100/all)
		}
	}
}
