// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"cmp"
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/internal/bazel/trace"
)

// What runs when others restart. Of single restarts a profile shows those of
// packages, in every version of Bazel: "package creation" comes once more for
// each time that the evaluation of one was begun anew. A call of an
// implementation has no key by which to know it again (from 8.5 on a label, but
// one label is analysed in several configurations), and "skyfunction" events,
// which are off unless asked for, tell no key at all: of functions only extra
// calls can be counted, build against build.
//
// Each new beginning is an instant. A function was there if it was running just
// before, on any thread: what the package's own code does comes after. How many
// of the instants that are, and what the number is when the instants are
// shifted round the time in which packages were evaluated, is kept for each
// function, for all packages together and for those that were restarted most;
// tests are made over all builds.

const (
	// restartCells divide the time in which packages are evaluated: in a
	// build of 50 s each is as long as the shortest call that is recorded.
	restartCells = 4 * stats.Shifts
	// maxRestarts bounds the instants that are kept, maxRestarting the
	// packages that are told apart.
	maxRestarts   = 256
	maxRestarting = 8
)

// AnyPackage stands for all packages together. No package has this name.
const AnyPackage = "*"

// A Restarting is what was evaluated anew, and how often.
type Restarting struct {
	Package string // or AnyPackage
	Times   int
}

// evaluations collects package events.
type evaluations struct {
	times map[string]int
	again []restart
	whole trace.Span
}

type restart struct {
	name   string
	micros int64
}

func (e *evaluations) add(name string, at trace.Span) {
	if len(e.times) == 0 {
		e.whole = at
	}
	e.whole = trace.Span{Start: min(e.whole.Start, at.Start), End: max(e.whole.End, at.End)}
	n := e.times[name]
	if n == 0 && len(e.times) >= maxFunctions {
		return
	}
	e.times[name] = n + 1
	if n > 0 && len(e.again) < maxRestarts {
		e.again = append(e.again, restart{name, at.Start})
	}
}

// repeated are the packages that were evaluated more than once.
func (e *evaluations) repeated() map[string]int {
	again := map[string]int{}
	for name, n := range e.times {
		if n > 1 {
			again[name] = n
		}
	}
	return again
}

// cell is the cell before the one of an instant, -1 for the first.
func (e *evaluations) cell(micros int64) int {
	return int((micros-e.whole.Start)*restartCells/(e.whole.End-e.whole.Start)) - 1
}

// restarting sorts the instants by what was restarted.
func (e *evaluations) restarting() ([]Restarting, [][]int) {
	if e.whole.End-e.whole.Start < restartCells {
		return nil, nil
	}
	byName := map[string][]int{}
	for _, r := range e.again {
		if cell := e.cell(r.micros); cell >= 0 && cell < restartCells { // beyond: times that overflow
			byName[r.name] = append(byName[r.name], cell)
			byName[AnyPackage] = append(byName[AnyPackage], cell)
		}
	}
	var all []Restarting
	for name, cells := range byName {
		all = append(all, Restarting{name, len(cells)})
	}
	slices.SortFunc(all, func(x, y Restarting) int {
		return cmp.Or(cmp.Compare(y.Times, x.Times), strings.Compare(x.Package, y.Package))
	})
	all = slices.Clip(all[:min(len(all), maxRestarting+1)]) // AnyPackage is the first
	instants := make([][]int, len(all))
	for i, r := range all {
		instants[i] = byName[r.Package]
	}
	return all, instants
}

// beside counts at how many of the restarts each function was running.
func (e *evaluations) beside(functions []Activity, running []spans) []Restarting {
	restarting, instants := e.restarting()
	if len(restarting) == 0 {
		return nil
	}
	ring := make(stats.Ring, restartCells)
	for f := range functions {
		if !e.mark(ring, running[f]) {
			continue
		}
		shifted := make([]stats.Shifted, len(instants))
		for i, cells := range instants {
			shifted[i] = ring.Shift(cells)
		}
		functions[f].AtRestarts = shifted
	}
	return restarting
}

// mark marks the cells in whose middle a function was running, and reports
// whether there are any.
func (e *evaluations) mark(ring stats.Ring, running spans) (any bool) {
	clear(ring)
	length := e.whole.End - e.whole.Start
	middle := func(cell int64) int64 { return e.whole.Start + length*(2*cell+1)/(2*restartCells) }
	for _, r := range running {
		first := max(0, (r.Start-e.whole.Start)*restartCells/length-1)
		for cell := first; cell < restartCells && middle(cell) < r.End; cell++ {
			if middle(cell) >= r.Start {
				ring[cell], any = true, true
			}
		}
	}
	return any
}
