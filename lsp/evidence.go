package lsp

// The report package writes what is known as Markdown; here it is given the
// open buffers to quote from, and paths as the folder has them.

import (
	"strings"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/report"
)

func (m functionMark) hover(v *snapshot) string {
	return strings.TrimSpace(report.Hover(m.suspect, v.reportOptions(m.definition.File)))
}

// crashText is a crash's page, or what could be written of it.
func crashText(v *snapshot, c *attribution.Crash) string {
	var b strings.Builder
	path := ""
	if places := stackPlaces(c); len(places) > 0 {
		path = places[0].place.path
	}
	_ = report.WriteCrashPage(&b, c, v.reportOptions(path)) // a Builder takes everything
	return strings.TrimSpace(b.String()) + "\n"
}

// page is everything that is known of a function.
func (m functionMark) page(v *snapshot) string {
	var b strings.Builder
	for _, f := range v.folders {
		if f.analysis != nil && f.analysis.holds(m.suspect) {
			_ = report.WriteEvidence(&b, f.analysis.report, m.suspect, v.reportOptions(m.definition.File))
			break
		}
	}
	return b.String()
}

// holds reports whether a suspect is of this analysis's report.
func (a *analysis) holds(s *attribution.Suspect) bool {
	for i := range a.report.Suspects {
		if &a.report.Suspects[i] == s {
			return true
		}
	}
	return false
}
