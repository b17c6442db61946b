// SPDX-License-Identifier: Apache-2.0

package text

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Where each line of a text is after it was replaced as a whole.
func TestLinesThroughAWholeText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, before, after string
		want                map[string]int // where untouched lines are
	}{
		{"above and within", "#\ndef f\ny\n#\nreturn", "def f\ny\nreturn", map[string]int{"def f": 0, "y": 1, "return": 2}},
		{"between two", "def f\nx\ndef g\ny", "def f\nx\n\n\ndef g\nz\ny", map[string]int{"def f": 0, "def g": 4, "y": 6}},
		{"lines that are there twice", "pass\ndef f\npass\ndef g\npass", "#\npass\n#\ndef f\n#\npass\n#\ndef g\npass", map[string]int{"def f": 3, "def g": 7}},
		{"the same", "a\nb", "a\nb", map[string]int{"a": 0, "b": 1}},
		{"turned round: one of them stays", "a\nb", "b\na", nil},
		{"nothing is left", "a\nb", "", nil},
		{"from nothing", "", "a\nb", nil},
	} {
		before, after := strings.Split(c.before, "\n"), strings.Split(c.after, "\n")
		edits := diffLines(before, after)
		for i, line := range before {
			want, ok := c.want[line]
			if !ok {
				continue
			}
			if now, touched := Shift(edits, -1, i); now != want || touched {
				t.Errorf("%s: %q, on line %d, is on line %d, touched %t; want %d", c.name, line, i, now, touched, want)
			}
		}
	}
}

// Whatever the texts: a line that is said to be untouched is the same line.
func TestUntouchedLinesAreTheSame(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	words := []string{"a", "b", "c", "d", "e", "f", "g", "", ""}
	text := func() []string {
		lines := make([]string, 1+random.IntN(30))
		for i := range lines {
			lines[i] = words[random.IntN(len(words))]
		}
		return lines
	}
	for range 20_000 {
		before, after := text(), text()
		if random.IntN(2) == 0 { // close to each other, as a formatter leaves them
			after = slices.Clone(before)
			for range random.IntN(4) {
				at := random.IntN(len(after) + 1)
				after = slices.Insert(after, at, words[random.IntN(len(words))])
			}
		}
		edits := diffLines(before, after)
		grown := 0
		for _, e := range edits {
			grown += e.new - e.old
		}
		if grown != len(after)-len(before) {
			t.Fatalf("%q to %q: %+v grow by %d lines", before, after, edits, grown)
		}
		for i, line := range before {
			if now, touched := Shift(edits, -1, i); !touched && (now < 0 || now >= len(after) || after[now] != line) {
				t.Fatalf("%q to %q by %+v: line %d goes to %d", before, after, edits, i, now)
			}
		}
	}
}
