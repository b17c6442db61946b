// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"maps"
	"slices"

	"example.invalid/starlark-memls/internal/bazel/bep"
)

// Evaluations are the counts of one SkyFunction, in one build or several.
type Evaluations struct {
	Function                                    string // "CONFIGURED_TARGET"
	Evaluated, Built, Dirtied, Changed, Cleaned int64
}

// Restarts are the evaluations that built nothing.
func (e Evaluations) Restarts() int64 { return max(0, e.Evaluated-e.Built) }

// Add adds the counts of another build.
func (e *Evaluations) Add(more Evaluations) {
	e.Function = more.Function
	e.Evaluated += more.Evaluated
	e.Built += more.Built
	e.Dirtied += more.Dirtied
	e.Changed += more.Changed
	e.Cleaned += more.Cleaned
}

// evaluationsOf joins a build's counts by SkyFunction.
func evaluationsOf(g *bep.Graph) []Evaluations {
	if g == nil {
		return nil
	}
	byName := map[string]*Evaluations{}
	add := func(counts []bep.SkyFunctionCount, to func(*Evaluations) *int64) {
		for _, c := range counts {
			if byName[c.Name] == nil {
				byName[c.Name] = &Evaluations{Function: c.Name}
			}
			*to(byName[c.Name]) += c.Count
		}
	}
	add(g.Evaluated, func(e *Evaluations) *int64 { return &e.Evaluated })
	add(g.Built, func(e *Evaluations) *int64 { return &e.Built })
	add(g.Dirtied, func(e *Evaluations) *int64 { return &e.Dirtied })
	add(g.Changed, func(e *Evaluations) *int64 { return &e.Changed })
	add(g.Cleaned, func(e *Evaluations) *int64 { return &e.Cleaned })
	var list []Evaluations
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		list = append(list, *byName[name])
	}
	return list
}
