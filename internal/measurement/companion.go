// SPDX-License-Identifier: Apache-2.0

package measurement

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
)

// companions are the kinds of evidence that say nothing of a build by themselves,
// or little: they lie beside its profile or console.
var companions = []Part{FlightRecording, Counters, Retained}

// WithCompanions puts bare files that belong to a build to the measurement that
// they were given with: `report profile.gz recording.jfr` is one build. Where
// several builds are given it is that of the same folder, if there is only one.
func WithCompanions(list []Measurement) ([]Measurement, []Warning) {
	var kept []Measurement
	var alone []Measurement
	for _, m := range list {
		if m.companion() != "" {
			alone = append(alone, m)
		} else {
			kept = append(kept, m)
		}
	}
	if len(kept) == 0 {
		return list, nil // evidence of something all the same
	}
	var warnings []Warning
	for _, m := range alone {
		i, ok := m.host(kept)
		if !ok {
			warnings = append(warnings, Warning{Path: m.Path, Message: fmt.Sprintf("left out: it is not clear which of the %d builds it is of; put it into the folder of its build", len(kept))})
			continue
		}
		kind := m.companion()
		kept[i].Parts = maps.Clone(kept[i].Parts)
		kept[i].Parts[kind] = append(slices.Clone(m.Parts[kind]), kept[i].Parts[kind]...)
	}
	return kept, warnings
}

// companion is the kind of a bare file that belongs to something else, or "".
func (m *Measurement) companion() Part {
	for _, kind := range companions {
		if len(m.Parts) == 1 && len(m.Parts[kind]) == 1 && m.Parts[kind][0] == m.Path {
			return kind
		}
	}
	return ""
}

// host is the build that a companion is of.
func (m *Measurement) host(builds []Measurement) (index int, ok bool) {
	if len(builds) == 1 {
		return 0, true
	}
	folder := filepath.Dir(m.Path)
	n := 0
	for i, b := range builds {
		if b.Path == folder || filepath.Dir(b.Path) == folder {
			index, n = i, n+1
		}
	}
	return index, n == 1
}
