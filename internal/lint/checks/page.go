// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"fmt"
	"strings"
)

// Page is docs/checks.md: every check with what it costs, and an example.
func Page() string {
	var b strings.Builder
	b.WriteString(`# Memory checks

` + "`starlark-memls lint`" + ` and the editors look for these in the sources alone: no build is needed. Without evidence only findings that are certain are shown, as hints; with a heap dump, a retained.json or a profile each carries the bytes that were measured where it points, and what was measured and is small is not shown. How to silence one is in [diagnostics.md](diagnostics.md); ` + "`starlark-memls explain CODE`" + ` prints one of them.

How often they are right was counted on public rule sets that nobody had looked at before, each finding of the default configuration read in its source (` + "`go test -v -run TestVerdicts ./internal/lint/checks`" + `, the verdicts are in ` + "`testdata/unseen.tsv`" + `): 82 of 105 in sixteen sets; after the kinds of wrong ones were mended 71 of 78 in fifteen more, and after those 39 of 41 in eighteen more.

| code | what | severity with evidence |
|---|---|---|
`)
	for _, c := range All() {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", c.Code, strings.ToLower(c.Code), c.Title, c.Severity)
	}
	for _, c := range All() {
		fmt.Fprintf(&b, "\n## %s\n\n**%s.** Since %s.\n\n%s\n\nWhat it costs: %s\n", c.Code, c.Title, c.Since, strings.TrimSpace(c.Text), strings.TrimSpace(c.Cost))
		fmt.Fprintf(&b, "\nBefore:\n\n```python\n%s\n```\n\nAfter:\n\n```python\n%s\n```\n", strings.Trim(c.Before, "\n"), strings.Trim(c.After, "\n"))
	}
	return b.String()
}
