package attribution

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
)

// A body is the evidence of all observations before any source is known: what
// each name did, what each place did, what each crash left. It is a tally and
// what follows from it as a whole. It is not changed once it is made, so that
// the join with sources (see join.go) can be repeated at every edit, and the
// next body be made from its tally when a measurement comes.
//
// What follows is calculated anew each time. It costs by the number of names,
// and by that of crashes times the few functions that were active at each.
type body struct {
	joins observe.Joins // of dumps to crashes
	*tally
	summaries     []observe.Summary
	names         []nameEvidence // by name
	places        []*placeEvidence
	kinds         []endKind
	usualVariance []float64 // of shares between builds, by stratum
	median        int64     // limit that divides passing builds
	// lowest and highest are the limits between which cost is estimated.
	lowest, highest int64
	called          map[string]string   // by caller: the one function that it calls
	concurrent      []ConcurrentRestart // beyond chance
	copyPause       int64               // see survival.go
	warnings        []observe.Warning
	blindWords      []string
}

// nameEvidence is what traces show of one name, over all observations.
type nameEvidence struct {
	*nameTally
	// collections and crashedMajor are those of the tally (the latter of
	// body.crashedMajor); copied and survived are of body.copyPause: in its
	// own time, and as survival.go divides it.
	collections, crashedMajor, copied, survived float64

	gcRatio              stats.Rate      // of rates
	representation       *representation // nil: no baseline
	concurrent           *ConcurrentRestart
	eliminated, explains int // its place in the elimination, from 1
}

// newBody makes the body of observations.
func newBody(observations []*observe.Observation) *body { return derive((&tally{}).with(observations)) }

// growBody does the same, and takes from an earlier body what it can: all of
// it, where nothing has gone; else what that body had grown from, which is the
// case of an editor in which a series is loaded and one build follows the other,
// each in the place of the last; else nothing, but what both have in common is
// made to grow from, for the next time.
func growBody(earlier *body, observations []*observe.Observation) *body {
	if earlier == nil {
		return newBody(observations)
	}
	common, more := divide(earlier.observations, observations)
	base := earlier.tally
	if len(common) < len(earlier.observations) {
		base = nil
		if before := earlier.before; before != nil {
			if kept, rest := divide(before.observations, observations); len(kept) == len(before.observations) {
				base, more = before, rest
			}
		}
		if base == nil {
			base = (&tally{}).with(common)
		}
	}
	next := base.with(more)
	next.before = base.alone()
	return derive(next)
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

// derive concludes from a complete tally.
func derive(t *tally) *body {
	b := &body{tally: t, median: medianLimit(t.endsAt)}
	b.lowest, b.highest = b.costLimits()
	b.summaries = make([]observe.Summary, 0, len(t.observations))
	for _, o := range t.observations {
		b.summaries = append(b.summaries, o.Summary)
	}
	b.names = make([]nameEvidence, 0, len(t.names))
	for _, name := range slices.Sorted(maps.Keys(t.names)) {
		n := t.names[name]
		b.names = append(b.names, nameEvidence{nameTally: n, collections: n.collections.Value(),
			crashedMajor: n.sharedMajor.Value(), gcRatio: n.rates.Rate()})
	}
	b.creditCallers()
	b.represent()
	b.eliminate()
	b.findConcurrent()
	b.findCalled()
	b.places = slices.SortedFunc(maps.Values(t.places), func(x, y *placeEvidence) int {
		return cmp.Or(strings.Compare(x.name, y.name), strings.Compare(x.file, y.file))
	})
	b.blindWords = b.traceBlind()
	return b
}
