// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"cmp"
	"math"
	"slices"

	"example.invalid/starlark-memls/attribution/observe"
)

// A builder adds observations to totals that nobody else has seen yet. Its
// maps and lists are their own; what hangs in them is shared with the
// totals before and copied when it is first touched.
type builder struct {
	*Totals
	names     map[*NameTotals]bool // copied
	places    map[*PlaceSamples]bool
	copied    bool // Totals.places
	skyCopied bool
}

// name is what a name adds up to, to be written to.
func (a *builder) name(name string) *NameTotals {
	old := a.Totals.Names[name]
	if a.names[old] {
		return old
	}
	n := &NameTotals{Name: name}
	if old != nil {
		*n = *old
		n.baseline, n.limits, n.Callers = slices.Clone(old.baseline), slices.Clone(old.limits), slices.Clone(old.Callers)
		n.beside = slices.Clone(old.beside)
		n.ends = slices.Clip(old.ends)
	}
	a.Totals.Names[name] = n
	a.names[n] = true
	return n
}

func (a *builder) addTrace(o *observe.Observation) {
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
		a.CrashedSelf += t.SelfMicros
		a.CrashedMajor += t.GC.MajorPauseMicros
	case o.Passed():
		a.Passed++
		a.PassedSelf += t.SelfMicros
		a.passedMinor += t.GC.MinorPauseMicros
	}
	a.Self += t.SelfMicros
	a.minorPause += t.GC.MinorPauseMicros
	over := Executing(t) || ended(o)
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
		n.Rates.Add(f.GC.Events, float64(f.ExclusiveMicros), f.RestEvents, f.RestMicros, t.GC.Dispersion)
		n.addBeside(t.Restarting, f)
		a.Write += f.WriteMicros
		a.Recorded += f.Recorded.Total
		switch {
		case crashed:
			n.addCrashed(f, o, end, over)
		case o.Passed():
			n.addPassed(f, o, phases)
		}
	}
}

func (n *NameTotals) add(f *observe.Activity) {
	n.Calls += f.Calls
	n.Total += f.TotalMicros
	n.Self += f.SelfMicros
	n.Write += f.WriteMicros
	n.Exclusive += f.ExclusiveMicros
	n.Recorded.Join(f.Recorded)
	n.Minor += f.GC.Minor
	n.Major += f.GC.Major
	n.MinorPause += f.GC.MinorPauseMicros
	n.MajorPause += f.GC.MajorPauseMicros
	n.collections.Add(f.GC.Events)
	n.shared.Add(f.GC.SharedPauseMicros - f.GC.SharedMajorMicros)
	n.Targets = union(n.Targets, f.Targets)
	n.kinds = withKinds(n.kinds, f.Kinds)
}

// addCrashed adds what was seen of the name in a crashed build. end is the
// number of the crash, if anything was active at it; over says that the build
// was past its last Starlark call by then, so that nothing was.
func (n *NameTotals) addCrashed(f *observe.Activity, o *observe.Observation, end int, over bool) {
	n.CrashedSelf += f.SelfMicros
	n.sharedMajor.Add(f.GC.SharedMajorMicros)
	n.ranCrashed++
	n.EndedClose += f.EndedClose
	n.EndedMedium += f.EndedMedium
	n.EndedFar += f.EndedFar
	if !over && f.LastOnThread > 0 {
		n.LastAtCrash++
	}
	if !over && f.EndedClose > 0 {
		n.ActiveAtCrash++
	}
	if end >= 0 && f.EndedClose > 0 {
		n.ends = append(n.ends, end)
		if at := n.limit(o); at != nil {
			at.active.crashed++
		}
	}
}

