// SPDX-License-Identifier: Apache-2.0

package join

import (
	"strings"

	"example.invalid/starlark-memls/starlark"
)

// Somebody who is not here. A profile tells a function's name and no file, and
// a workspace is seldom all that Bazel ran: of the repositories that it loads
// rules from, many are not on this machine. A name that every second rule set
// has may be theirs, though one function here is called so as well. How much of
// its calls may be is weighed by targets: those of rules that are loaded from
// files which are not here, times the chance that such a rule's function has
// this name, against those of the functions that are.

// commonNames are names that an implementation has in many rule sets, with
// about the part of rule sets that have it.
var commonNames = map[string]float64{
	"_impl": 0.4, "impl": 0.2, "_rule_impl": 0.1, "_aspect_impl": 0.2,
	"_implementation": 0.1, "implementation": 0.1,
}

// anyName is about the part of names, unique in their workspace, that another
// rule set has as well (2 % of 2,639 names in ten public ones). It counts only
// where the function that is here cannot have taken the time recorded.
const anyName = 0.02

// openFrom is the probability of somebody who is not here from which on nobody is
// named. The parts above are a guess that no corpus has been held against: the
// number orders, and is not shown.
const openFrom = 0.1

// openTo takes from the definitions of a name what may be somebody's who is not
// here. What a place or a label tells is not taken.
func (j *Joined) openTo(name string, r resolution) resolution {
	part, common := commonNames[name]
	list := r.candidates
	if r.definition != nil && len(r.posterior) == 0 {
		list = []*starlark.Definition{r.definition}
	}
	if len(list) == 0 && len(r.posterior) == 0 || len(j.known.placed[name]) > 0 || len(j.known.targets[name]) > 0 {
		return r
	}
	foreign := 0.0
	switch {
	case common:
		foreign = part * float64(j.Workspace.UnreadTargets(maxInstances)+j.strangers())
	case len(list) == 1 && j.strangers() > 0 && j.keeping(list[0]).Idle():
		foreign = anyName * float64(j.strangers())
	}
	if foreign == 0 {
		return r
	}
	if len(r.posterior) == 0 {
		if len(list) > 1 {
			return r // too many to weigh
		}
		r.posterior = []Candidate{{list[0], 1}}
	}
	all := make([]*starlark.Definition, len(r.posterior))
	for i, c := range r.posterior {
		all[i] = c.Definition
	}
	here := 0.0
	for i, n := range j.frequencies(all) {
		if j.keeping(all[i]).Idle() {
			n *= misfit // what is recorded took 50 ms
		}
		here += n
	}
	r.unseen = foreign / (foreign + here)
	posterior := make([]Candidate, len(r.posterior))
	for i, c := range r.posterior {
		posterior[i] = Candidate{c.Definition, c.Probability * (1 - r.unseen)}
	}
	r.posterior = posterior
	if posterior[0].Probability <= namedFrom || r.unseen > openFrom {
		r.definition, r.candidates = nil, all
	}
	return r
}

// strangers counts the implementations in the profiles that are not here. Each
// was run for one target at least.
func (j *Joined) strangers() int {
	if j.strange != nil {
		return *j.strange
	}
	n := 0
	j.strange = &n
	for i := range j.Observed.Names {
		if name := j.Observed.Names[i].Name; strings.HasSuffix(name, "_impl") && len(j.Workspace.Named(name))+len(j.Workspace.NamedAbroad(name)) == 0 {
			n++
		}
	}
	return n
}
