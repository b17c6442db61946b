package attribution

import "example.invalid/starlark-memls/attribution/stats"

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
func (c *traceCollector) byPhase(blamed []collection) {
	t := &c.facts
	if !c.window.any {
		return
	}
	whole := span{c.first, c.window.latest}
	t.GC.Dispersion = dispersion(whole, blamed)
	t.GC.Utilisation, t.GC.ThrashingMicros = pressure(whole, blamed)
	cuts := c.cut(whole)
	all := make([]PhaseFacts, len(cuts))
	for i, p := range cuts {
		all[i] = PhaseFacts{Name: p.name, Micros: p.end - p.start}
		for _, k := range blamed {
			all[i].Collections += float64(common(p.span, k.span)) / float64(k.end-k.start)
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
		t.StarlarkPhase = cuts[n-1].name
	}
}

// A namedSpan is a phase's part of the time under suspicion.
type namedSpan struct {
	name string
	span
}

// cut divides the whole among the phases; what comes before the first one has
// an empty name. Phases of one name stay apart here and are added up later.
func (c *traceCollector) cut(whole span) []namedSpan {
	cuts := []namedSpan{{"", whole}}
	for _, p := range c.phases {
		last := &cuts[len(cuts)-1]
		switch {
		case p.micros >= whole.end:
		case p.micros <= last.start:
			last.name = p.name
		default:
			last.end = p.micros
			cuts = append(cuts, namedSpan{p.name, span{p.micros, whole.end}})
		}
	}
	return cuts
}

// split divides one function's own time. Where it ran on several threads at
// once, the spans hold the time once and SelfMicros twice: the parts are
// scaled to sum to SelfMicros.
func (c *traceCollector) split(f *Activity, running spans, cuts []namedSpan, all []PhaseFacts) {
	if f.ExclusiveMicros <= 0 {
		return
	}
	for i, p := range cuts {
		wall := running.overlap(p.span)
		if wall == 0 {
			continue
		}
		self := int64(float64(f.SelfMicros) * float64(wall) / float64(f.ExclusiveMicros))
		all[i].SelfMicros += self
		f.Phases = append(f.Phases, PhaseTime{p.name, self})
		f.RestEvents += all[i].Collections
		f.RestMicros += float64(p.end - p.start)
	}
	f.RestEvents = max(0, f.RestEvents-f.GC.Events)
	f.RestMicros = max(0, f.RestMicros-float64(f.ExclusiveMicros))
}

// dispersion counts collections in equal stretches of the whole.
func dispersion(whole span, blamed []collection) float64 {
	length := whole.end - whole.start
	if length < gcBins {
		return 1
	}
	counts := make([]float64, gcBins)
	for _, k := range blamed {
		if k.start >= whole.start && k.start < whole.end {
			counts[(k.start-whole.start)*gcBins/length]++
		}
	}
	return stats.Dispersion(counts)
}

func common(a, b span) int64 { return max(0, min(a.end, b.end)-max(a.start, b.start)) }
