// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"example.invalid/starlark-memls/attribution"
)

// WriteMeasures writes the reference of what a report can know of a function,
// as Markdown: docs/measures.md.
func WriteMeasures(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprint(out, `# Measures

What a report can know of a function, in numbers. In JSON a measure is a field of `+"`evidence`"+`; what is not known is absent, and a known zero is written. A measure with a 95 % interval has two more fields, `+"`_low` and `_high`"+`; one that is absent is open. All of them, and `+"`score`, can stand in `report --fail-on`: `retained_bytes>=1e8`, `q_value<0.01`. Those marked *compared* are held against each other by `compare`, as the number per build, and can stand in `compare --fail-on` as a growth: `retained_bytes>+5%`"+`.

| field | | unit | meaning |
|---|---|---|---|
`)
	for _, m := range attribution.Measures() {
		unit := string(m.Unit)
		if m.Of != nil {
			unit += ", of `" + m.Of.ID + "`"
		}
		if m.Interval {
			unit += ", with interval"
		}
		if m.Compared() {
			unit += ", *compared*"
		}
		fmt.Fprintf(out, "| `%s` | %s | %s | %s |\n", m.ID, m.Label, unit, strings.ReplaceAll(m.Meaning, "|", "\\|"))
	}
	return out.Flush()
}
