// SPDX-License-Identifier: Apache-2.0

package join

import (
	"path"
	"slices"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/starlark"
)

// Joined is what observations show, tied to the definitions of one snapshot.
type Joined struct {
	Observed  *aggregate.Statistics
	Workspace *starlark.Workspace // may be nil
	// was is what names and places were resolved to for the first report, nil while that is made; now
	// collects this report's.
	was, now *Resolutions
	// edited reports whether a source was written after the measurements.
	// It is asked while they are resolved, and remembered with them.
	edited   func(path string) bool
	Subjects Subjects
	known    knowledge
	// lastCalls are the calls that ended with crashes, by name.
	lastCalls map[string][]lastCall
	packages  map[string]map[string]bool // see runBy
	callers   map[[2]string]*callers     // by caller and called
	// unnameable are the names of functions that a file cannot name.
	unnameable map[[2]string]bool
	keepings   map[SubjectKey]*starlark.Keeping
	strange    *int // see strangers; nil: not counted yet
	Crashes    []Crash
	byName     map[string]*Subject
	// instantiations are what queries say of targets, by label.
	instantiations map[string]*console.Instantiation
	Rules          []RuleMemory
	Lines          []HeldLine // that hold the heap of the newest dump
	RuleBytes      int64      // of all rules
	Stacked        int        // crashes with a stack that names a user's function
	Graded         []int
}

// New ties what observations show to the definitions of a snapshot. With what an
// earlier report resolved, evidence follows that; without, it is resolved now, and
// edited is asked whether a source was written after the measurements.
func New(b *aggregate.Statistics, ws *starlark.Workspace, was *Resolutions, edited func(string) bool) *Joined {
	j := &Joined{
		Observed: b, Workspace: ws, was: was, edited: edited,
		now:    &Resolutions{names: map[string]resolution{}, places: map[printedPlace]sourcePlace{}, made: map[printedPlace]string{}},
		byName: map[string]*Subject{},
	}
	j.crashStacks()
	j.samples()
	j.held()
	j.learn()
	j.names()
	j.activity()
	j.Rules = j.sumRules()
	j.Lines = j.heldLines()
	return j
}

// Resolutions are what the next snapshot's join follows.
func (j *Joined) Anchors() *Resolutions {
	if j.was != nil {
		return j.was
	}
	return j.now
}

// place locates a printed place, by what it was resolved to where it was.
func (j *Joined) place(at printedPlace) sourcePlace {
	if p, done := j.now.places[at]; done {
		return p
	}
	var p sourcePlace
	if j.was != nil {
		if was, anchored := j.was.places[at]; anchored && was.definition != nil {
			p = followPlace(j.Workspace, was)
		} else {
			p = locate(j.Workspace, at)
		}
	} else {
		p = locate(j.Workspace, at)
		p.stale = p.stale || p.definition != nil && j.edited(p.definition.File)
	}
	j.now.places[at] = p
	return p
}

// crashStacks makes the crashes and counts their frames.
func (j *Joined) crashStacks() {
	for i, c := range j.Observed.Crashes {
		j.Crashes = append(j.Crashes, j.crash(c))
		crash := &j.Crashes[i]
		before := len(crash.Threads)
		if !crash.Death.Accuses(crash.Cause) {
			continue // a stack is where it was met, not why
		}
		j.Subjects.addStacks(i, crash, func(f Frame) *Subject {
			if f.gone {
				return nil
			}
			s := j.Subjects.of(f.Function, f.Definition, f.File)
			s.Stale = s.Stale || f.Stale
			return s
		})
		if before > 0 && namesUser(crash) {
			if namesKnown(crash) {
				j.Stacked++
			}
			j.addLeft(i, crash)
		} else if !crash.Death.Ended {
			j.Graded = append(j.Graded, i)
			j.Subjects.addNamed(j.Workspace, i, crash)
			j.addInstantiated(i, crash)
			j.Subjects.addLoading(j.Workspace, i, c.Facts)
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
func (j *Joined) samples() {
	for i := range j.Observed.Places {
		p := j.Observed.Places[i]
		if observe.IsBuiltin(p.File) {
			continue
		}
		j.sample(p.PlaceKey, p.CPU, func(s *Subject) **aggregate.Sampled { return &s.CPU })
		j.sample(p.PlaceKey, p.Allocated, func(s *Subject) **aggregate.Sampled { return &s.Allocated })
	}
}

func (j *Joined) sample(key aggregate.PlaceKey, v *aggregate.Sampled, kind func(*Subject) **aggregate.Sampled) {
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
	touched := map[*Subject]int64{}
	for _, line := range lines {
		at := j.place(printedPlace{key.Name, key.File, line})
		if at.gone {
			continue
		}
		s := j.Subjects.of(key.Name, at.definition, key.File)
		s.Stale = s.Stale || at.stale
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
func (j *Joined) learn() {
	k := &j.known
	k.targets = map[string][]string{}
	k.placed = map[string]map[SubjectKey]bool{}
	for i := range j.Observed.Names {
		if n := &j.Observed.Names[i]; len(n.Targets) > 0 {
			k.targets[n.Name] = n.Targets
		}
	}
	for _, s := range j.Subjects.List {
		if s.Definition == nil || len(s.Stacked) == 0 && s.CPU == nil && s.Allocated == nil && !s.Holds() {
			continue
		}
		if k.placed[s.Name] == nil {
			k.placed[s.Name] = map[SubjectKey]bool{}
		}
		k.placed[s.Name][DefinitionKey(s.Definition)] = true
	}
	k.configured = j.Observed.Configured()
	if j.Workspace != nil && j.was == nil { // afterwards names have been resolved
		k.unread = map[string]bool{}
		for _, problem := range j.Workspace.Problems() {
			k.unread[path.Dir(problem.Path)] = true
		}
	}
	j.lastCalls = j.findLastCalls()
}

// names ties the trace's evidence to definitions.
func (j *Joined) names() {
	for i := range j.Observed.Names {
		n := &j.Observed.Names[i]
		r := j.resolve(n.Name)
		j.now.names[n.Name] = r
		if r.gone {
			continue
		}
		s := j.Subjects.of(n.Name, r.definition, "")
		s.Candidates, s.Posterior, s.shares, s.Unseen = r.candidates, r.posterior, r.shares, r.unseen
		s.Resolved = r.why
		s.Stale = s.Stale || r.stale
		s.Trace = n
		j.pausesOf(s, n)
		j.byName[n.Name] = s
	}
}

func (j *Joined) resolve(name string) resolution {
	if j.Workspace == nil {
		return resolution{}
	}
	if j.was != nil {
		if was := j.was.names[name]; was.definition != nil || len(was.candidates) > 0 {
			return followName(j.Workspace, was)
		}
	}
	r := j.openTo(name, j.weighed(name, j.known.narrow(j.Workspace, name)))
	if j.was == nil && r.definition != nil {
		r.stale = j.edited(r.definition.File)
	}
	return r
}

// activity grades who was active at the crashes that left no stack.
func (j *Joined) activity() {
	elsewhere := &Subject{} // takes what is known of functions that are gone
	of := func(name string) *Subject {
		if s := j.byName[name]; s != nil {
			return s
		}
		return elsewhere
	}
	at := func(c observe.EndedCall) *Subject {
		if c.Name == observe.Toplevel {
			if d := toplevelOf(j.Workspace, c); d != nil {
				return j.Subjects.of(c.Name, d, "")
			}
		}
		return j.called(&c, of(c.Name), elsewhere)
	}
	for _, i := range j.Graded {
		j.Subjects.addActivity(i, j, of, at)
	}
}
