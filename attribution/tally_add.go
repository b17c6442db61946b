package attribution

import (
	"cmp"
	"math"
	"slices"

	"example.invalid/starlark-memls/attribution/observe"
)

// An adder adds observations to a tally that nobody else has seen yet. Its
// maps and lists are the tally's own; what hangs in them is shared with the
// tally before and copied when it is first touched.
type adder struct {
	*tally
	names     map[*nameTally]bool // copied
	places    map[*placeEvidence]bool
	copied    bool // tally.places
	skyCopied bool
}

// name is a name's tally, to be written to.
func (a *adder) name(name string) *nameTally {
	old := a.tally.names[name]
	if a.names[old] {
		return old
	}
	n := &nameTally{name: name}
	if old != nil {
		*n = *old
		n.baseline, n.limits, n.callers = slices.Clone(old.baseline), slices.Clone(old.limits), slices.Clone(old.callers)
		n.beside = slices.Clone(old.beside)
		n.ends = slices.Clip(old.ends)
	}
	a.tally.names[name] = n
	a.names[n] = true
	return n
}

func (a *adder) addTrace(o *observe.Observation) {
	t := o.Trace
	if t == nil {
		return
	}
	a.profiles++
	for _, k := range t.Blind {
		a.blind[k]++
	}
	a.packages.add(t.Packages)
	a.repositories.add(t.Repositories)
	crashed := o.Crashed()
	switch {
	case crashed:
		a.crashedSelf += t.SelfMicros
		a.crashedMajor += t.GC.MajorPauseMicros
	case o.Passed():
		a.passed++
		a.passedSelf += t.SelfMicros
		a.passedMinor += t.GC.MinorPauseMicros
	}
	a.self += t.SelfMicros
	a.minorPause += t.GC.MinorPauseMicros
	over := executing(t) || ended(o)
	end := -1
	var phases []phaseStrata
	if crashed {
		if end = a.addCrashEnd(o, over); end >= 0 {
			count(a.endsAt, o)
		}
	} else if o.Passed() {
		phases = a.addBaseline(o)
		count(a.endsAt, o)
	}
	for i := range t.Functions {
		f := &t.Functions[i]
		n := a.name(f.Name)
		n.add(f)
		n.rates.Add(f.GC.Events, float64(f.ExclusiveMicros), f.RestEvents, f.RestMicros, t.GC.Dispersion)
		n.addBeside(t.Restarting, f)
		a.write += f.WriteMicros
		switch {
		case crashed:
			n.addCrashed(f, o, end, over)
		case o.Passed():
			n.addPassed(f, o, phases)
		}
	}
}

func (n *nameTally) add(f *observe.Activity) {
	n.calls += f.Calls
	n.total += f.TotalMicros
	n.self += f.SelfMicros
	n.write += f.WriteMicros
	n.exclusive += f.ExclusiveMicros
	n.minor += f.GC.Minor
	n.major += f.GC.Major
	n.minorPause += f.GC.MinorPauseMicros
	n.majorPause += f.GC.MajorPauseMicros
	n.collections.Add(f.GC.Events)
	n.shared.Add(f.GC.SharedPauseMicros - f.GC.SharedMajorMicros)
	n.targets = union(n.targets, f.Targets)
	n.kinds = withKinds(n.kinds, f.Kinds)
}

// addCrashed adds what was seen of the name in a crashed build. end is the
// number of the crash, if anything was active at it; over says that the build
// was past its last Starlark call by then, so that nothing was.
func (n *nameTally) addCrashed(f *observe.Activity, o *observe.Observation, end int, over bool) {
	n.crashedSelf += f.SelfMicros
	n.sharedMajor.Add(f.GC.SharedMajorMicros)
	n.ranCrashed++
	n.endedClose += f.EndedClose
	n.endedMedium += f.EndedMedium
	n.endedFar += f.EndedFar
	if !over && f.LastOnThread > 0 {
		n.lastAtCrash++
	}
	if !over && f.EndedClose > 0 {
		n.activeAtCrash++
	}
	if end >= 0 && f.EndedClose > 0 {
		n.ends = append(n.ends, end)
		if at := n.limit(o); at != nil {
			at.active.crashed++
		}
	}
}

// addPassed adds what was seen of the name in a build that passed.
func (n *nameTally) addPassed(f *observe.Activity, o *observe.Observation, phases []phaseStrata) {
	n.passedSelf += f.SelfMicros
	n.passedShared.Add(f.GC.SharedPauseMicros - f.GC.SharedMajorMicros)
	n.passedCalls += f.Calls
	n.ranPassed++
	n.calledByOthers += f.CalledByOthers
	for _, c := range f.Callers {
		i, ok := slices.BinarySearchFunc(n.callers, c.Name, func(k observe.Caller, name string) int { return cmp.Compare(k.Name, name) })
		if !ok {
			n.callers = slices.Insert(n.callers, i, observe.Caller{Name: c.Name})
		}
		n.callers[i].Calls += c.Calls
	}
	n.passedKinds = withKinds(n.passedKinds, f.Kinds)
	n.addBaseline(phases, f)
	at := n.limit(o)
	if at == nil {
		return
	}
	if f.EndedClose > 0 {
		at.active.passed++
	}
	at.calls.Add(int64(f.Calls), 1)
	at.own.Add(float64(f.SelfMicros))
	n.growth.add(at.limit, f)
}

