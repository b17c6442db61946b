package attribution

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Packages that were begun anew. Skyframe breaks an evaluation off when it asks
// for what is not there yet, and begins it again; under little memory also
// when what was there has been dropped. A profile shows each evaluation of a
// package that was long enough, so that those beyond the first can be counted.

// keptRestarted bounds the list: further down they are one in one build.
const keptRestarted = 10

// A RestartedPackage was evaluated more than once in Builds builds, Extra times
// in all beyond the first.
type RestartedPackage struct {
	Package       string
	Builds, Extra int
}

// restarted are the packages with the most restarts.
func (b *body) restarted() []RestartedPackage {
	list := slices.SortedFunc(maps.Values(b.packages), func(x, y RestartedPackage) int {
		return cmp.Or(cmp.Compare(y.Extra, x.Extra), strings.Compare(x.Package, y.Package))
	})
	return list[:min(len(list), keptRestarted)]
}
