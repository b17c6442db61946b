// SPDX-License-Identifier: Apache-2.0

package accuracy

import (
	"context"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
)

// The field scenarios are asked about by themselves: they are made to be unlike
// those that the method grew up with, and their score is what a user should
// expect of it, not the other one.

var ends = []end{closed, cut, lost}

// A FieldScore is how the field scenarios were answered, from their profiles and
// consoles.
type FieldScore struct {
	Scenarios, WithoutCulprit int
	// Top1, Top3 and Baseline (the most common at the crash) are of single
	// crashes, by how the profile ended; each scenario's crashes of one end weigh
	// 1 together. All is of all of them.
	Top1, Top3, Baseline map[end]*Share
	All                  Share
	// Judged are the verdicts on the first suspect, by what was at hand.
	Judged map[atHand]*Judged
}

// atHand is what a question is asked with.
type atHand string

const (
	oneCrash     atHand = "1 crash"
	allCrashes   atHand = "3 crashes"
	crashAndPass atHand = "1 crash and a build that passed"
	allAndPass   atHand = "3 crashes and a build that passed"
)

var atHands = []atHand{oneCrash, crashAndPass, allCrashes, allAndPass}

// Judged are verdicts on first suspects: of scenarios with a culprit, and of
// those without one.
type Judged struct {
	Top1                  Share
	Verdicts, FalseAlarms Sureness
}

// AskField asks about the crashes of the cases to keep: each alone, all
// together, and both with a passing build beside them.
func AskField(ctx context.Context, cases []Case, keep func(*Case) bool) *FieldScore {
	f := &FieldScore{Top1: map[end]*Share{}, Top3: map[end]*Share{}, Baseline: map[end]*Share{}, Judged: map[atHand]*Judged{}}
	for _, what := range atHands {
		f.Judged[what] = &Judged{Verdicts: Sureness{}, FalseAlarms: Sureness{}}
	}
	for i := range cases {
		if keep(&cases[i]) && ctx.Err() == nil {
			f.ask(ctx, &cases[i])
		}
	}
	return f
}

func (f *FieldScore) ask(ctx context.Context, c *Case) {
	alone := *c
	alone.Passed = nil
	f.Scenarios++
	if len(c.Guilty) == 0 {
		f.WithoutCulprit++
	}
	f.askSingly(ctx, &alone)
	var single [][]*observe.Observation
	for _, crash := range c.Crashed {
		single = append(single, []*observe.Observation{crash})
	}
	f.Judged[oneCrash].judge(ctx, &alone, single)
	if len(c.Passed) > 0 {
		f.Judged[crashAndPass].judge(ctx, c, single)
	}
	if len(c.Crashed) < 3 {
		return
	}
	f.Judged[allCrashes].judge(ctx, &alone, [][]*observe.Observation{c.Crashed})
	if len(c.Passed) > 0 {
		f.Judged[allAndPass].judge(ctx, c, [][]*observe.Observation{c.Crashed})
	}
}

// askSingly grades each crash by how its profile ended.
func (f *FieldScore) askSingly(ctx context.Context, c *Case) {
	if len(c.Guilty) == 0 {
		return
	}
	count := map[end]float64{}
	for _, o := range c.Crashed {
		count[endOf(o)]++
	}
	for _, crash := range c.Crashed {
		at, one := endOf(crash), []*observe.Observation{crash}
		g, by := grade(methods[0].rank(ctx, c, one), c), 1/count[at]
		share(f.Top1, at).addPart(g.top1, by)
		share(f.Top3, at).addPart(g.top3, by)
		share(f.Baseline, at).addPart(grade(methods[1].rank(ctx, c, one), c).top1, by)
		f.All.addPart(g.top1, 1/float64(len(c.Crashed)))
	}
}

// judge asks each question of a case; they weigh 1 together.
func (j *Judged) judge(ctx context.Context, c *Case, questions [][]*observe.Observation) {
	weight := 1 / float64(len(questions))
	for _, crashes := range questions {
		answers := methods[0].rank(ctx, c, crashes)
		verdict := attribution.NotKnown
		if len(answers) > 0 {
			verdict = answers[0].verdict
		}
		if len(c.Guilty) == 0 {
			j.FalseAlarms.add(judgement{verdict: verdict, weight: weight})
			continue
		}
		credit := grade(answers, c).top1
		j.Verdicts.add(judgement{verdict: verdict, credit: credit, weight: weight})
		j.Top1.addPart(credit, weight)
	}
}

func share(of map[end]*Share, at end) *Share {
	if of[at] == nil {
		of[at] = &Share{}
	}
	return of[at]
}

func (s *Share) addPart(value, weight float64) { s.Hits, s.Of = s.Hits+value*weight, s.Of+weight }
