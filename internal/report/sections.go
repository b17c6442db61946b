// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
	"strings"
)

// Sections are the parts of the text report, in their order.
var sectionNames = []string{"answer", "lines", "why", "next", "suspects", "crashes", "evidence", "rules", "restarts", "heap", "measurements", "warnings"}

// SectionNames are the parts of the text report, in their order.
func SectionNames() []string { return slices.Clone(sectionNames) }

// allSections is the word for every part at its full length.
const allSections = "all"

// ParseSections reads a list of sections: those to show ("answer,why", "all"),
// or, each with a minus before it, those to leave out ("-next,-crashes"). full
// is whether parts were asked for by name, which are then written at their full
// length.
func ParseSections(text string) (shown []string, full bool, err error) {
	var only, without []string
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		bare := strings.TrimPrefix(name, "-")
		switch {
		case name == "":
		case name == allSections:
			only = append(only, sectionNames...)
		case !slices.Contains(sectionNames, bare):
			return nil, false, fmt.Errorf("no section %q: there are %s, and %s", bare, strings.Join(sectionNames, ", "), allSections)
		case bare != name:
			without = append(without, bare)
		default:
			only = append(only, name)
		}
	}
	for _, name := range sectionNames {
		if (len(only) == 0 || slices.Contains(only, name)) && !slices.Contains(without, name) {
			shown = append(shown, name)
		}
	}
	return shown, len(only) > 0, nil
}
