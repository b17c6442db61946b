// SPDX-License-Identifier: Apache-2.0

package accuracy

import (
	"context"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
)

// An Outcome is how every question about one case was answered.
type Outcome struct {
	Case     *Case
	Readable int // crashes with a readable profile
	// answered holds the mean over a question's trials.
	answered map[Question]graded
	dump     *graded // nil where no crash left a dump
	judged   []judgement
	choices  []choice
}

func (g *graded) add(other graded, by float64) {
	g.top1 += by * other.top1
	g.top3 += by * other.top3
	g.reciprocal += by * other.reciprocal
}

// A judgement is the verdict on the first answer of a trial, and whether it was
// right. A scenario's trials of one kind weigh 1 together.
type judgement struct {
	crashes        int // withDump: one, with its heap dump
	verdict        attribution.Verdict
	credit, weight float64
}

// A Question is what a score is of.
type Question struct {
	Method   string
	Readable bool // only crashes with a readable profile
	Crashes  int
}

// CrashCounts are how many crashes are at hand.
var CrashCounts = []int{1, 3, 5, 15}

// maxTrials bounds the selections of crashes asked about per scenario.
const maxTrials = 10

// withDump stands for one crash with its dump among the numbers of crashes at
// hand.
const withDump = 0

// Ask asks every question about every case. The error is the context's.
func Ask(ctx context.Context, cases []Case) ([]Outcome, error) {
	all := make([]Outcome, len(cases))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range cases {
		group.Go(func() error {
			all[i] = ask(ctx, &cases[i])
			return ctx.Err()
		})
	}
	return all, group.Wait()
}

func ask(ctx context.Context, c *Case) Outcome {
	o := Outcome{Case: c, answered: map[Question]graded{}}
	withProfile := slices.DeleteFunc(slices.Clone(c.Crashed), func(o *observe.Observation) bool { return !readable(o) })
	o.Readable = len(withProfile)
	o.askDumps(ctx)
	for _, n := range CrashCounts {
		all, some := selections(c.Crashed, n), selections(withProfile, n)
		for _, m := range methods {
			o.ask(ctx, m, Question{m.name, false, n}, all)
			if len(some) > 0 && len(withProfile) == len(c.Crashed) {
				o.answered[Question{m.name, true, n}] = o.answered[Question{m.name, false, n}]
				continue
			}
			o.ask(ctx, m, Question{m.name, true, n}, some)
		}
	}
	return o
}

// selections are some ways to take n of the crashes: each stretch of n, around
// the end, so that every crash is taken equally often.
func selections(crashes []*observe.Observation, n int) [][]*observe.Observation {
	if len(crashes) < n {
		return nil
	}
	if len(crashes) == n {
		return [][]*observe.Observation{crashes}
	}
	var all [][]*observe.Observation
	for from := range min(len(crashes), maxTrials) {
		var chosen []*observe.Observation
		for i := range n {
			chosen = append(chosen, crashes[(from+i)%len(crashes)])
		}
		all = append(all, chosen)
	}
	return all
}

// ask asks about each selection and averages over them.
func (o *Outcome) ask(ctx context.Context, m method, q Question, trials [][]*observe.Observation) {
	if len(trials) == 0 {
		return
	}
	by := 1 / float64(len(trials))
	var mean graded
	for _, crashes := range trials {
		answers := m.rank(ctx, o.Case, crashes)
		g := grade(answers, o.Case)
		mean.add(g, by)
		if m.name == methods[0].name && !q.Readable && len(answers) > 0 {
			o.judged = append(o.judged, judgement{q.Crashes, answers[0].verdict, g.top1, by})
			if first := answers[0]; first.chosen() {
				o.choices = append(o.choices, choice{first.probability, by, first.named(o.Case.Guilty)})
			}
		}
	}
	o.answered[q] = mean
}

// askDumps asks about each crash that left a dump, by itself.
func (o *Outcome) askDumps(ctx context.Context) {
	by := 1 / float64(len(o.Case.Dumped))
	for _, crash := range o.Case.Dumped {
		answers := methods[0].rank(ctx, o.Case, []*observe.Observation{crash})
		if o.dump == nil {
			o.dump = &graded{}
		}
		g := grade(answers, o.Case)
		o.dump.add(g, by)
		if len(answers) > 0 {
			o.judged = append(o.judged, judgement{withDump, answers[0].verdict, g.top1, by})
		}
	}
}
