package attribution

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/internal/quantity"
)

// Concurrent restarts: of each function and each package, whether the function
// was running when the package was begun anew more often than the two patterns
// have in common by chance (observe/restarts.go, stats.Shifted). That something
// makes others restart is a sign of it taking the memory that they were dropped
// for, or merely of both coming at the same stage of a build: it weighs little,
// and is told only where it stands out among all pairs that were compared
// (Benjamini and Hochberg).

// keptConcurrent bounds the list in the report.
const keptConcurrent = 20

// A ConcurrentRestart says that a function was running at Observed of the
// Restarts of a package (AnyPackage: of all), Expected by chance.
type ConcurrentRestart struct {
	Function, Package  string
	Observed, Restarts int
	Expected, QValue   float64
}

// besideTally is what adds up of one function and one package.
type besideTally struct {
	name     string // the package's
	restarts int
	shifted  stats.ShiftSum
}

// addBeside adds a build's restarts.
func (n *nameTally) addBeside(restarting []observe.Restarting, f *observe.Activity) {
	for i, s := range f.AtRestarts {
		r := restarting[i]
		at, ok := slices.BinarySearchFunc(n.beside, r.Package, func(b besideTally, name string) int { return strings.Compare(b.name, name) })
		if !ok {
			n.beside = slices.Insert(n.beside, at, besideTally{name: r.Package})
		}
		n.beside[at].restarts += r.Times
		n.beside[at].shifted.Add(s)
	}
}

// findConcurrent tests all pairs and keeps those beyond chance, the surest
// first.
func (b *body) findConcurrent() {
	var all []ConcurrentRestart
	var p []float64
	for i := range b.names {
		n := &b.names[i]
		for k := range n.beside {
			t := &n.beside[k]
			all = append(all, ConcurrentRestart{Function: n.name, Package: t.name, Observed: t.shifted.Observed, Restarts: t.restarts, Expected: t.shifted.Expected()})
			p = append(p, t.shifted.P())
		}
	}
	for i, q := range stats.BenjaminiHochberg(p) {
		if all[i].QValue = q; q < concurrentLevel {
			b.concurrent = append(b.concurrent, all[i])
		}
	}
	slices.SortFunc(b.concurrent, func(x, y ConcurrentRestart) int {
		return cmp.Or(cmp.Compare(x.QValue, y.QValue), cmp.Compare(y.Observed, x.Observed),
			strings.Compare(x.Function, y.Function), strings.Compare(x.Package, y.Package))
	})
	for i := range b.concurrent {
		c := &b.concurrent[i]
		at, _ := slices.BinarySearchFunc(b.names, c.Function, func(n nameEvidence, name string) int { return strings.Compare(n.name, name) })
		if n := &b.names[at]; n.concurrent == nil {
			n.concurrent = c
		}
	}
}

// concurrentEvidence tells of the surest pair of the function.
func (n *nameEvidence) concurrentEvidence() finding {
	if n == nil || n.concurrent == nil {
		return finding{}
	}
	c := n.concurrent
	return finding{
		weight: concurrentCeiling * clamp01(1-c.Expected/float64(max(c.Observed, 1))),
		reason: fmt.Sprintf("running at %d of %d restarts of %s, %s expected by chance; q = %.2g", c.Observed, c.Restarts, c.What(), quantity.Ratio(c.Expected), c.QValue),
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
