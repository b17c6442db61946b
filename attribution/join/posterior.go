// SPDX-License-Identifier: Apache-2.0

package join

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/starlark"
)

// Who is behind a bare name. Where the rules of resolve.go leave several
// functions of one name, what is known of the calls still tells some of them
// likelier than others. The posterior over the candidates is
//
//	P(c | calls) ∝ share(c) × ∏ L(call | c)^w
//
// over the calls of the name that ended with the crashes, w being how far each
// is believed to be what was running (1 for the last call of all, less for
// other threads: the grades of active.go). It answers the question that the
// report puts: whose calls were these?
//
// share(c) is the part of the name's recorded time, in builds that passed if
// there are any, that is likely c's. Before a call is looked at, a candidate
// has as many of them as it has targets (starlark.Workspace.Instances), or as
// it was sampled running, where there are CPU samples (half as many where build
// events show other rules configured, and not its own); each kind of call
// (CallKind) is then divided among the candidates by that times L.
//
// L(call | c) is a product over what is known of the call, and each factor is
// 1 where the fact is as it must be for c, and a misfit where it should not:
//
//   - inside: every function or builtin that it called, and that was recorded,
//     stands in its code by name (starlark.Definition.Calls). Nothing follows
//     from what was not recorded: it may have been short.
//   - caller: a function or rule by the caller's name stands in c's file or in
//     one that loads it, if through a file that hands it on. An implementation of a rule or aspect is called by
//     Bazel itself, anything else by Starlark.
//   - around: while a package is created no implementation of a rule or aspect
//     runs, but what its BUILD file reaches; while a repository is fetched, a
//     repository rule's does, and in neither case others do.
//   - target: c implements the rule of the label (Bazel 8.5 on).
//   - entry: the Java frames of the crash (entry.go) lead into such a function.
//   - console: the crash names c's rule or aspect, or its package as loading.
//
// The misfits are not zero, because all of this can be otherwise: a function
// is called through a variable, a macro passes another along, sources change,
// events are lost with the server. They are far above how often that was seen:
// of the calls in the recorded corpus whose function is known, not one did not
// fit (accuracy.TestMisfits). A fact is believed 20 to 1 and no more, so that one odd
// call cannot decide alone against many.
//
// How good these probabilities are is measured where all implementations are
// given one name (docs/accuracy.md): of the definitions named with p or more,
// p or more are right. Up to namedFrom none is named, and all are shown.

const (
	// misfit is the likelihood of a fact that should not be.
	misfit = 0.05
	// lost is that of an event which is missing, but may be so because the
	// server died before it was written.
	lost = 0.5
	// namedFrom is the probability above which a candidate is taken for the
	// definition, and said to be inferred: likelier than all others together.
	namedFrom = 0.5
	// ownCall is the probability from which on a single call is taken for
	// that of a candidate, whatever is said of the name.
	ownCall = 0.9
	// certain is the probability that counts as knowing, for a verdict.
	Certain = 0.99
	// maxWeighed bounds the candidates that are weighed: of more (lambdas)
	// all that can be said is that there are many.
	maxWeighed = 512
	// maxInstances bounds the targets counted of one candidate.
	maxInstances = 10_000
	// uncounted is the part of a target that a candidate has without any
	// that can be computed.
	uncounted = 0.5
)

// A Candidate is one of several functions of a name, with the probability that
// the calls which speak of the name were its.
type Candidate struct {
	Definition  *starlark.Definition
	Probability float64
}

// A lastCall is a call of a name at the end of a crash.
type lastCall struct {
	crash  int // index in Statistics.Crashes
	call   callFacts
	weight float64 // how far it is believed to have been running
}

// weighed weighs the candidates that are left of a name, and infers which it is
// where one is probable enough.
func (j *Joined) weighed(name string, r resolution) resolution {
	if name == observe.Toplevel || len(r.candidates) < 2 || len(r.candidates) > maxWeighed {
		return r
	}
	r.shares = j.shares(name, r.candidates)
	r.posterior = j.updated(r.shares, j.lastCalls[name])
	for i, c := range r.posterior {
		r.candidates[i] = c.Definition
	}
	if best := r.posterior[0]; best.Probability > namedFrom {
		r.definition, r.candidates = best.Definition, nil
	}
	return r
}

