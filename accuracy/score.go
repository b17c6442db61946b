package accuracy

import (
	"context"
	"slices"

	"starlark-memls/attribution"
	"starlark-memls/attribution/stats"
)

// A Share is a part of a number of scenarios, with its interval. Hits may be
// fractions: a scenario's trials are averaged first.
type Share struct {
	Hits, Of float64
}

// Value is the share; 0 where there is nothing.
func (s Share) Value() float64 {
	if s.Of == 0 {
		return 0
	}
	return s.Hits / s.Of
}

// Interval is Wilson's, 95 %.
func (s Share) Interval() stats.Interval { return stats.Wilson(s.Hits, s.Of) }

func (s *Share) add(value float64) { s.Hits, s.Of = s.Hits+value, s.Of+1 }

// A Score is how a method did.
type Score struct{ Top1, Top3, Reciprocal Share }

// A Sureness counts the suspects of a verdict: how many trials named one
// first, and how many of these were right.
type Sureness map[attribution.Verdict]*Share

// Results are the whole measurement.
type Results struct {
	Cases, MerelyBig      int
	Crashes, ReadableRuns int
	Passes                int
	// By method, population ("all", "readable"), and crashes at hand.
	Scores map[Question]*Score
	// Dump is our own score with the heap dump of one crash and nothing of
	// any other.
	Dump Score
	// Kinds are our own scores by kind, over readable profiles.
	Kinds map[string]map[int]*Score
	// Verdicts are of the first suspect over all trials with a culprit;
	// FalseAlarms those over merely big builds, by crashes at hand.
	Verdicts    Sureness
	FalseAlarms map[int]Sureness
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

// Measure asks every question about every case.
func Measure(ctx context.Context, cases []Case) (*Results, error) {
	r := &Results{
		Scores: map[Question]*Score{}, Kinds: map[string]map[int]*Score{},
		Verdicts: Sureness{}, FalseAlarms: map[int]Sureness{},
	}
	for i := range cases {
		c := &cases[i]
		r.Cases++
		r.Crashes += len(c.Crashed)
		r.Passes += len(c.Passed)
		withProfile := slices.DeleteFunc(slices.Clone(c.Crashed), func(o *attribution.Observation) bool { return !readable(o) })
		r.ReadableRuns += len(withProfile)
		if len(c.Guilty) == 0 {
			r.MerelyBig++
		}
		r.askDumps(ctx, c)
		for _, n := range CrashCounts {
			r.ask(ctx, c, n, false, selections(c.Crashed, n))
			r.ask(ctx, c, n, true, selections(withProfile, n))
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// selections are some ways to take n of the crashes: each stretch of n, around
// the end, so that every crash is taken equally often.
func selections(crashes []*attribution.Observation, n int) [][]*attribution.Observation {
	if len(crashes) < n {
		return nil
	}
	if len(crashes) == n {
		return [][]*attribution.Observation{crashes}
	}
	var all [][]*attribution.Observation
	for from := range min(len(crashes), maxTrials) {
		var chosen []*attribution.Observation
		for i := range n {
			chosen = append(chosen, crashes[(from+i)%len(crashes)])
		}
		all = append(all, chosen)
	}
	return all
}

// ask asks about each selection and averages over them.
func (r *Results) ask(ctx context.Context, c *Case, n int, readable bool, trials [][]*attribution.Observation) {
	if len(trials) == 0 {
		return
	}
	for _, m := range methods {
		ours := m.name == methods[0].name
		var top1, top3, reciprocal float64
		for _, crashes := range trials {
			answers := m.rank(ctx, c, crashes)
			a, b, mrr := grade(answers, c)
			top1, top3, reciprocal = top1+a, top3+b, reciprocal+mrr
			if ours && !readable && len(answers) > 0 {
				r.judge(c, n, answers[0], a, 1/float64(len(trials)))
			}
		}
		if len(c.Guilty) == 0 {
			continue
		}
		by := 1 / float64(len(trials))
		for _, score := range r.scoresOf(m.name, c.Kind, n, readable) {
			score.Top1.add(top1 * by)
			score.Top3.add(top3 * by)
			score.Reciprocal.add(reciprocal * by)
		}
	}
}

// askDumps asks about each crash that left a dump, by itself.
func (r *Results) askDumps(ctx context.Context, c *Case) {
	by := 1 / float64(len(c.Dumped))
	var top1, top3, reciprocal float64
	for _, o := range c.Dumped {
		answers := methods[0].rank(ctx, c, []*attribution.Observation{o})
		a, b, mrr := grade(answers, c)
		top1, top3, reciprocal = top1+a*by, top3+b*by, reciprocal+mrr*by
		if len(answers) > 0 {
			r.judge(c, withDump, answers[0], a, by)
		}
	}
	if len(c.Dumped) > 0 && len(c.Guilty) > 0 {
		r.Dump.Top1.add(top1)
		r.Dump.Top3.add(top3)
		r.Dump.Reciprocal.add(reciprocal)
	}
}

// withDump stands for one crash with its dump among the numbers of crashes at
// hand.
const withDump = 0

// scoresOf are the scores that a trial counts for.
func (r *Results) scoresOf(method, kind string, n int, readable bool) []*Score {
	q := Question{method, readable, n}
	if r.Scores[q] == nil {
		r.Scores[q] = &Score{}
	}
	all := []*Score{r.Scores[q]}
	if method == methods[0].name && readable {
		if r.Kinds[kind] == nil {
			r.Kinds[kind] = map[int]*Score{}
		}
		if r.Kinds[kind][n] == nil {
			r.Kinds[kind][n] = &Score{}
		}
		all = append(all, r.Kinds[kind][n])
	}
	return all
}

// judge notes how sure the first answer was, and whether it was right.
func (r *Results) judge(c *Case, n int, first answer, credit, weight float64) {
	into := r.Verdicts
	if len(c.Guilty) == 0 {
		if r.FalseAlarms[n] == nil {
			r.FalseAlarms[n] = Sureness{}
		}
		into = r.FalseAlarms[n]
	}
	if into[first.verdict] == nil {
		into[first.verdict] = &Share{}
	}
	into[first.verdict].Hits += credit * weight
	into[first.verdict].Of += weight
}

// grade is the credit of the first place, the best within three, and that
// divided by its rank.
func grade(answers []answer, c *Case) (top1, top3, reciprocal float64) {
	for i, a := range answers {
		credit := a.credit(c.Guilty)
		if i == 0 {
			top1 = credit
		}
		if i < 3 {
			top3 = max(top3, credit)
		}
		reciprocal = max(reciprocal, credit/float64(i+1))
	}
	return top1, top3, reciprocal
}
