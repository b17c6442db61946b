// SPDX-License-Identifier: Apache-2.0

package join

import (
	"maps"
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/starlark"
)

// Who keeps what was made. A stack of calls tells who was at work; which of them
// holds the memory, the sources tell better than the clock:
//
//   - A helper that several functions call hands on what it makes. Its caller
//     is asked for it, as it would be if the calls had been its own.
//   - A function that lets go of what the call gave that it was in (or of all
//     that it makes) holds the last bytes at most. Beside a thread whose
//     functions keep what they make it is the bystander.
//
// Like all that is inferred it is found once, when the report is made: an edit
// afterwards changes nothing about who ran.

// sharedBy is the number of calling functions from which on a helper hands on.
const sharedBy = 2

// handsOn reports whether functions of the name are helpers that several others
// call.
func (j *Joined) handsOn(name string) bool {
	if j.Workspace == nil || name == observe.Toplevel {
		return false
	}
	if j.was != nil {
		return j.was.handOn[name]
	}
	shared, known := j.now.handOn[name]
	if !known {
		shared = j.allShared(name)
		put(&j.now.handOn, name, shared)
	}
	return shared
}

func (j *Joined) allShared(name string) bool {
	all := filter(j.Workspace.Named(name), isCallable)
	if len(all) == 0 || len(all) > maxNamesakes {
		return false
	}
	for _, d := range all {
		if functions, _ := j.Workspace.Callers(d, sharedBy); d.Kind != starlark.Function || len(d.Uses) > 0 || functions < sharedBy {
			return false
		}
	}
	return true
}

// maxNamesakes bounds the functions of a name whose callers are counted.
const maxNamesakes = 8

// handOn tells of each call of a chain (innermost first) whether it handed on
// what it made; the outermost has nobody to hand it to, unless its caller is
// known to be open.
func (j *Joined) handOn(chain []observe.EndedCall, open bool) []bool {
	list := make([]bool, len(chain))
	for depth := range chain {
		list[depth] = (open || depth+1 < len(chain)) && j.handsOn(chain[depth].Name)
	}
	return list
}

// letsGo reports whether a function of the chain lets go of what the call gave
// that it was in.
func (j *Joined) letsGo(chain []observe.EndedCall, at func(observe.EndedCall) *Subject) bool {
	if j.Workspace == nil {
		return false
	}
	var key strings.Builder
	for i := range chain {
		k := callKeyOf(&chain[i])
		key.WriteString(k.name + "\x01" + k.caller + "\x01" + k.target + "\x01" + k.callees + "\x02")
	}
	if j.was != nil {
		return j.was.letGo[key.String()]
	}
	gone, known := j.now.letGo[key.String()]
	if !known {
		for depth := range chain {
			gone = gone || j.letsGoAt(chain, depth, at(chain[depth]).Definition)
		}
		put(&j.now.letGo, key.String(), gone)
	}
	return gone
}

func (j *Joined) letsGoAt(chain []observe.EndedCall, depth int, d *starlark.Definition) bool {
	if d == nil {
		return false
	}
	inside := chain[depth].Callees
	if depth > 0 {
		inside = []string{chain[depth-1].Name}
	}
	for _, callee := range inside {
		if !d.Calls(callee) {
			return false // the call is another's, or goes through a variable
		}
	}
	return j.keeping(d).LetsGo(inside)
}

// maxClimb bounds how many helpers above one another are passed.
const maxClimb = 4

// openAbove are the functions that may have been running above a helper of which
// a cut profile has the last call and not its caller's, which ended later: those
// that called it before, by the time of these calls.
func (j *Joined) openAbove(helper string) openCallers {
	if !j.handsOn(helper) {
		return nil
	}
	parts := map[string]float64{}
	j.climb(helper, 1, maxClimb, parts)
	var open openCallers
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		open = append(open, openCaller{name: name, part: parts[name]})
	}
	return open
}

func (j *Joined) climb(helper string, part float64, most int, parts map[string]float64) {
	sum := 0.0
	by := map[string]float64{}
	for _, k := range j.Observed.CallKinds(helper) {
		if k.Caller != "" && k.Caller != helper {
			by[k.Caller] += float64(k.SelfMicros + 1)
			sum += float64(k.SelfMicros + 1)
		}
	}
	for _, caller := range slices.Sorted(maps.Keys(by)) {
		share := part * by[caller] / sum
		switch {
		case most > 1 && j.handsOn(caller):
			j.climb(caller, share, most-1, parts)
		case j.dropsWhat(caller, helper):
			parts[caller] += share * weights.LetGo
		default:
			parts[caller] += share
		}
	}
}

// dropsWhat reports whether all functions of a name that call the helper let go
// of what it gives.
func (j *Joined) dropsWhat(caller, helper string) bool {
	if j.Workspace == nil {
		return false
	}
	key := caller + "\x03" + helper
	if j.was != nil {
		return j.was.letGo[key]
	}
	drops, known := j.now.letGo[key]
	if !known {
		calls := filter(j.Workspace.Named(caller), func(d *starlark.Definition) bool { return isCallable(d) && d.Calls(helper) })
		drops = len(calls) > 0 && !slices.ContainsFunc(calls, func(d *starlark.Definition) bool { return j.keeping(d).Keeps(helper) })
		put(&j.now.letGo, key, drops)
	}
	return drops
}

func (j *Joined) keeping(d *starlark.Definition) *starlark.Keeping {
	k := j.keepings[DefinitionKey(d)]
	if k == nil {
		k = j.Workspace.Keeping(d)
		put(&j.keepings, DefinitionKey(d), k)
	}
	return k
}

// pausesOf gives a function its part of what the collector's pauses say of its
// name: of functions of one name as much as it has of the name's time (NamePart), and half
// of what a helper hands on, which is its callers'.
func (j *Joined) pausesOf(s *Subject, n *aggregate.NameStatistics) {
	s.Pauses, s.NamePart = n, 1
	for _, c := range s.shares {
		if s.Definition != nil && DefinitionKey(c.Definition) == DefinitionKey(s.Definition) {
			s.NamePart = c.Probability
		}
	}
	s.PausesPart = s.NamePart
	if s.Definition == nil && len(s.shares) > 0 { // as much as the likeliest has
		s.NamePart = s.shares[0].Probability
	}
	if s.HandsOn = j.handsOn(s.Name); s.HandsOn {
		s.PausesPart *= weights.HandedOn
	}
}