// updated weighs the shares by what calls say, and orders them.
func (j *Joined) updated(shares []Candidate, calls []lastCall) []Candidate {
	logs := make([]float64, len(shares))
	for i, c := range shares {
		logs[i] = math.Log(c.Probability)
	}
	for k := range calls {
		w := &calls[k]
		console := j.consoleLikelihoods(w.crash, shares)
		for i, c := range shares {
			logs[i] += w.weight * math.Log(j.likelihood(&w.call, c.Definition)*console[i])
		}
	}
	most := slices.Max(logs)
	for i := range logs {
		logs[i] = math.Exp(logs[i] - most)
	}
	return ranked(shares, logs)
}

// ranked are the candidates with their parts, which are made to sum to 1, the most
// probable first.
func ranked(candidates []Candidate, parts []float64) []Candidate {
	sum := 0.0
	for _, w := range parts {
		sum += w
	}
	list := slices.Clone(candidates)
	for i := range list {
		list[i].Probability = parts[i] / sum
	}
	slices.SortStableFunc(list, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Probability, a.Probability), CompareDefinitions(a.Definition, b.Definition))
	})
	return list
}

// shares divides the recorded time of a name among the candidates.
func (j *Joined) shares(name string, candidates []*starlark.Definition) []Candidate {
	list := make([]Candidate, len(candidates))
	frequency := j.frequencies(candidates)
	for i, d := range candidates {
		list[i] = Candidate{Definition: d}
	}
	time := make([]float64, len(list))
	for _, k := range j.Observed.CallKinds(name) {
		call := callFacts{caller: k.Caller, around: k.Around, callees: k.Callees}
		fits := make([]float64, len(list))
		sum := 0.0
		for i, d := range candidates {
			fits[i] = frequency[i] * j.likelihood(&call, d)
			sum += fits[i]
		}
		for i := range list {
			time[i] += float64(k.SelfMicros+1) * fits[i] / sum
		}
	}
	if slices.Max(time) == 0 { // no build tells
		time = frequency
	}
	return ranked(list, time)
}

// frequencies say how often each candidate is called, relative to the others:
// by CPU samples where there are any, else by targets.
func (j *Joined) frequencies(candidates []*starlark.Definition) []float64 {
	list := make([]float64, len(candidates))
	var sampled bool
	for i, d := range candidates {
		if s := j.Subjects.ByKey[DefinitionKey(d)]; s != nil && s.CPU != nil && s.CPU.Cum > 0 {
			list[i], sampled = float64(s.CPU.Cum), true
		}
	}
	if sampled {
		for i := range list {
			list[i]++ // a microsecond: not sampled is not never
		}
		return list
	}
	var counted, sum float64
	for i, d := range candidates {
		if n, known := instances(j.Workspace, d); known {
			list[i] = (n + uncounted) * j.seenConfigured(d)
			counted, sum = counted+1, sum+list[i]
		}
	}
	for i := range list { // of which nothing is known: as the others
		switch {
		case list[i] > 0:
		case counted > 0:
			list[i] = sum / counted
		default:
			list[i] = 1
		}
	}
	return list
}

// seenConfigured is low for an implementation of rules and aspects none of which
// the build events show, where they show others: a crash cuts them short, so
// that it is no proof.
func (j *Joined) seenConfigured(d *starlark.Definition) float64 {
	classes := j.Observed.Classes
	analysis := implements(d, starlark.Rule) || implements(d, starlark.Aspect)
	if len(classes) == 0 || !analysis || slices.ContainsFunc(d.Uses, func(u *starlark.Definition) bool { return slices.Contains(classes, u.Name) }) {
		return 1
	}
	return lost
}

