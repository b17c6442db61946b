// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"cmp"
	"maps"
	"slices"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/internal/bazel/trace"
)

// Totals are what observations add up to: for each name, each place, each
// crash. They have two properties on which everything else rests.
//
// They are sums. One more observation is added in time that goes by what that
// observation holds and by the number of names, however many are there already;
// and the order of adding makes no difference, to the last bit, because counts
// are integers, other numbers are stats.Sum and lists are kept sorted. What
// does not add up (shares, tests, q-values, the order of elimination) is derived
// from the totals when they are complete: see Statistics.
//
// They are not changed once they are made. Larger ones share with them what the added
// observations do not touch, so that an editor can keep showing the old report
// while the new one is made, and neither is copied.
type Totals struct {
	before       *Totals                // what it has grown from, without its own past; may be nil
	Observations []*observe.Observation // by compareObservations
	Names        map[string]*NameTotals
	places       map[PlaceKey]*PlaceSamples
	Crashes      []ObservedCrash // newest first
	Passed       int             // builds that came to their end, with a trace
	Traced       int             // crashes that left a profile with Starlark calls
	// self is the Starlark thread time of all traces;
	// passedSelf and crashedSelf that of passing and of crashed builds.
	Self, PassedSelf, CrashedSelf int64
	Write                         int64 // WriteMicros of all names
	Recorded                      int64 // bytes that recordings saw allocated in calls
	CPU, Allocated                int64 // totals of the samples
	strata                        strata
	Ends                          []crashEnd         // crashes at whose end something was active
	endsAt                        map[int64]presence // ends of builds by limit
	CrashedMajor                  int64              // pause of major collections in crashed builds
	minorPause, passedMinor       int64              // pause of minor collections in all builds, in those that passed
	profiles                      int
	blind                         map[trace.Blindness]int // profiles
	packages                      restarts
	repositories                  restarts
	sky                           map[string]skyTotals // by SkyFunction
	// classes are what the builds configured; partial says that one of those
	// with Starlark calls does not tell it all.
	Classes                   []string
	partial                   bool
	hasCPU, HasAlloc, HasHeld bool
	Dumps                     int // heap dumps that tell who holds the memory
}

// A PlaceKey is a function of a file as Bazel printed it.
type PlaceKey struct{ Name, File string }

// PlaceSamples are what samples show of one function of one file.
type PlaceSamples struct {
	PlaceKey
	CPU, Allocated *Sampled
}

// Sampled is the sum of one kind of samples at a place.
type Sampled struct {
	Flat, Cum int64
	Lines     map[int]int64
	Growth    stats.Line // log₂ flat over log₂ of the limit
}

// An ObservedCrash is one crash and what was running then.
type ObservedCrash struct {
	Facts       observe.CrashFacts
	Observation *observe.Observation
}

func (c ObservedCrash) Trace() *observe.TraceFacts { return c.Observation.Trace }

// with are the totals with more observations; t is not changed.
func (t *Totals) with(more []*observe.Observation) *Totals {
	next := *t.alone()
	a := builder{Totals: &next, names: map[*NameTotals]bool{}, places: map[*PlaceSamples]bool{}}
	next.Names = cloned(t.Names)
	next.endsAt, next.blind = cloned(t.endsAt), cloned(t.blind)
	next.packages, next.repositories = cloned(t.packages), cloned(t.repositories)
	next.strata = t.strata.clone()
	next.Ends, next.Crashes = slices.Clip(t.Ends), slices.Clip(t.Crashes)
	more = slices.Clone(more)
	slices.SortStableFunc(more, compareObservations)
	next.Observations = merged(t.Observations, more, compareObservations)
	var crashes []ObservedCrash
	for _, o := range more {
		a.addTrace(o)
		a.addSamples(o)
		a.addConfigured(o)
		a.addEvaluations(o)
		for _, c := range o.Crashes {
			crashes = append(crashes, ObservedCrash{c, o})
			if o.Trace != nil && o.Trace.StarlarkCalls > 0 {
				next.Traced++
			}
		}
	}
	slices.SortStableFunc(crashes, compareCrashes)
	next.Crashes = merged(t.Crashes, crashes, compareCrashes)
	return &next
}

// alone are the totals without what they have grown from.
func (t *Totals) alone() *Totals {
	if t.before == nil {
		return t
	}
	same := *t
	same.before = nil
	return &same
}

// compareObservations orders by series, path, invocation and time, so that a
// report does not depend on the order in which measurements were named.
func compareObservations(x, y *observe.Observation) int {
	a, b := &x.Summary, &y.Summary
	return cmp.Or(cmp.Compare(a.Series, b.Series), cmp.Compare(a.Path, b.Path),
		cmp.Compare(a.InvocationID, b.InvocationID), a.Ended.Compare(b.Ended))
}

// compareCrashes orders the newest first; those of one observation stay in
// their order.
func compareCrashes(x, y ObservedCrash) int {
	if x.Observation == y.Observation {
		return 0
	}
	return cmp.Or(y.Observation.Summary.Ended.Compare(x.Observation.Summary.Ended), compareObservations(x.Observation, y.Observation))
}

// merged merges two sorted lists into a new one; of equals, the first's come
// first.
func merged[T any](first, second []T, compare func(x, y T) int) []T {
	all := make([]T, 0, len(first)+len(second))
	for _, y := range second {
		n, _ := slices.BinarySearchFunc(first, y, func(x, y T) int {
			if compare(x, y) <= 0 {
				return -1
			}
			return 1
		})
		all = append(append(all, first[:n]...), y)
		first = first[n:]
	}
	return append(all, first...)
}

// cloned is a copy that can be written to.
func cloned[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return map[K]V{}
	}
	return maps.Clone(m)
}

// NameTotals are what traces show of one name.
type NameTotals struct {
	Name                              string
	Calls                             int
	Total, Self, Write                int64
	EndedClose, EndedMedium, EndedFar int
	Exclusive                         int64
	Minor, Major                      int
	MinorPause, MajorPause            int64
	collections                       stats.Sum      // GCOverlap.Events
	shared, sharedMajor               stats.Sum      // GCOverlap's, the latter in crashed builds
	passedShared                      stats.Sum      // of shared, in builds that passed
	Rates                             stats.RateSums // own time against the rest, by build
	PassedSelf, CrashedSelf           int64
	PassedCalls                       int
	ActiveAtCrash, LastAtCrash        int
	Recorded                          stats.Weighted // bytes allocated in its own time
	Targets                           []string       // sorted

	// What overrepresentation.go compares: own time in passing builds, the
	// crashes at which it was active (indexes of Totals.Ends), in how many
	// builds it ran and at how many passing ends it was active.
	baseline              []stratumTime
	ends                  []int
	activePassed          int
	ranCrashed, ranPassed int
	Growth                Growth
	limits                []limitTotals      // by limit, where it is known
	Callers               []observe.Caller   // by name
	CalledByOthers        int                // calls in passing builds that another made
	kinds, passedKinds    []observe.CallKind // sorted; those of builds that passed
	beside                []restartTotals    // by package
}

// limitTotals are what one name did in the builds under one limit.
type limitTotals struct {
	limit  int64
	active presence      // at the ends
	calls  stats.Counts  // of passing builds in which it ran
	own    stats.Moments // its own time in those, in microseconds
}
