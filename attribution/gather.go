package attribution

import (
	"cmp"
	"slices"
	"strings"

	"starlark-memls/attribution/stats"
)

// A body is the evidence of all observations before any source is known: what
// each name did, what each place did, what each crash left. It is merged once
// and not changed, so that the join with sources (see join.go) can be repeated
// at every edit.
type body struct {
	observations []*Observation // in a fixed order, whatever the caller's was
	names        []nameEvidence // by name
	places       []placeEvidence
	crashes      []crashEvidence // newest first
	passed       int             // builds that came to their end, with a trace
	traced       int             // crashes that left a profile with Starlark calls
	// self is the Starlark thread time of all traces;
	// passedSelf and crashedSelf that of passing and of crashed builds.
	self, passedSelf, crashedSelf int64
	passedSpan                    int64 // sum of the passing builds' Starlark spans
	write                         int64 // WriteMicros of all names
	cpu, allocated, held          int64 // totals of the samples
	strata                        strata
	ends                          []crashEnd         // crashes at whose end something was active
	endsAt                        map[int64]presence // ends of builds by limit
	crashedMajor                  int64              // pause of major collections in crashed builds
	minorPause                    int64              // pause of minor collections in all builds
	median                        int64              // limit that divides passing builds
	fields                        []FieldFacts
	warnings                      []Warning
	blindWords                    []string
	hasCPU, hasAlloc, hasHeld     bool
}

// nameEvidence is what traces show of one name, over all observations.
type nameEvidence struct {
	name                              string
	calls                             int
	total, self, write                int64
	endedClose, endedMedium, endedFar int
	exclusive                         int64
	gc                                GCOverlap
	rates                             stats.RateSums // own time against the rest, by build
	passedSelf, passedTotal           int64
	passedCalls                       int
	crashedSelf                       int64
	activeAtCrash, lastAtCrash        int
	targets                           []string

	// What overrepresentation.go compares: own time in passing builds, the
	// crashes at which it was active (indexes of body.ends), in how many
	// builds it ran and at how many passing ends it was active.
	baseline              []stratumTime
	ends                  []int
	activePassed          int
	ranCrashed, ranPassed int
	atLimit               map[int64]presence // where the limit is known
	representation        *representation    // nil: no baseline
	eliminated, explains  int                // its place in the elimination, from 1
	callers               map[string]int
	calledByOthers        int            // calls in passing builds that another made
	crashedMajor          float64        // of body.crashedMajor
	copied, survived      float64        // of body.minorPause: in its own time; as survival.go divides it
	restarts              stats.RateSums // calls at low limits, at high ones
	growth                stats.Line     // log own time over log limit
}

// A placeKey is a function of a file as Bazel printed it.
type placeKey struct{ name, file string }

// placeEvidence is what samples show of one function of one file.
type placeEvidence struct {
	placeKey
	cpu, allocated, retained *sampled
}

// sampled is the sum of one kind of samples at a place.
type sampled struct {
	flat, cum int64
	lines     map[int]int64
}

// crashEvidence is one crash and what was running then.
type crashEvidence struct {
	facts       CrashFacts
	observation *Observation
}

func (c crashEvidence) trace() *TraceFacts { return c.observation.Trace }

// gather merges observations.
func gather(observations []*Observation) *body {
	b := &body{observations: slices.Clone(observations)}
	slices.SortStableFunc(b.observations, compareObservations)
	b.median = medianLimit(b.observations)
	names := map[string]*nameEvidence{}
	places := map[placeKey]*placeEvidence{}
	for _, o := range b.observations {
		b.addTrace(o, names)
		b.cpu += addSamples(o.CPU, places, func(p *placeEvidence) **sampled { return &p.cpu })
		b.allocated += addSamples(o.Allocation, places, func(p *placeEvidence) **sampled { return &p.allocated })
		b.held += addSamples(o.Retained, places, func(p *placeEvidence) **sampled { return &p.retained })
		b.fields = append(b.fields, o.Fields...)
		b.hasCPU = b.hasCPU || o.CPU != nil
		b.hasAlloc = b.hasAlloc || o.Allocation != nil
		b.hasHeld = b.hasHeld || o.Retained != nil
		for _, c := range o.Crashes {
			b.crashes = append(b.crashes, crashEvidence{c, o})
			if o.Trace != nil && o.Trace.StarlarkCalls > 0 {
				b.traced++
			}
		}
	}
	for _, n := range names {
		slices.Sort(n.targets)
		n.targets = slices.Compact(n.targets)
		b.names = append(b.names, *n)
	}
	slices.SortFunc(b.names, func(x, y nameEvidence) int { return strings.Compare(x.name, y.name) })
	b.creditCallers()
	b.represent()
	b.eliminate()
	for _, p := range places {
		b.places = append(b.places, *p)
	}
	slices.SortFunc(b.places, func(x, y placeEvidence) int {
		return cmp.Or(strings.Compare(x.name, y.name), strings.Compare(x.file, y.file))
	})
	slices.SortStableFunc(b.crashes, func(x, y crashEvidence) int {
		return y.observation.Summary.Ended.Compare(x.observation.Summary.Ended)
	})
	b.blindWords = b.traceBlind()
	return b
}