// instances counts how often the sources have the function called, where they
// tell: once a target of a rule that it implements, once a call of a macro in a
// BUILD file.
func instances(ws *starlark.Workspace, d *starlark.Definition) (n float64, known bool) {
	for _, by := range d.Uses {
		switch by.Kind {
		case starlark.Rule, starlark.RepositoryRule, starlark.Aspect, starlark.Macro:
			n += float64(ws.Instances(by, maxInstances))
			known = true
		}
	}
	if known || !d.LegacyMacro {
		return n, known
	}
	type site struct {
		file string
		at   starlark.Range
	}
	sites := map[site]bool{}
	for _, target := range ws.MadeBy(d) {
		sites[site{target.File, target.Range}] = true
	}
	return float64(len(sites)), true
}

// consoleLikelihoods are low for the candidates that a crash does not name where
// it names another of them.
func (j *Joined) consoleLikelihoods(crash int, all []Candidate) []float64 {
	list := make([]float64, len(all))
	most := 0.0
	for i, c := range all {
		if s := j.Subjects.ByKey[DefinitionKey(c.Definition)]; s != nil {
			list[i] = s.Named[crash]
			most = max(most, list[i])
		}
	}
	for i, named := range list {
		if list[i] = 1; named == 0 {
			list[i] = 1 - most
		}
	}
	return list
}

// known reports whether it is known which function it is, or as good as known.
func (s *Subject) Known() bool {
	return len(s.Candidates) == 0 && (len(s.Posterior) == 0 || s.Posterior[0].Probability >= Certain)
}

// whoseWords says how it was found out whose calls those of a bare name were, or
// that it was not.
func (s *Subject) WhoseWords() string {
	n := max(len(s.Candidates), len(s.Posterior))
	switch {
	case n == 0 || n == 1 && len(s.Posterior) == 0:
		return ""
	case s.Unseen > 0:
		return "a profile does not name files, and some repositories whose code ran are not on this machine: these calls may be those of a function of the same name there; give the output base, or a heap dump, which names the file"
	case s.Definition != nil && n == 1:
		return fmt.Sprintf("a profile does not name files: these calls are probably this function's (%s; %s), and the others of this name are no longer in the sources",
			chance(s.Posterior[0].Probability), whoseGrounds)
	case s.Definition == nil && Gone(s.Posterior) > namedFrom:
		return fmt.Sprintf("a profile does not name files: the calls at the crashes were probably those of a function of this name that is no longer in the sources (%s; %s)",
			chance(Gone(s.Posterior)), whoseGrounds)
	case len(s.Posterior) == 0:
		return fmt.Sprintf("a profile does not name files, and %d functions have this name", n)
	case s.Definition == nil:
		return fmt.Sprintf("a profile does not name files, and %d functions have this name: the most likely one made %s of the calls at the crashes (%s)",
			n, chance(s.Posterior[0].Probability), whoseGrounds)
	}
	before := ""
	for _, c := range s.shares {
		if c.Definition == s.Definition {
			before = fmt.Sprintf(", %s before the calls at the crashes were considered", chance(c.Probability))
		}
	}
	return fmt.Sprintf("a profile does not name files: of %d functions of this name, these calls are probably this one's (%s%s; %s)",
		n, chance(s.Posterior[0].Probability), before, whoseGrounds)
}

// whoseGrounds is what candidates are weighed by.
const whoseGrounds = "judged by the number of targets of each, and by what called them and what they called"

// chance says a probability in per cent, and never that it is certain.
func chance(p float64) string {
	if p >= 0.995 {
		return "over 99 %"
	}
	return fmt.Sprintf("%.0f %%", 100*p)
}

// Chance says the probability in per cent, and never that it is certain.
func (c Candidate) Chance() string { return chance(c.Probability) }

func Gone(posterior []Candidate) float64 {
	rest := 1.0
	for _, c := range posterior {
		rest -= c.Probability
	}
	if len(posterior) == 0 || rest < 1e-9 { // rounding
		return 0
	}
	return rest
}
