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

// A FieldScore is how single crashes without a heap dump were answered, by how
// the profile ended; each scenario's crashes of one end weigh 1 together.
type FieldScore struct {
	Scenarios, WithoutCulprit int
	Top1, Top3, Baseline      map[end]*Share // Baseline: the most common at the crash
	Verdicts                  Sureness       // of first suspects, with a culprit
	FalseAlarms               Sureness       // without one
}

// AskField asks about each crash of the cases to keep, alone and with no
// passing build beside it.
func AskField(ctx context.Context, cases []Case, keep func(*Case) bool) *FieldScore {
	f := &FieldScore{
		Top1: map[end]*Share{}, Top3: map[end]*Share{}, Baseline: map[end]*Share{},
		Verdicts: Sureness{}, FalseAlarms: Sureness{},
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
	count := map[end]float64{}
	for _, o := range c.Crashed {
		count[endOf(o)]++
	}
	for _, crash := range c.Crashed {
		at := endOf(crash)
		answers := methods[0].rank(ctx, &alone, []*observe.Observation{crash})
		verdict := attribution.NotKnown
		if len(answers) > 0 {
			verdict = answers[0].verdict
		}
		if len(c.Guilty) == 0 {
			f.FalseAlarms.add(judgement{verdict: verdict, weight: 1 / float64(len(c.Crashed))})
			continue
		}
		g := grade(answers, c)
		f.Verdicts.add(judgement{verdict: verdict, credit: g.top1, weight: 1 / float64(len(c.Crashed))})
		by := 1 / count[at]
		share(f.Top1, at).addPart(g.top1, by)
		share(f.Top3, at).addPart(g.top3, by)
		share(f.Baseline, at).addPart(grade(methods[1].rank(ctx, &alone, []*observe.Observation{crash}), c).top1, by)
	}
}

func share(of map[end]*Share, at end) *Share {
	if of[at] == nil {
		of[at] = &Share{}
	}
	return of[at]
}

func (s *Share) addPart(value, weight float64) { s.Hits, s.Of = s.Hits+value*weight, s.Of+weight }
