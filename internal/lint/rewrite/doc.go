// SPDX-License-Identifier: Apache-2.0

// Package rewrite makes the fixes of the memory checks: edits of the sources
// after which a finding is gone and the build is the same.
//
// A fix is made only where all its ends are in reach: every place that fills a
// field, every place that reads it, every use of a variable. Where one is not
// understood there is no fix, and the finding's advice says what to do. Text
// that is not changed stays as it is, comments and layout with it.
//
// What a fix may change is said in its title: a depset holds equal elements
// once, and orders them by depth.
package rewrite

import (
	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/flow"
)

// Attach gives the findings their fixes.
func Attach(p *flow.Program, found []*lint.Finding) {
	for _, f := range found {
		file := p.Files[f.Place.File]
		if file == nil || f.Fix != nil || !plainText(file.Text) {
			continue
		}
		switch f.Code {
		case "ML101", "ML103":
			f.Fix = fieldToDepset(p, f.Field)
		case "ML105":
			f.Fix = collectDepsets(file, f.Node)
		case "ML107":
			f.Fix = collectStrings(file, f.Node)
		case "ML110":
			f.Fix = collectRunfiles(p, file, f.Node)
		case "ML111":
			f.Fix = hoist(file, f.Node)
		case "ML126":
			f.Fix = addJoined(file, f.Node)
		}
	}
}
