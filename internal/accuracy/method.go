// SPDX-License-Identifier: Apache-2.0

package accuracy

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/internal/accuracy/generate"
	"example.invalid/starlark-memls/starlark"
)

// A rankedPlace is one place of a ranking: the definitions that it names.
type rankedPlace struct {
	files    []string // of the definitions, relative; one unless it is not sure which
	function string
	verdict  attribution.Verdict
	// probability is that of the first file, where several functions of the
	// name were weighed; else 0.
	probability float64
}

// chosen reports whether it was chosen among functions of one name.
func (a rankedPlace) chosen() bool { return a.probability > 0 }

// named reports whether the likeliest definition is guilty.
func (a rankedPlace) named(guilty []generate.Culprit) bool {
	return len(a.files) > 0 && slices.Contains(guilty, generate.Culprit{Function: a.function, File: a.files[0]})
}

// credit is what the answer counts for: 1/k of k candidates, if one is guilty.
func (a rankedPlace) credit(guilty []generate.Culprit) float64 {
	for _, g := range guilty {
		if a.function == g.Function && slices.Contains(a.files, g.File) {
			return 1 / float64(len(a.files))
		}
	}
	return 0
}

// A method ranks the functions of a case by some of its crashes.
type method struct {
	name string
	rank func(ctx context.Context, c *Case, crashes []*observe.Observation) []rankedPlace
}

// methods are ours and the baselines to beat.
var methods = []method{
	{"starlark-memls", ranked},
	{"most common at the crash (origin)", byCount(func(a *observe.Activity) int { return a.EndedClose })},
	{"last slice per thread (origin)", byCount(func(a *observe.Activity) int { return a.LastOnThread })},
	{"Ochiai", ochiai},
}

func ranked(ctx context.Context, c *Case, crashes []*observe.Observation) []rankedPlace {
	return answersOf(c, conclude(ctx, c, crashes))
}

func conclude(ctx context.Context, c *Case, crashes []*observe.Observation) *attribution.Report {
	// Sources were written just now, after every measurement: not edited.
	unedited := func(string) time.Time { return time.Time{} }
	return attribution.Conclude(ctx, slices.Concat(crashes, c.Passed), c.Workspace, attribution.ConcludeOptions{Modified: unedited})
}

func answersOf(c *Case, r *attribution.Report) []rankedPlace {
	var answers []rankedPlace
	for _, s := range r.Suspects {
		a := rankedPlace{function: s.Name, verdict: s.Verdict}
		if len(s.Posterior) > 0 {
			a.probability = s.Posterior[0].Probability
		}
		if s.Undecided() { // the answer is one of these
			for _, one := range s.OneOf() {
				a.files = append(a.files, c.rel(one.Definition.File))
			}
		} else if s.Definition != nil {
			a.files = []string{c.rel(s.Definition.File)}
		}
		for _, d := range s.Candidates {
			a.files = append(a.files, c.rel(d.File))
		}
		answers = append(answers, a)
	}
	return answers
}

// byCount ranks names by how often something was seen of them at crashes; all
// definitions of the name are candidates.
func byCount(of func(*observe.Activity) int) func(context.Context, *Case, []*observe.Observation) []rankedPlace {
	return func(_ context.Context, c *Case, crashes []*observe.Observation) []rankedPlace {
		scores := map[string]float64{}
		for _, o := range crashes {
			if o.Trace == nil {
				continue
			}
			for i := range o.Trace.Functions {
				f := &o.Trace.Functions[i]
				scores[f.Name] += float64(of(f))
			}
		}
		return byScore(c, scores)
	}
}

// ochiai takes "active at the crash" against "ran at all" in passing builds.
func ochiai(_ context.Context, c *Case, crashes []*observe.Observation) []rankedPlace {
	tables := map[string]stats.Fourfold{}
	for _, o := range crashes {
		if o.Trace == nil {
			continue
		}
		for _, f := range o.Trace.Functions {
			if f.EndedClose > 0 {
				t := tables[f.Name]
				t.A++
				tables[f.Name] = t
			}
		}
	}
	for _, o := range c.Passed {
		if o.Trace == nil {
			continue
		}
		for _, f := range o.Trace.Functions {
			t := tables[f.Name]
			t.C++
			tables[f.Name] = t
		}
	}
	scores := map[string]float64{}
	for name, t := range tables {
		t.B, t.D = len(crashes)-t.A, len(c.Passed)-t.C
		scores[name] = stats.Ochiai(t)
	}
	return byScore(c, scores)
}

func byScore(c *Case, scores map[string]float64) []rankedPlace {
	type scored struct {
		name  string
		score float64
	}
	var list []scored
	for name, score := range scores {
		if score > 0 {
			list = append(list, scored{name, score})
		}
	}
	slices.SortFunc(list, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.score, a.score), strings.Compare(a.name, b.name))
	})
	var answers []rankedPlace
	for _, s := range list {
		a := rankedPlace{function: s.name}
		for _, d := range c.Workspace.Named(s.name) {
			if d.Kind == starlark.Function || d.Kind == starlark.Lambda || d.Kind == starlark.Toplevel {
				a.files = append(a.files, c.rel(d.File))
			}
		}
		answers = append(answers, a)
	}
	return answers
}

// graded is what a trial, or the mean of several, counts for.
type graded struct{ top1, top3, reciprocal float64 }

// grade is the credit of the first place, the best within three, and that
// divided by its rank.
func grade(answers []rankedPlace, c *Case) graded {
	var g graded
	for i, a := range answers {
		credit := a.credit(c.Guilty)
		if i == 0 {
			g.top1 = credit
		}
		if i < 3 {
			g.top3 = max(g.top3, credit)
		}
		g.reciprocal = max(g.reciprocal, credit/float64(i+1))
	}
	return g
}
