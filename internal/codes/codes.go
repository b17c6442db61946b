// SPDX-License-Identifier: Apache-2.0

// Package codes documents the diagnostics: each has a stable code, and a file
// of its own here that says what it means, in staticcheck's mould. The same
// text is the page behind the code in the editor (written into the cache, so
// that it works offline) and the reference in the documentation.
package codes

import (
	"fmt"
	"strings"

	"example.invalid/starlark-memls/internal/lint/checks"
)

// A Severity is how loudly a finding is told.
type Severity int

// The severities; the numbers from Error on are the protocol's.
const (
	Off Severity = iota
	Error
	Warning
	Information
	Hint
)

var severityNames = [...]string{"off", "error", "warning", "information", "hint"}

func (s Severity) String() string {
	if s < Off || s > Hint {
		return fmt.Sprintf("Severity(%d)", int(s))
	}
	return severityNames[s]
}

// ParseSeverity reads a severity as settings spell it.
func ParseSeverity(name string) (Severity, bool) {
	for i, n := range severityNames {
		if n == strings.ToLower(strings.TrimSpace(name)) {
			return Severity(i), true
		}
	}
	return Off, false
}

// A Documentation is everything that is said about one code.
type Documentation struct {
	Code     string // "ML001"; never reused, never renumbered
	Title    string // one line, no full stop
	Text     string // Markdown
	Before   string // Starlark that has the finding, or ""
	After    string // the same without it, or ""
	Since    string // the version that had it first
	Severity Severity
}

// All lists the documentation by code.
func All() []Documentation {
	all := []Documentation{ml001, ml002, ml003, ml004, ml005, ml006, ml007}
	for _, c := range checks.All() {
		all = append(all, Documentation{
			Code: c.Code, Title: c.Title, Text: strings.TrimSpace(c.Text) + "\n\nWhat it costs: " + strings.TrimSpace(c.Cost),
			Before: c.Before, After: c.After, Since: c.Since, Severity: Severity(c.Severity),
		})
	}
	return all
}

// Names lists the codes.
func Names() []string {
	var names []string
	for _, d := range All() {
		names = append(names, d.Code)
	}
	return names
}

// Lookup finds a code's documentation, whatever the code's case.
func Lookup(code string) (Documentation, bool) {
	for _, d := range All() {
		if strings.EqualFold(d.Code, strings.TrimSpace(code)) {
			return d, true
		}
	}
	return Documentation{}, false
}

// Markdown is the code's page.
func (d Documentation) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %s\n\nSeverity: %s. Since version %s.\n\n%s\n", d.Code, d.Title, d.Severity, d.Since, strings.TrimSpace(d.Text))
	if d.Before != "" {
		fmt.Fprintf(&b, "\n## Before\n\n```python\n%s\n```\n", strings.Trim(d.Before, "\n"))
	}
	if d.After != "" {
		fmt.Fprintf(&b, "\n## After\n\n```python\n%s\n```\n", strings.Trim(d.After, "\n"))
	}
	fmt.Fprintf(&b, `
## Changing it

Another severity, or none:

`+"```json\n{\"starlarkMemls.diagnostics.severity\": {\"%[1]s\": \"off\"}}\n```"+`

Not on this line, or not in this function (on the line of its `+"`def`"+`, or alone on the line above):

`+"```python\ndef collect(ctx):  # memls: ignore[%[1]s]\n```"+`

Not in this file (on a line of its own, anywhere in it):

`+"```python\n# memls: ignore-file[%[1]s]\n```\n", d.Code)
	return b.String()
}
