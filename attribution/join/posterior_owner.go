// SPDX-License-Identifier: Apache-2.0

package join

import (
	"strings"

	"example.invalid/starlark-memls/attribution/observe"
)

// Whose a single call was. A name's calls may be of several functions, and what
// is known of one call can tell that it was another's than most. Like all that
// is inferred it is found once, when the report is made (stale.go): an edit
// afterwards, of what a function calls or of who has its name, changes nothing
// about who ran.

// A callKey tells the ended calls apart of which different things are known.
type callKey struct {
	name, caller, target, pkg, callees string
	around                             observe.Surrounding
}

func callKeyOf(c *observe.EndedCall) callKey {
	return callKey{c.Name, c.Caller, c.Target, c.Package, strings.Join(c.Callees, "\x00"), c.Around}
}

// called finds the subject whose call it was: the name's, or that of another
// candidate where this very call tells it. elsewhere is that of functions which
// are gone from the sources.
func (j *Joined) called(c *observe.EndedCall, of, elsewhere *Subject) *Subject {
	r, own := j.owner(c, of)
	switch {
	case !own:
		return of
	case r.definition == nil:
		return elsewhere
	}
	s := j.Subjects.of(c.Name, r.definition, "")
	if s.Posterior == nil {
		s.Posterior, s.shares = r.posterior, r.shares
	}
	if s.Pauses == nil && of.Trace != nil {
		j.pausesOf(s, of.Trace)
	}
	return s
}

// owner resolves a call for itself, if it is not simply the name's.
func (j *Joined) owner(c *observe.EndedCall, of *Subject) (r resolution, own bool) {
	key := callKeyOf(c)
	if j.was != nil {
		if r, own = j.was.own[key]; own {
			r = followName(j.Workspace, r)
		}
		return r, own
	}
	shares := j.now.names[c.Name].shares
	if len(shares) == 0 {
		return resolution{}, false
	}
	p := j.updated(shares, []lastCall{{crash: -1, call: j.factsOf(c, Entry{}), weight: 1}})
	best := p[0].Definition
	if p[0].Probability < ownCall || of.Definition != nil && DefinitionKey(of.Definition) == DefinitionKey(best) {
		return resolution{}, false
	}
	r = resolution{definition: best, posterior: p, shares: shares}
	put(&j.now.own, key, r)
	return r, true
}
