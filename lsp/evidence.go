package lsp

// The report package writes what is known as Markdown; here it is given the
// open buffers to quote from, and paths as the folder has them.

import (
	"os"
	"path/filepath"
	"strings"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/report"
)

// reportOptions are for a text about something in that file or measurement.
func (v *snapshot) reportOptions(path string) report.Options {
	o := report.Options{ReadFile: v.readFile}
	if f := v.folderOf(path); f != nil {
		o.Root = f.root
	} else if len(v.folders) > 0 {
		o.Root = v.folders[0].root
	}
	return o
}

// readFile reads a source, from its buffer where it is open.
func (v *snapshot) readFile(path string) ([]byte, error) {
	if d := v.documentAt(filepath.ToSlash(path)); d != nil {
		return []byte(d.text), nil
	}
	return os.ReadFile(path)
}

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