// addPassed adds what was seen of the name in a build that passed.
func (n *NameTotals) addPassed(f *observe.Activity, o *observe.Observation, phases []phaseStrata) {
	n.PassedSelf += f.SelfMicros
	n.passedShared.Add(f.GC.SharedPauseMicros - f.GC.SharedMajorMicros)
	n.PassedCalls += f.Calls
	n.ranPassed++
	n.CalledByOthers += f.CalledByOthers
	for _, c := range f.Callers {
		i, ok := slices.BinarySearchFunc(n.Callers, c.Name, func(k observe.Caller, name string) int { return cmp.Compare(k.Name, name) })
		if !ok {
			n.Callers = slices.Insert(n.Callers, i, observe.Caller{Name: c.Name})
		}
		n.Callers[i].Calls += c.Calls
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
	n.Growth.add(at.limit, f)
}

// limit is what the name adds up to under the build's limit, nil where that is not known.
func (n *NameTotals) limit(o *observe.Observation) *limitTotals {
	limit := o.Summary.MemoryLimitBytes
	if limit <= 0 {
		return nil
	}
	i, ok := slices.BinarySearchFunc(n.limits, limit, func(t limitTotals, limit int64) int { return cmp.Compare(t.limit, limit) })
	if !ok {
		n.limits = slices.Insert(n.limits, i, limitTotals{limit: limit})
	}
	return &n.limits[i]
}

// Executing reports whether the build had gone on to other work when it ended:
// a phase that began, or an action that ran, well after the last Starlark.
func Executing(t *observe.TraceFacts) bool {
	last := t.LastStarlarkMicros
	return t.LastPhaseStart > last || t.LastWorkMicros-last > observe.MediumMicros
}

func (a *builder) addSamples(o *observe.Observation) {
	a.hasCPU = a.hasCPU || o.CPU != nil
	a.HasAlloc = a.HasAlloc || o.Allocation != nil
	if o.Retained != nil {
		a.HasHeld = true
		a.Dumps++
	}
	if o.CPU == nil && o.Allocation == nil {
		return
	}
	if !a.copied {
		a.copied = true
		a.Totals.places = cloned(a.Totals.places)
	}
	limit := o.Summary.MemoryLimitBytes
	a.CPU += a.addSampled(o.CPU, limit, func(p *PlaceSamples) **Sampled { return &p.CPU })
	a.Allocated += a.addSampled(o.Allocation, limit, func(p *PlaceSamples) **Sampled { return &p.Allocated })
}

func (a *builder) addSampled(s *observe.Samples, limit int64, kind func(*PlaceSamples) **Sampled) int64 {
	if s == nil {
		return 0
	}
	for _, f := range s.Functions {
		at := kind(a.place(PlaceKey{f.Name, f.File}))
		if *at == nil {
			*at = &Sampled{Lines: map[int]int64{}}
		}
		(*at).Flat += f.Flat
		if limit > 0 {
			AddLogarithm(&(*at).Growth, math.Log2(float64(limit)), float64(f.Flat))
		}
		(*at).Cum += f.Cum
		for _, l := range f.Lines {
			(*at).Lines[l.Line] += l.Flat
		}
	}
	return s.Total
}

// place is what samples show of a place, to be written to.
func (a *builder) place(key PlaceKey) *PlaceSamples {
	old := a.Totals.places[key]
	if a.places[old] {
		return old
	}
	p := &PlaceSamples{PlaceKey: key}
	if old != nil {
		p.CPU, p.Allocated = old.CPU.clone(), old.Allocated.clone()
	}
	a.Totals.places[key] = p
	a.places[p] = true
	return p
}

func (s *Sampled) clone() *Sampled {
	if s == nil {
		return nil
	}
	return &Sampled{s.Flat, s.Cum, cloned(s.Lines), s.Growth}
}

// addEvaluations adds what a build that passed counted by SkyFunction.
func (a *builder) addEvaluations(o *observe.Observation) {
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
func (a *builder) addConfigured(o *observe.Observation) {
	if o.Trace == nil || o.Trace.StarlarkCalls == 0 {
		return
	}
	a.partial = a.partial || !o.ConfiguredComplete
	a.Classes = union(a.Classes, o.RuleClasses)
	for _, aspect := range o.Aspects {
		a.Classes = union(a.Classes, []string{observe.AspectName(aspect)})
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
