// SPDX-License-Identifier: Apache-2.0

package foretell

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"example.invalid/starlark-memls/internal/gauge"
	"github.com/klauspost/compress/gzip"
)

// A Score is what rules make of a set of builds.
type Score struct {
	Deaths, Foretold    int
	Passed, FalseAlarms int
	// Near are the passing builds within a tenth of a limit under which the
	// same workspace died; NearAlarms the false alarms among them.
	Near, NearAlarms int
	// Thrashed are the false alarms in builds that collected the whole heap 20
	// times and more, and came through.
	Thrashed int
	Leads    []time.Duration // of the foretold, sorted
	// Of those foretold by 5 s or more, with a dump asked for at the rules'
	// moment: complete before death, and right of the complete; how long the
	// complete took, sorted, and the kinds of the wrong.
	Asked, Complete, Named int
	Took                   []time.Duration
	Wrong                  []string
}

// Median lead; 0 of none.
func (s Score) Median() time.Duration { return quantile(s.Leads, 0.5) }

func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(q*float64(len(sorted)-1)+0.5)]
}

// worth5 is the lead from which a dump can be expected to be complete.
const worth5 = 5 * time.Second

// Measure applies rules to builds.
func Measure(builds []Build, rules gauge.Rules) Score {
	var s Score
	for _, b := range builds {
		seen := b.Replay(rules, nil)
		alarm := seen.DyingAt
		if !b.Died {
			s.passed(builds, b, !alarm.IsZero())
			if !alarm.IsZero() && seen.FullCollections >= 20 {
				s.Thrashed++
			}
			continue
		}
		s.Deaths++
		if alarm.IsZero() || alarm.After(b.DiedAt) {
			continue
		}
		s.Foretold++
		s.Leads = append(s.Leads, b.DiedAt.Sub(alarm))
		if b.Dump != nil && b.DiedAt.Sub(alarm) >= worth5 {
			s.dump(b, alarm)
		}
	}
	slices.Sort(s.Leads)
	slices.Sort(s.Took)
	return s
}

func (s *Score) passed(builds []Build, b Build, alarm bool) {
	s.Passed++
	near := nearLimit(builds, b)
	if near {
		s.Near++
	}
	if alarm {
		s.FalseAlarms++
		if near {
			s.NearAlarms++
		}
	}
}

// dump judges what came of asking. Where the rules of the day of the recording
// asked earlier than these, it would have been complete as much later.
func (s *Score) dump(b Build, alarm time.Time) {
	s.Asked++
	d := b.Dump
	if d.Complete.IsZero() || d.Complete.Add(max(alarm.Sub(d.Asked), 0)).After(b.DiedAt) {
		return
	}
	s.Complete++
	s.Took = append(s.Took, d.Complete.Sub(d.Asked))
	if d.Right {
		s.Named++
	} else {
		s.Wrong = append(s.Wrong, b.Kind)
	}
}

// nearLimit reports whether a build passed within a tenth of a limit under
// which the same workspace died.
func nearLimit(builds []Build, b Build) bool {
	for _, other := range builds {
		if other.Died && other.Scenario == b.Scenario && float64(b.Outcome.LimitBytes) <= 1.1*float64(other.Outcome.LimitBytes) {
			return true
		}
	}
	return false
}

// Candidates are the rules to choose from, of equals the stricter first.
func Candidates() []gauge.Rules {
	var all []gauge.Rules
	for _, n := range []int{1, 2, 3, 4} {
		for _, leaves := range []float64{0.9, 0} {
			for _, gap := range []time.Duration{time.Second, 0} {
				for _, pause := range []float64{2, 0.5} { // a share of 2 is never reached
					r := gauge.DefaultRules()
					r.FullCollections, r.FullLeaves, r.QuickGap, r.PauseShare = n, leaves, gap, pause
					all = append(all, r)
				}
			}
		}
	}
	return all
}

// Choose takes the rules that foretell as many deaths as any do, with the fewest
// false alarms; of several, those of the longest median lead, and then the
// first. It sees one half of the builds.
func Choose(builds []Build) gauge.Rules {
	type scored struct {
		rules gauge.Rules
		score Score
	}
	var all []scored
	most := 0
	for _, r := range Candidates() {
		s := Measure(builds, r)
		all = append(all, scored{r, s})
		most = max(most, s.Foretold)
	}
	enough := func(s Score) bool { return s.Foretold >= most }
	best := slices.MinFunc(all, func(a, b scored) int {
		return cmp.Or(-compareBool(enough(a.score), enough(b.score)), cmp.Compare(a.score.FalseAlarms, b.score.FalseAlarms),
			-cmp.Compare(a.score.Median(), b.score.Median()))
	})
	return best.rules
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// Split parts builds into the half to choose on and the half held out.
func Split(builds []Build) (chosenOn, heldOut []Build) {
	for _, b := range builds {
		if b.HeldOut() {
			heldOut = append(heldOut, b)
		} else {
			chosenOn = append(chosenOn, b)
		}
	}
	return chosenOn, heldOut
}

// A Build is one recorded build: how it ended, and its counters. It is kept as
// a gzip'd file: the outcome's line, then the recording's.
type Build struct {
	Outcome
	*gauge.Recording
}

// Load reads all builds below a folder, in the order of their names.
func Load(dir string) ([]Build, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*", "*.jsonl.gz"))
	if err != nil {
		return nil, err
	}
	slices.Sort(paths)
	var all []Build
	for _, path := range paths {
		b, err := load(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, b)
	}
	return all, nil
}

func load(path string) (Build, error) {
	file, err := os.Open(path)
	if err != nil {
		return Build{}, err
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		return Build{}, err
	}
	in := bufio.NewReader(z)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return Build{}, err
	}
	var b Build
	if err := json.Unmarshal(line, &b.Outcome); err != nil {
		return Build{}, err
	}
	if b.Recording, err = gauge.Read(in); err != nil {
		return Build{}, err
	}
	return b, nil
}
