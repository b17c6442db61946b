// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/internal/bazel/trace"
)

// Phases. Who is active at a crash can only be compared with who is active in
// the same phase of a build that passed: no rule implementation runs while
// packages are loaded, and no macro later. So each function's own time is
// split among the build's phases, and so are the collections, which the same
// holds for. A phase counts from the first Starlark call to the last one only:
// before and after, nobody is under suspicion.

// gcBins is the number of stretches in which collections are counted to see
// whether they cluster.
const gcBins = 40

// byPhase splits own time and collections among the phases.
func (c *traceCollector) byPhase(blamed []trace.Pause) {
	t := &c.facts
	latest, any := c.ended.Latest()
	if !any {
		return
	}
	whole := trace.Span{Start: c.first, End: latest}
	t.GC.Dispersion = dispersion(whole, blamed)
	t.GC.Utilisation, t.GC.ThrashingMicros = pressure(whole, blamed)
	cuts := c.cut(whole)
	all := make([]PhaseFacts, len(cuts))
	for i, p := range cuts {
		all[i] = PhaseFacts{Name: p.Name}
		for _, k := range blamed {
			all[i].Collections += float64(p.Span.Common(k.Span)) / float64(k.End-k.Start)
		}
	}
	for f := range c.functions {
		c.split(&c.functions[f], c.running[f], cuts, all)
	}
	for _, p := range all {
		if p.SelfMicros > 0 {
			t.Phases = append(t.Phases, p)
		}
	}
	if n := len(cuts); n > 0 {
		t.StarlarkPhase = cuts[n-1].Name
	}
}

// cut divides the whole among the phases; what lies in none has an empty name.
// Phases of one name stay apart here and are added up later.
func (c *traceCollector) cut(whole trace.Span) []trace.Phase {
	var cuts []trace.Phase
	at := whole.Start
	until := func(end int64, name string) {
		if end > at {
			cuts = append(cuts, trace.Phase{Name: name, Span: trace.Span{Start: at, End: end}})
			at = end
		}
	}
	for _, p := range c.phases {
		until(min(p.Start, whole.End), "")
		until(min(p.End, whole.End), p.Name)
	}
	until(whole.End, "")
	return cuts
}

// split divides one function's own time. Where it ran on several threads at
// once, the spans hold the time once and SelfMicros twice: the parts are
// scaled to sum to SelfMicros.
func (c *traceCollector) split(f *Activity, running spans, cuts []trace.Phase, all []PhaseFacts) {
	if f.ExclusiveMicros <= 0 {
		return
	}
	for i, p := range cuts {
		wall := running.overlap(p.Span)
		if wall == 0 {
			continue
		}
		self := int64(float64(f.SelfMicros) * float64(wall) / float64(f.ExclusiveMicros))
		all[i].SelfMicros += self
		f.Phases = append(f.Phases, PhaseTime{p.Name, self})
		f.RestEvents += all[i].Collections
		f.RestMicros += float64(p.End - p.Start)
	}
	f.RestEvents = max(0, f.RestEvents-f.GC.Events)
	f.RestMicros = max(0, f.RestMicros-float64(f.ExclusiveMicros))
}

// dispersion counts collections in equal stretches of the whole.
func dispersion(whole trace.Span, blamed []trace.Pause) float64 {
	length := whole.End - whole.Start
	if length < gcBins {
		return 1
	}
	counts := make([]float64, gcBins)
	for _, k := range blamed {
		if k.Start >= whole.Start && k.Start < whole.End {
			counts[(k.Start-whole.Start)*gcBins/length]++
		}
	}
	return stats.Dispersion(counts)
}
