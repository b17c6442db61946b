package report

import (
	"fmt"
	"slices"
	"strings"
)

// Sections are the parts of the text report, in their order.
var sectionNames = []string{"answer", "lines", "why", "next", "suspects", "crashes", "evidence", "rules", "restarts", "measurements", "warnings"}

// SectionNames are the parts of the text report, in their order.
func SectionNames() []string { return slices.Clone(sectionNames) }

// ParseSections reads a list of sections: those to show ("answer,why"), or,
// each with a minus before it, those to leave out ("-evidence,-restarts").
func ParseSections(text string) (shown []string, err error) {
	var only, without []string
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		bare := strings.TrimPrefix(name, "-")
		switch {
		case name == "":
		case !slices.Contains(sectionNames, bare):
			return nil, fmt.Errorf("no section %q: there are %s", bare, strings.Join(sectionNames, ", "))
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
	return shown, nil
}