// limit is the name's tally for the build's limit, nil where that is not known.
func (n *nameTally) limit(o *observe.Observation) *limitTally {
	limit := o.Summary.MemoryLimitBytes
	if limit <= 0 {
		return nil
	}
	i, ok := slices.BinarySearchFunc(n.limits, limit, func(t limitTally, limit int64) int { return cmp.Compare(t.limit, limit) })
	if !ok {
		n.limits = slices.Insert(n.limits, i, limitTally{limit: limit})
	}
	return &n.limits[i]
}

// executing reports whether the build had gone on to other work when it ended:
// a phase that began, or an action that ran, well after the last Starlark.
func executing(t *observe.TraceFacts) bool {
	last := t.LastStarlarkMicros
	return t.LastPhaseStart > last || t.LastWorkMicros-last > observe.MediumMicros
}

func (a *adder) addSamples(o *observe.Observation) {
	a.hasCPU = a.hasCPU || o.CPU != nil
	a.hasAlloc = a.hasAlloc || o.Allocation != nil
	if o.Retained != nil {
		a.hasHeld = true
		a.dumps++
	}
	if o.CPU == nil && o.Allocation == nil {
		return
	}
	if !a.copied {
		a.copied = true
		a.tally.places = cloned(a.tally.places)
	}
	limit := o.Summary.MemoryLimitBytes
	a.cpu += a.addSampled(o.CPU, limit, func(p *placeEvidence) **sampled { return &p.cpu })
	a.allocated += a.addSampled(o.Allocation, limit, func(p *placeEvidence) **sampled { return &p.allocated })
}

func (a *adder) addSampled(s *observe.Samples, limit int64, kind func(*placeEvidence) **sampled) int64 {
	if s == nil {
		return 0
	}
	for _, f := range s.Functions {
		at := kind(a.place(placeKey{f.Name, f.File}))
		if *at == nil {
			*at = &sampled{lines: map[int]int64{}}
		}
		(*at).flat += f.Flat
		if limit > 0 {
			addLogarithm(&(*at).growth, math.Log2(float64(limit)), float64(f.Flat))
		}
		(*at).cum += f.Cum
		for _, l := range f.Lines {
			(*at).lines[l.Line] += l.Flat
		}
	}
	return s.Total
}

// place is what samples show of a place, to be written to.
func (a *adder) place(key placeKey) *placeEvidence {
	old := a.tally.places[key]
	if a.places[old] {
		return old
	}
	p := &placeEvidence{placeKey: key}
	if old != nil {
		p.cpu, p.allocated = old.cpu.clone(), old.allocated.clone()
	}
	a.tally.places[key] = p
	a.places[p] = true
	return p
}

func (s *sampled) clone() *sampled {
	if s == nil {
		return nil
	}
	return &sampled{s.flat, s.cum, cloned(s.lines), s.growth}
}

// addEvaluations adds what a build that passed counted by SkyFunction.
func (a *adder) addEvaluations(o *observe.Observation) {
	if !o.Passed() || len(o.Evaluations) == 0 {
		return
	}
	if !a.skyCopied {
		a.skyCopied = true
		a.sky = cloned(a.sky)
	}
	for _, e := range o.Evaluations {
		t := a.sky[e.Function] // a copy
		t.builds++
		t.sum.Add(e)
		t.limits = slices.Clone(t.limits)
		i, ok := slices.BinarySearchFunc(t.limits, o.Summary.MemoryLimitBytes, func(l skyLimit, limit int64) int { return cmp.Compare(l.limit, limit) })
		if !ok {
			t.limits = slices.Insert(t.limits, i, skyLimit{limit: o.Summary.MemoryLimitBytes})
		}
		t.limits[i].restarts.Add(e.Restarts(), e.Built)
		a.sky[e.Function] = t
	}
}

// addConfigured adds the rule classes and aspects of a build.
func (a *adder) addConfigured(o *observe.Observation) {
	if o.Trace == nil || o.Trace.StarlarkCalls == 0 {
		return
	}
	a.partial = a.partial || !o.ConfiguredComplete
	a.classes = union(a.classes, o.RuleClasses)
	for _, aspect := range o.Aspects {
		a.classes = union(a.classes, []string{aspectName(aspect)})
	}
}

// union is a sorted list with more in it; the list itself is not written to.
func union(sorted, more []string) []string {
	own := false
	for _, m := range more {
		i, ok := slices.BinarySearch(sorted, m)
		if ok {
			continue
		}
		if !own {
			sorted, own = slices.Clone(sorted), true
		}
		sorted = slices.Insert(sorted, i, m)
	}
	return sorted
}
