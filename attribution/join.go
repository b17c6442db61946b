package attribution

import (
	"path"
	"slices"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/starlark"
)

// A joiner ties the evidence of a body to the definitions of one snapshot.
type joiner struct {
	observed *aggregate.Statistics
	ws       *starlark.Workspace // may be nil
	// was holds the anchors of the first report, nil while it is made; now
	// collects this report's.
	was, now *anchors
	// edited reports whether a source was written after the measurements.
	// It is asked while anchors are made, and remembered by them.
	edited   func(path string) bool
	subjects subjects
	known    knowledge
	// witnesses are the calls that ended with crashes, by name.
	witnesses map[string][]witness
	packages  map[string]map[string]bool // see runBy
	callers   map[[2]string]*callers     // by caller and called
	crashes   []Crash
	byName    map[string]*subject
	// instantiations are what queries say of targets, by label.
	instantiations map[string]*console.Instantiation
	ruleBytes      int64 // of all rules, see rules.go
	stacked        int   // crashes with a stack that names a user's function
	graded         []int
}

// join makes the report. With anchors of an earlier one, evidence follows
// them; without, they are made.
func join(b *aggregate.Statistics, ws *starlark.Workspace, was *anchors, edited func(string) bool) *Report {
	j := &joiner{
		observed: b, ws: ws, was: was, edited: edited,
		now:    &anchors{names: map[string]resolution{}, places: map[printedPlace]sourcePlace{}, made: map[printedPlace]string{}},
		byName: map[string]*subject{},
	}
	j.crashStacks()
	j.samples()
	j.held()
	j.learn()
	j.names()
	j.activity()
	rules := j.rules()
	suspects := j.suspects()
	r := &Report{
		Measurements: b.Summaries,
		Suspects:     suspects,
		Surer:        j.surer(suspects),
		Crashes:      j.crashes,
		Rules:        rules,
		Held:         j.heldLines(),
		Restarted:    b.RestartedPackages(),
		Refetched:    b.RestartedRepositories(),
		Reevaluated:  b.Reevaluated(),
		Concurrent:   b.Concurrent[:min(len(b.Concurrent), aggregate.KeptConcurrent)],
		Warnings:     b.ReportWarnings(),
		Workspace:    ws,
		observed:     b,
		anchors:      j.now,
	}
	if was != nil {
		r.anchors = was
	}
	j.infer(r)
	return r
}

// place locates a printed place, by its anchor where there is one.
func (j *joiner) place(at printedPlace) sourcePlace {
	if p, done := j.now.places[at]; done {
		return p
	}
	var p sourcePlace
	if j.was != nil {
		if was, anchored := j.was.places[at]; anchored && was.definition != nil {
			p = followPlace(j.ws, was)
		} else {
			p = locate(j.ws, at)
		}
	} else {
		p = locate(j.ws, at)
		p.stale = p.stale || p.definition != nil && j.edited(p.definition.File)
	}
	j.now.places[at] = p
	return p
}

// crashStacks makes the crashes and counts their frames.
func (j *joiner) crashStacks() {
	for i, c := range j.observed.Crashes {
		j.crashes = append(j.crashes, j.crash(c))
		crash := &j.crashes[i]
		before := len(crash.Threads)
		if !crash.Death.Accuses(crash.Cause) {
			continue // a stack is where it was met, not why
		}
		j.subjects.addStacks(i, crash, func(f Frame) *subject {
			if f.gone {
				return nil
			}
			s := j.subjects.of(f.Function, f.Definition, f.File)
			s.stale = s.stale || f.Stale
			return s
		})
		if before > 0 && namesUser(crash) {
			if namesKnown(crash) {
				j.stacked++
			}
			j.addLeft(i, crash)
		} else if !crash.Death.Ended {
			j.graded = append(j.graded, i)
			j.subjects.addNamed(j.ws, i, crash)
			j.addInstantiated(i, crash)
			j.subjects.addLoading(j.ws, i, c.Facts)
		}
	}
}

// namesUser reports whether a stack of the crash has a function of the user's.
func namesUser(c *Crash) bool {
	return slices.ContainsFunc(c.Threads, func(t Thread) bool {
		return slices.ContainsFunc(t.Frames, func(f Frame) bool { return !observe.IsBuiltin(f.File) })
	})
}

// namesKnown reports whether one of these functions is in the sources still, or
// never was: where all were renamed or deleted since, the stack tells nothing of
// the functions that are there now, not even that they were not on it.
func namesKnown(c *Crash) bool {
	return slices.ContainsFunc(c.Threads, func(t Thread) bool {
		return slices.ContainsFunc(t.Frames, func(f Frame) bool { return !observe.IsBuiltin(f.File) && !f.gone })
	})
}

