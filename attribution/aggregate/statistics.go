// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/internal/bazel/javastack"
	"example.invalid/starlark-memls/internal/bazel/trace"
)

// Statistics are the evidence of all observations before any source is known: what
// each name did, what each place did, what each crash left: the totals and
// what follows from them as a whole. They are not changed once they are made, so that
// the join with sources can be repeated at every edit, and the next be made from
// these totals when a measurement comes.
//
// What follows is calculated anew each time. It costs by the number of names,
// and by that of crashes times the few functions that were active at each.
type Statistics struct {
	Joins observe.Joins // of dumps to crashes
	*Totals
	Summaries     []observe.Summary
	Names         []NameStatistics // by name
	Places        []*PlaceSamples
	kinds         []endKind
	usualVariance []float64 // of shares between builds, by stratum
	median        int64     // limit that divides passing builds
	// lowest and highest are the limits between which cost is estimated.
	lowest, highest int64
	called          map[string]string   // by caller: the one function that it calls
	Concurrent      []ConcurrentRestart // beyond chance
	CopyPause       int64               // see survival.go
	Warnings        []observe.Warning
	BlindWords      []string
}

// NameStatistics are what traces show of one name, over all observations.
type NameStatistics struct {
	*NameTotals
	// collections and crashedMajor are those of the totals (the latter of
	// Statistics.CrashedMajor); copied and survived are of body.copyPause: in its
	// own time, and as survival.go divides it.
	Collections, CrashedMajor, copied, Survived float64

	GCRatio              stats.Rate      // of rates
	Representation       *Representation // nil: no baseline
	Concurrent           *ConcurrentRestart
	Eliminated, Explains int // its place in the elimination, from 1
}

// New makes the statistics of observations.
func New(observations []*observe.Observation) *Statistics {
	return Derive((&Totals{}).with(observations))
}

// Grow does the same, and takes from earlier ones what it can: all of
// it, where nothing has gone; else what those had grown from, which is the
// case of an editor in which a series is loaded and one build follows the other,
// each in the place of the last; else nothing, but what both have in common is
// made to grow from, for the next time.
func Grow(earlier *Statistics, observations []*observe.Observation) *Statistics {
	if earlier == nil {
		return New(observations)
	}
	common, more := divide(earlier.Observations, observations)
	base := earlier.Totals
	if len(common) < len(earlier.Observations) {
		base = nil
		if before := earlier.before; before != nil {
			if kept, rest := divide(before.Observations, observations); len(kept) == len(before.Observations) {
				base, more = before, rest
			}
		}
		if base == nil {
			base = (&Totals{}).with(common)
		}
	}
	next := base.with(more)
	next.before = base.alone()
	return Derive(next)
}

// divide divides observations into those that are among the old and the rest.
func divide(old, observations []*observe.Observation) (common, more []*observe.Observation) {
	has := make(map[*observe.Observation]int, len(old))
	for _, o := range old {
		has[o]++
	}
	for _, o := range observations {
		if has[o] > 0 {
			has[o]--
			common = append(common, o)
		} else {
			more = append(more, o)
		}
	}
	return common, more
}

// Derive concludes from complete totals.
func Derive(t *Totals) *Statistics {
	b := &Statistics{Totals: t, median: medianLimit(t.endsAt)}
	b.lowest, b.highest = b.costLimits()
	b.Summaries = make([]observe.Summary, 0, len(t.Observations))
	for _, o := range t.Observations {
		b.Summaries = append(b.Summaries, o.Summary)
	}
	b.Names = make([]NameStatistics, 0, len(t.Names))
	for _, name := range slices.Sorted(maps.Keys(t.Names)) {
		n := t.Names[name]
		b.Names = append(b.Names, NameStatistics{NameTotals: n, Collections: n.collections.Value(),
			CrashedMajor: n.sharedMajor.Value(), GCRatio: n.Rates.Rate()})
	}
	b.creditCallers()
	b.represent()
	b.eliminate()
	b.findConcurrent()
	b.findCalled()
	b.Places = slices.SortedFunc(maps.Values(t.places), func(x, y *PlaceSamples) int {
		return cmp.Or(strings.Compare(x.Name, y.Name), strings.Compare(x.File, y.File))
	})
	b.BlindWords = b.traceBlind()
	return b
}

// Configured are the rule classes and aspects of all builds, or nil if one of
// them does not tell them all.
func (b *Statistics) Configured() map[string]bool {
	if b.partial || len(b.Classes) == 0 {
		return nil
	}
	all := make(map[string]bool, len(b.Classes))
	for _, class := range b.Classes {
		all[class] = true
	}
	return all
}

// UnreadDump is the newest crash's heap dump that was not read to its end.
func (b *Statistics) UnreadDump() *observe.UnreadDump {
	for _, c := range b.Crashes {
		if c.Observation.UnreadDump != nil {
			return c.Observation.UnreadDump
		}
	}
	return nil
}

// UsualCrashLimit is the limit of most crashes, the lowest of several; 0 where
// none is known.
func (b *Statistics) UsualCrashLimit() int64 {
	count := map[int64]int{}
	var limits []int64
	for _, c := range b.Crashes {
		if limit := c.Observation.Summary.MemoryLimitBytes; limit > 0 {
			count[limit]++
			limits = append(limits, limit)
		}
	}
	slices.Sort(limits)
	best := int64(0)
	for _, limit := range limits {
		if count[limit] > count[best] {
			best = limit
		}
	}
	return best
}

func (b *Statistics) IsSlim() bool {
	return b.blind[trace.BlindSlim] > 0
}

// WritingCrashes counts the crashes inside a file-writing action.
func (b *Statistics) WritingCrashes() int {
	n := 0
	for _, c := range b.Crashes {
		if javastack.EntryOf(c.Facts.Java).Writing {
			n++
		}
	}
	return n
}