// compareObservations orders by series, path, invocation and time, so that a
// report does not depend on the order in which measurements were named.
func compareObservations(x, y *Observation) int {
	a, b := x.Summary, y.Summary
	return cmp.Or(strings.Compare(a.Series, b.Series), strings.Compare(a.Path, b.Path),
		strings.Compare(a.InvocationID, b.InvocationID), a.Ended.Compare(b.Ended))
}

func (b *body) addTrace(o *Observation, names map[string]*nameEvidence) {
	t := o.Trace
	if t == nil {
		return
	}
	crashed := o.Crashed()
	switch {
	case crashed:
		b.crashedSelf += t.SelfMicros
		b.crashedMajor += t.GC.MajorPauseMicros
	case o.passed():
		b.passed++
		b.passedSelf += t.SelfMicros
		b.passedSpan += t.StarlarkSpanMicros
	}
	b.self += t.SelfMicros
	b.minorPause += t.GC.MinorPauseMicros
	over := executing(t)
	end := -1
	var phases []phaseStrata
	if crashed {
		if end = b.addCrashEnd(o, over); end >= 0 {
			count(&b.endsAt, o)
		}
	} else if o.passed() {
		phases = b.addBaseline(o)
		count(&b.endsAt, o)
	}
	for i := range t.Functions {
		f := &t.Functions[i]
		n := names[f.Name]
		if n == nil {
			n = &nameEvidence{name: f.Name}
			names[f.Name] = n
		}
		n.add(f)
		n.rates.Add(f.GC.Events, float64(f.ExclusiveMicros), f.RestEvents, f.RestMicros, t.GC.Dispersion)
		b.write += f.WriteMicros
		switch {
		case crashed:
			n.crashedSelf += f.SelfMicros
			n.crashedMajor += f.GC.SharedMajorMicros
			n.ranCrashed++
			n.addEnd(f, over)
			if end >= 0 && f.EndedClose > 0 {
				n.ends = append(n.ends, end)
				count(&n.atLimit, o)
			}
		case o.passed():
			n.passedSelf += f.SelfMicros
			n.passedTotal += f.TotalMicros
			n.passedCalls += f.Calls
			n.ranPassed++
			n.addCallers(f)
			n.addBaseline(phases, f)
			if f.EndedClose > 0 {
				count(&n.atLimit, o)
			}
			n.addLimit(o.Summary.MemoryLimitBytes, b.median, f)
		}
	}
}

func (n *nameEvidence) add(f *Activity) {
	n.calls += f.Calls
	n.total += f.TotalMicros
	n.self += f.SelfMicros
	n.write += f.WriteMicros
	n.exclusive += f.ExclusiveMicros
	n.gc.Minor += f.GC.Minor
	n.gc.Major += f.GC.Major
	n.gc.MinorPauseMicros += f.GC.MinorPauseMicros
	n.gc.MajorPauseMicros += f.GC.MajorPauseMicros
	n.gc.Events += f.GC.Events
	n.gc.SharedPauseMicros += f.GC.SharedPauseMicros
	n.copied += f.GC.SharedPauseMicros - f.GC.SharedMajorMicros
	n.targets = append(n.targets, f.Targets...)
}

// addCallers adds who called the function in a build that passed.
func (n *nameEvidence) addCallers(f *Activity) {
	n.calledByOthers += f.CalledByOthers
	for _, c := range f.Callers {
		if n.callers == nil {
			n.callers = map[string]int{}
		}
		n.callers[c.Name] += c.Calls
	}
}

// addEnd adds what was seen of the name at the end of a crashed build. over
// says that the build was past its last Starlark call by then, so that nothing
// was active.
func (n *nameEvidence) addEnd(f *Activity, over bool) {
	n.endedClose += f.EndedClose
	n.endedMedium += f.EndedMedium
	n.endedFar += f.EndedFar
	if over {
		return
	}
	if f.LastOnThread > 0 {
		n.lastAtCrash++
	}
	if f.EndedClose > 0 {
		n.activeAtCrash++
	}
}

// executing reports whether the build had gone on to other work when it ended:
// a phase that began, or an action that ran, well after the last Starlark.
func executing(t *TraceFacts) bool {
	last := t.LastStarlarkMicros
	return t.LastPhaseStart > last || t.LastWorkMicros-last > mediumMicros
}

func addSamples(s *Samples, places map[placeKey]*placeEvidence, kind func(*placeEvidence) **sampled) int64 {
	if s == nil {
		return 0
	}
	for _, f := range s.Functions {
		key := placeKey{f.Name, f.File}
		p := places[key]
		if p == nil {
			p = &placeEvidence{placeKey: key}
			places[key] = p
		}
		at := kind(p)
		if *at == nil {
			*at = &sampled{lines: map[int]int64{}}
		}
		(*at).flat += f.Flat
		(*at).cum += f.Cum
		for _, l := range f.Lines {
			(*at).lines[l.Line] += l.Flat
		}
	}
	return s.Total
}
