// SPDX-License-Identifier: Apache-2.0

package suppress

import (
	"strings"
	"testing"
)

func FuzzSuppressions(f *testing.F) {
	f.Add("x  # memls: ignore[ML001]\n# memls: ignore-file[ML002, ML003]\n#memls:ignore\n")
	f.Add("# memls: ignore[\n memls: ignore]\n\"# memls: ignore-file\"")
	f.Fuzz(func(t *testing.T, content string) {
		lines := 1 + strings.Count(content, "\n") + strings.Count(content, "\r") - strings.Count(content, "\r\n")
		s := In(content)
		for line := range s.lines {
			if line < 0 || line > lines {
				t.Errorf("line %d of %d", line, lines)
			}
		}
		if (len(s.file) > 0 || len(s.lines) > 0) && !strings.Contains(content, Mark) {
			t.Errorf("suppressed without a word: %+v", s)
		}
	})
}

func TestLineEnds(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"\n", "\r\n", "\r"} {
		c := In(strings.Join([]string{"a", "b # memls: ignore[ML001]", "# memls: ignore[ml002]", "d # memls: x", "e"}, end))
		for line, want := range []string{"", "ML001", "", "ML002", ""} {
			for _, code := range []string{"ML001", "ML002"} {
				if got := c.Line(code, line); got != (code == want) {
					t.Errorf("ending in %q, line %d: %s is silenced: %t", end, line, code, got)
				}
			}
		}
	}
}
