// SPDX-License-Identifier: Apache-2.0

package accuracy

import (
	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/stats"
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

// A Score is how a method did, over scenarios.
type Score struct {
	Top1, Top3, Reciprocal Share
	// Readable is the share of these scenarios' crashes that left a readable
	// profile.
	Readable Share
}

func (s *Score) add(g graded, readable float64) {
	s.Top1.add(g.top1)
	s.Top3.add(g.top3)
	s.Reciprocal.add(g.reciprocal)
	s.Readable.add(readable)
}

// A Sureness counts the suspects of a verdict: how many trials named one
// first, and how many of these were right.
type Sureness map[attribution.Verdict]*Share

func (s Sureness) add(j judgement) {
	if s[j.verdict] == nil {
		s[j.verdict] = &Share{}
	}
	s[j.verdict].Hits += j.credit * j.weight
	s[j.verdict].Of += j.weight
}

// Results are the whole measurement, or that of some scenarios.
type Results struct {
	Cases, MerelyBig      int
	Crashes, ReadableRuns int
	Passes                int
	// By method, population, and crashes at hand.
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

// SumUp adds up the outcomes of the cases to keep.
func SumUp(outcomes []Outcome, keep func(*Case) bool) *Results {
	r := &Results{
		Scores: map[Question]*Score{}, Kinds: map[string]map[int]*Score{},
		Verdicts: Sureness{}, FalseAlarms: map[int]Sureness{},
	}
	for i := range outcomes {
		if keep(outcomes[i].Case) {
			r.add(&outcomes[i])
		}
	}
	return r
}

func (r *Results) add(o *Outcome) {
	c := o.Case
	r.Cases++
	r.Crashes += len(c.Crashed)
	r.Passes += len(c.Passed)
	r.ReadableRuns += o.Readable
	if len(c.Guilty) == 0 {
		r.MerelyBig++
		for _, j := range o.judged {
			if r.FalseAlarms[j.crashes] == nil {
				r.FalseAlarms[j.crashes] = Sureness{}
			}
			r.FalseAlarms[j.crashes].add(j)
		}
		return
	}
	for _, j := range o.judged {
		r.Verdicts.add(j)
	}
	readable := float64(o.Readable) / float64(len(c.Crashed))
	if o.dump != nil {
		r.Dump.add(*o.dump, readable)
	}
	for q, g := range o.answered {
		if r.Scores[q] == nil {
			r.Scores[q] = &Score{}
		}
		r.Scores[q].add(g, readable)
		if q.Method != methods[0].name || !q.Readable {
			continue
		}
		if r.Kinds[c.Kind] == nil {
			r.Kinds[c.Kind] = map[int]*Score{}
		}
		if r.Kinds[c.Kind][q.Crashes] == nil {
			r.Kinds[c.Kind][q.Crashes] = &Score{}
		}
		r.Kinds[c.Kind][q.Crashes].add(g, readable)
	}
}

// ours is our own score; nil where nothing was asked.
func (r *Results) ours(readable bool, crashes int) *Score {
	return r.Scores[Question{methods[0].name, readable, crashes}]
}

// best is the best of the baselines over readable profiles.
func (r *Results) best(crashes int) (name string, top1 Share) {
	for _, m := range methods[1:] {
		if s := r.Scores[Question{m.name, true, crashes}]; s != nil && (name == "" || s.Top1.Value() > top1.Value()) {
			name, top1 = m.name, s.Top1
		}
	}
	return name, top1
}
