// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"math"
	"testing"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/join"
)

// TestTimeShare: a passing build of which next to nothing was recorded does not
// say whose the time is, and functions of one name share it.
func TestTimeShare(t *testing.T) {
	t.Parallel()
	const second = 1_000_000
	for _, c := range []struct {
		what            string
		crashed, passed int64 // own time of the name
		all, allPassed  int64
		part, want      float64
	}{
		{"crashes alone", 2 * second, 0, 20 * second, 0, 1, .1},
		{"a build that passed, as long", 2 * second, 12 * second, 20 * second, 20 * second, 1, .35},
		{"one that was too fast to be recorded", 2 * second, second / 2, 20 * second, second / 2, 1, 2.5 / 20.5},
		{"one of four of its name", 8 * second, 0, 20 * second, 0, .25, .1},
		{"nothing recorded", 0, 0, 0, 0, 1, 0},
	} {
		b := aggregate.New(nil)
		b.CrashedSelf, b.PassedSelf = c.all, c.allPassed
		s := &join.Subject{NamePart: c.part, Trace: &aggregate.NameStatistics{NameTotals: &aggregate.NameTotals{CrashedSelf: c.crashed, PassedSelf: c.passed}}}
		if got := timeShare(s, b); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}
