package lsp

import (
	"fmt"
	"strings"

	"starlark-memls/attribution"
)

func evidenceMarkdown(view *snapshot, s *attribution.Suspect) string {
	return fmt.Sprintf("**%s**", s.Name)
}

func crashMarkdown(view *snapshot, c *attribution.Crash) string { return diedText(c) }

func crashPage(view *snapshot, c *attribution.Crash) string { return crashMarkdown(view, c) }

func evidencePage(view *snapshot, m functionMark) string {
	return strings.TrimSpace(evidenceMarkdown(view, m.suspect))
}
