// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/fleet"
)

// varying is what crash services leave out of a text before they group by it.
var varying = regexp.MustCompile(`0x[0-9a-f]+|[0-9a-f]{8}-[0-9a-f-]{27}|(/[\w.@+~-]+)+/?|\d+`)

// console is what Bazel printed of its end, without what differs from crash to
// crash.
func console(read map[string]string, scratch, scenario string, o *observe.Observation) string {
	path := filepath.Join(scratch, scenario, "runs", filepath.Base(o.Summary.Path), "console")
	if read[path] == "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return "nothing"
		}
		all := string(text)
		if i := strings.Index(all, "FATAL"); i >= 0 {
			all = all[i:]
		} else if i := strings.Index(all, "Server terminated"); i >= 0 {
			all = all[i:]
		}
		read[path] = strings.Join(strings.Fields(varying.ReplaceAllString(all, "#")), " ")
	}
	return read[path]
}

// A groupShare of a crash: which group it is in, by what weight, and what is true.
type groupShare struct {
	group, cause string // no group where no function is known
	weight       float64
	right        bool
}

// A score is how good a grouping is. Grouped is the share of crashes that are in
// a group, the others are of those. Purity is the share that are in a group
// whose most common cause is theirs; completeness the share that are in the
// group where most crashes of their cause are; named the share whose group names
// a function that is to blame.
type score struct {
	groups                               int
	grouped, purity, completeness, named float64
}

func judge(shares []groupShare) (s score) {
	byGroup, byCause := map[string]map[string]float64{}, map[string]map[string]float64{}
	add := func(to map[string]map[string]float64, a, b string, weight float64) {
		if to[a] == nil {
			to[a] = map[string]float64{}
		}
		to[a][b] += weight
	}
	total, all := 0.0, 0.0
	for _, h := range shares {
		all += h.weight
		if h.group == "" {
			continue
		}
		add(byGroup, h.group, h.cause, h.weight)
		add(byCause, h.cause, h.group, h.weight)
		total += h.weight
		if h.right {
			s.named += h.weight
		}
	}
	most := func(of map[string]map[string]float64) (sum float64) {
		for _, parts := range of {
			best := 0.0
			for _, w := range parts {
				best = max(best, w)
			}
			sum += best
		}
		return sum / total
	}
	return score{len(byGroup), total / all, most(byGroup), most(byCause), s.named / total}
}

// table is the page's: each grouping, over crashes of some kinds.
func table(truths []truth, suspects []fleet.Suspect) string {
	of := map[string][]fleet.Suspect{}
	for _, s := range suspects {
		of[s.CrashID] = append(of[s.CrashID], s)
	}
	var b strings.Builder
	b.WriteString("| crashes | grouped by | in a group | groups | purity | completeness | named for a culprit |\n|---|---|---:|---:|---:|---:|---:|\n")
	for _, population := range []struct {
		name string
		keep func(*truth) bool
	}{
		{"with a heap dump", func(t *truth) bool { return t.Dumped && len(t.Guilty) > 0 }},
		{"without one", func(t *truth) bool { return !t.Dumped && len(t.Guilty) > 0 }},
		{"of builds that are merely big", func(t *truth) bool { return len(t.Guilty) == 0 }},
	} {
		var kept []*truth
		causes := map[string]bool{}
		for i := range truths {
			if t := &truths[i]; population.keep(t) {
				kept = append(kept, t)
				causes[t.Project+t.Cause] = true
			}
		}
		for _, by := range groupings {
			s := judge(by.shares(kept, of))
			fmt.Fprintf(&b, "| %s (%d of %d causes) | %s | %.1f %% | %d | %.1f %% | %.1f %% | %s |\n", population.name, len(kept), len(causes), by.name,
				100*s.grouped, s.groups, 100*s.purity, 100*s.completeness, named(population.name, by.name, s))
		}
	}
	return b.String()
}

func named(population, by string, s score) string {
	if strings.Contains(population, "merely") || strings.Contains(by, "console") {
		return ""
	}
	return fmt.Sprintf("%.1f %%", 100*s.named)
}

type grouping struct {
	name   string
	shares func(kept []*truth, of map[string][]fleet.Suspect) []groupShare
}

var groupings = []grouping{
	{"the console's text", func(kept []*truth, _ map[string][]fleet.Suspect) (all []groupShare) {
		for _, t := range kept {
			all = append(all, groupShare{group: t.Project + t.Console, cause: cause(t, ""), weight: 1})
		}
		return all
	}},
	{"function, the most likely one alone", hard(func(s *fleet.Suspect) string { return s.Culprit })},
	{"function, by probability", soft(func(s *fleet.Suspect) string { return s.Culprit })},
	{"kind and function, by probability", soft(func(s *fleet.Suspect) string { return s.ByCulprit })},
	{"and what, by probability", soft(func(s *fleet.Suspect) string { return s.ByWhat })},
	{"and stack, by probability", soft(func(s *fleet.Suspect) string { return s.ByStack })},
}

// cause is what a crash is of: where a scenario has two culprits, the one that
// is named, for either is right.
func cause(t *truth, culprit string) string {
	if len(t.Guilty) > 1 && slices.Contains(t.Guilty, culprit) {
		return t.Project + t.Cause + culprit
	}
	return t.Project + t.Cause
}

// group is that of a suspect: functions of a repository are its own, whatever
// they are called.
func group(t *truth, s *fleet.Suspect, key func(*fleet.Suspect) string) string {
	if strings.HasPrefix(s.Culprit, "?") {
		return ""
	}
	return t.Project + " " + key(s)
}

func soft(key func(*fleet.Suspect) string) func([]*truth, map[string][]fleet.Suspect) []groupShare {
	return func(kept []*truth, of map[string][]fleet.Suspect) (all []groupShare) {
		for _, t := range kept {
			for _, s := range of[t.CrashID] {
				all = append(all, groupShare{group(t, &s, key), cause(t, s.Culprit), s.Probability, slices.Contains(t.Guilty, s.Culprit)})
			}
		}
		return all
	}
}

func hard(key func(*fleet.Suspect) string) func([]*truth, map[string][]fleet.Suspect) []groupShare {
	return func(kept []*truth, of map[string][]fleet.Suspect) (all []groupShare) {
		for _, t := range kept {
			if likeliest := of[t.CrashID]; len(likeliest) > 0 {
				s := &likeliest[0]
				all = append(all, groupShare{group(t, s, key), cause(t, s.Culprit), 1, slices.Contains(t.Guilty, s.Culprit)})
			}
		}
		return all
	}
}
