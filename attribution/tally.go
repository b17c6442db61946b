package attribution

import (
	"cmp"
	"maps"
	"slices"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/internal/bazel/trace"
)

// A tally is what observations add up to: for each name, each place, each
// crash. It has two properties on which everything else rests.
//
// It is a sum. One more observation is added in time that goes by what that
// observation holds and by the number of names, however many are there already;
// and the order of adding makes no difference, to the last bit, because counts
// are integers, other numbers are stats.Sum and lists are kept sorted. What
// does not add up (shares, tests, q-values, the order of elimination) is derived
// from the tally when it is complete: see body.
//
// It is not changed once it is made. A larger one shares with it what the added
// observations do not touch, so that an editor can keep showing the old report
// while the new one is made, and neither is copied.
type tally struct {
	before       *tally                 // what it has grown from, without its own past; may be nil
	observations []*observe.Observation // by compareObservations
	names        map[string]*nameTally
	places       map[placeKey]*placeEvidence
	crashes      []crashEvidence // newest first
	passed       int             // builds that came to their end, with a trace
	traced       int             // crashes that left a profile with Starlark calls
	// self is the Starlark thread time of all traces;
	// passedSelf and crashedSelf that of passing and of crashed builds.
	self, passedSelf, crashedSelf int64
	write                         int64 // WriteMicros of all names
	cpu, allocated                int64 // totals of the samples
	strata                        strata
	ends                          []crashEnd         // crashes at whose end something was active
	endsAt                        map[int64]presence // ends of builds by limit
	crashedMajor                  int64              // pause of major collections in crashed builds
	minorPause, passedMinor       int64              // pause of minor collections in all builds, in those that passed
	profiles                      int
	blind                         map[trace.Blindness]int // profiles
	packages                      restarts
	repositories                  restarts
	sky                           map[string]skyTally // by SkyFunction
	// classes are what the builds configured; partial says that one of those
	// with Starlark calls does not tell it all.
	classes                   []string
	partial                   bool
	hasCPU, hasAlloc, hasHeld bool
	dumps                     int // heap dumps that tell who holds the memory
}

// A placeKey is a function of a file as Bazel printed it.
type placeKey struct{ name, file string }

// placeEvidence is what samples show of one function of one file.
type placeEvidence struct {
	placeKey
	cpu, allocated *sampled
}

// sampled is the sum of one kind of samples at a place.
type sampled struct {
	flat, cum int64
	lines     map[int]int64
	growth    stats.Line // log₂ flat over log₂ of the limit
}

// crashEvidence is one crash and what was running then.
type crashEvidence struct {
	facts       observe.CrashFacts
	observation *observe.Observation
}

func (c crashEvidence) trace() *observe.TraceFacts { return c.observation.Trace }

// with is the tally with more observations; t is not changed.
func (t *tally) with(more []*observe.Observation) *tally {
	next := *t.alone()
	a := adder{tally: &next, names: map[*nameTally]bool{}, places: map[*placeEvidence]bool{}}
	next.names = cloned(t.names)
	next.endsAt, next.blind = cloned(t.endsAt), cloned(t.blind)
	next.packages, next.repositories = cloned(t.packages), cloned(t.repositories)
	next.strata = t.strata.clone()
	next.ends, next.crashes = slices.Clip(t.ends), slices.Clip(t.crashes)
	more = slices.Clone(more)
	slices.SortStableFunc(more, compareObservations)
	next.observations = merged(t.observations, more, compareObservations)
	var crashes []crashEvidence
	for _, o := range more {
		a.addTrace(o)
		a.addSamples(o)
		a.addConfigured(o)
		a.addEvaluations(o)
		for _, c := range o.Crashes {
			crashes = append(crashes, crashEvidence{c, o})
			if o.Trace != nil && o.Trace.StarlarkCalls > 0 {
				next.traced++
			}
		}
	}
	slices.SortStableFunc(crashes, compareCrashes)
	next.crashes = merged(t.crashes, crashes, compareCrashes)
	return &next
}

// alone is the tally without what it has grown from.
func (t *tally) alone() *tally {
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
func compareCrashes(x, y crashEvidence) int {
	if x.observation == y.observation {
		return 0
	}
	return cmp.Or(y.observation.Summary.Ended.Compare(x.observation.Summary.Ended), compareObservations(x.observation, y.observation))
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

// nameTally is what traces show of one name.
type nameTally struct {
	name                              string
	calls                             int
	total, self, write                int64
	endedClose, endedMedium, endedFar int
	exclusive                         int64
	minor, major                      int
	minorPause, majorPause            int64
	collections                       stats.Sum      // GCOverlap.Events
	shared, sharedMajor               stats.Sum      // GCOverlap's, the latter in crashed builds
	passedShared                      stats.Sum      // of shared, in builds that passed
	rates                             stats.RateSums // own time against the rest, by build
	passedSelf, crashedSelf           int64
	passedCalls                       int
	activeAtCrash, lastAtCrash        int
	targets                           []string // sorted

	// What overrepresentation.go compares: own time in passing builds, the
	// crashes at which it was active (indexes of tally.ends), in how many
	// builds it ran and at how many passing ends it was active.
	baseline              []stratumTime
	ends                  []int
	activePassed          int
	ranCrashed, ranPassed int
	growth                growthTally
	limits                []limitTally       // by limit, where it is known
	callers               []observe.Caller   // by name
	calledByOthers        int                // calls in passing builds that another made
	kinds, passedKinds    []observe.CallKind // sorted; those of builds that passed
	beside                []besideTally      // by package
}

// A limitTally is what one name did in the builds under one limit.
type limitTally struct {
	limit  int64
	active presence      // at the ends
	calls  stats.Counts  // of passing builds in which it ran
	own    stats.Moments // its own time in those, in microseconds
}
