// SPDX-License-Identifier: Apache-2.0

package weights

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestWorth holds what reports say of their own worth to what was measured last.
func TestWorth(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/accuracy.md")
	if err != nil {
		t.Fatal(err)
	}
	for row, w := range map[string]Worth{
		"| held out | closed | ": OneClosed, "| held out | cut | ": OneCut, "| held out | lost | ": OneLost, "| 3 crashes | held out | ": ThreeCrashes,
	} {
		_, rest, _ := strings.Cut(string(page), row)
		cell, _, _ := strings.Cut(rest, " |")
		if want := fmt.Sprintf("%d %% (%d-%d, %d)", w.Right, w.Low, w.High, w.Scenarios); cell != want {
			t.Errorf("%q says %q, and the reports %q", row, cell, want)
		}
	}
}
