// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"cmp"
	"maps"
	"slices"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
)

// Presence at the end, limit by limit: how much oftener a function is active at
// the end of a crash than at that of a build that passed under the same limit.
// It is the classical table of statistical debugging, with the limit as the
// stratum (Cochran, Mantel, Haenszel). It has no part in the score, in which
// over-representation compares by time, where a table of presence is subject to
// length bias; it is told beside it, because it needs no phase and no times.

// A presence counts builds of one limit.
type presence struct{ crashed, passed int }

// count counts a build whose limit is known.
func count(into map[int64]presence, o *observe.Observation) {
	limit := o.Summary.MemoryLimitBytes
	if limit <= 0 {
		return
	}
	p := into[limit]
	if o.Crashed() {
		p.crashed++
	} else {
		p.passed++
	}
	into[limit] = p
}

// at is what it did in the builds under a limit.
func (n *NameTotals) at(limit int64) limitTotals {
	i, ok := slices.BinarySearchFunc(n.limits, limit, func(t limitTotals, limit int64) int { return cmp.Compare(t.limit, limit) })
	if !ok {
		return limitTotals{}
	}
	return n.limits[i]
}

// Stratified tests presence over the limits that have builds of both kinds. ok
// is false where there is none.
func (n *NameStatistics) Stratified(b *Statistics) (s stats.Stratified, ok bool) {
	var tables []stats.Fourfold
	for _, limit := range slices.Sorted(maps.Keys(b.endsAt)) {
		all, with := b.endsAt[limit], n.at(limit).active
		if all.crashed > 0 && all.passed > 0 {
			tables = append(tables, stats.Fourfold{
				A: with.crashed, B: all.crashed - with.crashed,
				C: with.passed, D: all.passed - with.passed,
			})
		}
	}
	return stats.CMH(tables), len(tables) > 0
}
