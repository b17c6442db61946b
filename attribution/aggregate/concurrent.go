// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"cmp"
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/attribution/weights"
)

// Concurrent restarts: of each function and each package, whether the function
// was running when the package was begun anew more often than the two patterns
// have in common by chance (observe/restarts.go, stats.Shifted). That something
// makes others restart is a sign of it taking the memory that they were dropped
// for, or merely of both coming at the same stage of a build: it weighs little,
// and is told only where it stands out among all pairs that were compared
// (Benjamini and Hochberg).

// keptConcurrent bounds the list in the report.
const KeptConcurrent = 20

// A ConcurrentRestart says that a function was running at Observed of the
// Restarts of a package (AnyPackage: of all), Expected by chance.
type ConcurrentRestart struct {
	Function, Package  string
	Observed, Restarts int
	Expected, QValue   float64
}

// restartTotals is what adds up of one function and one package.
type restartTotals struct {
	name     string // the package's
	restarts int
	shifted  stats.ShiftSum
}

// addBeside adds a build's restarts.
func (n *NameTotals) addBeside(restarting []observe.Restarting, f *observe.Activity) {
	for i, s := range f.AtRestarts {
		r := restarting[i]
		at, ok := slices.BinarySearchFunc(n.beside, r.Package, func(b restartTotals, name string) int { return strings.Compare(b.name, name) })
		if !ok {
			n.beside = slices.Insert(n.beside, at, restartTotals{name: r.Package})
		}
		n.beside[at].restarts += r.Times
		n.beside[at].shifted.Add(s)
	}
}

// findConcurrent tests all pairs and keeps those beyond chance, the surest
// first.
func (b *Statistics) findConcurrent() {
	var all []ConcurrentRestart
	var p []float64
	for i := range b.Names {
		n := &b.Names[i]
		for k := range n.beside {
			t := &n.beside[k]
			all = append(all, ConcurrentRestart{Function: n.Name, Package: t.name, Observed: t.shifted.Observed, Restarts: t.restarts, Expected: t.shifted.Expected()})
			p = append(p, t.shifted.P())
		}
	}
	for i, q := range stats.BenjaminiHochberg(p) {
		if all[i].QValue = q; q < weights.ConcurrentLevel {
			b.Concurrent = append(b.Concurrent, all[i])
		}
	}
	slices.SortFunc(b.Concurrent, func(x, y ConcurrentRestart) int {
		return cmp.Or(cmp.Compare(x.QValue, y.QValue), cmp.Compare(y.Observed, x.Observed),
			strings.Compare(x.Function, y.Function), strings.Compare(x.Package, y.Package))
	})
	for i := range b.Concurrent {
		c := &b.Concurrent[i]
		at, _ := slices.BinarySearchFunc(b.Names, c.Function, func(n NameStatistics, name string) int { return strings.Compare(n.Name, name) })
		if n := &b.Names[at]; n.Concurrent == nil {
			n.Concurrent = c
		}
	}
}

// What names what was restarted: "packages", "the package //cpu".
func (c *ConcurrentRestart) What() string {
	switch {
	case c.Package == observe.AnyPackage:
		return "packages"
	case strings.HasPrefix(c.Package, "@"):
		return "the package " + c.Package
	}
	return "the package //" + c.Package
}
