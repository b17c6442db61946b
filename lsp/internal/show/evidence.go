// SPDX-License-Identifier: Apache-2.0

package show

// The report package writes what is known as Markdown; here it is given the
// open buffers to quote from, and paths as the folder has them.

import (
	"strings"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/report"
)

func (m functionAnnotation) hover(v *Snapshot) string {
	return strings.TrimSpace(report.Hover(m.Suspect, v.reportOptions(m.Definition.File)))
}

// CrashText is a crash's page, or what could be written of it.
func CrashText(v *Snapshot, c *attribution.Crash) string {
	var b strings.Builder
	path := ""
	if places := StackPlaces(c); len(places) > 0 {
		path = places[0].Place.Path
	}
	for _, f := range v.Folders {
		if f.Analysis != nil && f.Analysis.tells(c) {
			_ = report.WriteCrashPage(&b, f.Analysis.Report, c, v.reportOptions(path)) // a Builder takes everything
			break
		}
	}
	return strings.TrimSpace(b.String()) + "\n"
}

// Page is everything that is known of a function.
func (m functionAnnotation) Page(v *Snapshot) string {
	var b strings.Builder
	for _, f := range v.Folders {
		if f.Analysis != nil && f.Analysis.holds(m.Suspect) {
			_ = report.WriteEvidence(&b, f.Analysis.Report, m.Suspect, v.reportOptions(m.Definition.File))
			break
		}
	}
	return b.String()
}

// holds reports whether a suspect is of this analysis's report.
func (a *Analysis) holds(s *attribution.Suspect) bool {
	for i := range a.Report.Suspects {
		if &a.Report.Suspects[i] == s {
			return true
		}
	}
	return false
}

func (a *Analysis) tells(c *attribution.Crash) bool {
	for i := range a.Report.Crashes {
		if &a.Report.Crashes[i] == c {
			return true
		}
	}
	return false
}