// samples ties pprof samples to definitions, line by line: a file may
// hold several functions of one name, lambdas above all.
func (j *joiner) samples() {
	for i := range j.observed.Places {
		p := j.observed.Places[i]
		if observe.IsBuiltin(p.File) {
			continue
		}
		j.sample(p.PlaceKey, p.CPU, func(s *subject) **aggregate.Sampled { return &s.cpu })
		j.sample(p.PlaceKey, p.Allocated, func(s *subject) **aggregate.Sampled { return &s.allocated })
	}
}

func (j *joiner) sample(key aggregate.PlaceKey, v *aggregate.Sampled, kind func(*subject) **aggregate.Sampled) {
	if v == nil {
		return
	}
	lines := make([]int, 0, len(v.Lines))
	for line := range v.Lines {
		lines = append(lines, line)
	}
	slices.Sort(lines)
	if len(lines) == 0 {
		lines = []int{0}
	}
	touched := map[*subject]int64{}
	for _, line := range lines {
		at := j.place(printedPlace{key.Name, key.File, line})
		if at.gone {
			continue
		}
		s := j.subjects.of(key.Name, at.definition, key.File)
		s.stale = s.stale || at.stale
		to := kind(s)
		if *to == nil {
			*to = &aggregate.Sampled{Lines: map[int]int64{}}
		}
		flat := v.Lines[line]
		(*to).Flat += flat
		touched[s] += flat
		if where := max(at.line, 0); where > 0 {
			(*to).Lines[where] += flat
		} else if line > 0 {
			(*to).Lines[line] += flat
		}
	}
	// Cumulative values are known of the whole function only. Where the
	// name stands for several definitions each keeps its own flat value.
	for s, flat := range touched {
		if len(touched) == 1 {
			flat = v.Cum
		}
		(*kind(s)).Cum += flat
		if len(touched) == 1 {
			(*kind(s)).Growth.Join(v.Growth)
		}
	}
}

// learn collects what narrows bare names.
func (j *joiner) learn() {
	k := &j.known
	k.targets = map[string][]string{}
	k.placed = map[string]map[subjectKey]bool{}
	for i := range j.observed.Names {
		if n := &j.observed.Names[i]; len(n.Targets) > 0 {
			k.targets[n.Name] = n.Targets
		}
	}
	for _, s := range j.subjects.list {
		if s.definition == nil || len(s.stacked) == 0 && s.cpu == nil && s.allocated == nil && !s.holds() {
			continue
		}
		if k.placed[s.name] == nil {
			k.placed[s.name] = map[subjectKey]bool{}
		}
		k.placed[s.name][definitionKey(s.definition)] = true
	}
	k.configured = j.observed.Configured()
	if j.ws != nil && j.was == nil { // afterwards names have their anchors
		k.unread = map[string]bool{}
		for _, problem := range j.ws.Problems() {
			k.unread[path.Dir(problem.Path)] = true
		}
	}
	j.witnesses = j.testimony()
}

// names ties the trace's evidence to definitions.
func (j *joiner) names() {
	for i := range j.observed.Names {
		n := &j.observed.Names[i]
		r := j.resolve(n.Name)
		j.now.names[n.Name] = r
		if r.gone {
			continue
		}
		s := j.subjects.of(n.Name, r.definition, "")
		s.candidates, s.posterior, s.shares, s.unseen = r.candidates, r.posterior, r.shares, r.unseen
		s.resolved = r.why
		s.stale = s.stale || r.stale
		s.trace = n
		j.byName[n.Name] = s
	}
}

func (j *joiner) resolve(name string) resolution {
	if j.ws == nil {
		return resolution{}
	}
	if j.was != nil {
		if was := j.was.names[name]; was.definition != nil || len(was.candidates) > 0 {
			return followName(j.ws, was)
		}
	}
	r := j.openTo(name, j.weighed(name, j.known.narrow(j.ws, name)))
	if j.was == nil && r.definition != nil {
		r.stale = j.edited(r.definition.File)
	}
	return r
}

// activity grades who was active at the crashes that left no stack.
func (j *joiner) activity() {
	elsewhere := &subject{} // takes what is known of functions that are gone
	of := func(name string) *subject {
		if s := j.byName[name]; s != nil {
			return s
		}
		return elsewhere
	}
	at := func(c observe.EndedCall) *subject {
		if c.Name == observe.Toplevel {
			if d := toplevelOf(j.ws, c); d != nil {
				return j.subjects.of(c.Name, d, "")
			}
		}
		return j.called(&c, of(c.Name), elsewhere)
	}
	for _, i := range j.graded {
		j.subjects.addActivity(i, j.observed, of, at)
	}
}
