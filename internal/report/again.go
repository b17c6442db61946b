// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/quantity"
)

// What was evaluated anew: a few lines each of the packages that Skyframe began
// again, of what was running then, and of the values evaluated in vain.

// mostAgain bounds each list.
const mostAgain = 3

// A repetition is one line and what is added to it, which may be empty.
type repetition struct{ said, added string }

// restarted are the packages that were evaluated again most, and who was
// running when they were.
func restarted(r *attribution.Report) []repetition {
	var list []repetition
	for _, p := range r.Restarted[:min(len(r.Restarted), mostAgain)] {
		list = append(list, repetition{said: fmt.Sprintf("%s: %s beyond the first, in %s", shorten(p.Package, 40),
			quantity.Count(p.Extra, "time", "times"), quantity.Count(p.Builds, "build", "builds"))})
	}
	for _, c := range r.Concurrent[:min(len(r.Concurrent), mostAgain)] {
		list = append(list, repetition{
			fmt.Sprintf("%s was running at %d of %d restarts of %s", shorten(c.Function, 30), c.Observed, c.Restarts, shorten(c.What(), 36)),
			fmt.Sprintf("%s expected by chance; q = %.2g", quantity.Figure(c.Expected), c.QValue)})
	}
	return list
}

// refetched are the repositories whose rule was begun anew most.
func refetched(r *attribution.Report) []repetition {
	var list []repetition
	for _, f := range r.Refetched[:min(len(r.Refetched), mostAgain)] {
		list = append(list, repetition{said: fmt.Sprintf("%s: %s beyond the first, in %s", shorten(f.Repository, 40),
			quantity.Count(f.Extra, "time", "times"), quantity.Count(f.Builds, "build", "builds"))})
	}
	return list
}

// reevaluatedMost are the kinds of values that were evaluated in vain most, as
// the build events count them.
func reevaluatedMost(r *attribution.Report) []repetition {
	var list []repetition
	for _, v := range r.Reevaluated[:min(len(r.Reevaluated), mostAgain)] {
		made := repetition{said: fmt.Sprintf("%s: %d evaluations, %d values built, in %s", shorten(v.Function, 30),
			v.Evaluated, v.Built, quantity.Count(v.Builds, "build", "builds"))}
		if c := v.Ratio; c != nil && c.Worse() {
			made.added = fmt.Sprintf("%s times as many wasted evaluations at low memory limits (95 %%: %s to %s)", quantity.Figure(c.Ratio), quantity.Figure(c.Low), quantity.Figure(c.High))
		}
		list = append(list, made)
	}
	return list
}

// eachAgain calls write for each of the lists that is not empty.
func eachAgain(r *attribution.Report, write func(title string, list []repetition)) {
	for _, section := range []struct {
		title string
		list  []repetition
	}{{"Packages that were evaluated again", restarted(r)}, {"Repositories that were fetched again", refetched(r)}, {"SkyFunctions that were evaluated more often than they built a value", reevaluatedMost(r)}} {
		if len(section.list) > 0 {
			write(section.title, section.list)
		}
	}
}

// news is the report with those repetitions alone that are more than Bazel's
// usual one, or go with what was running or with the limit.
func news(r *attribution.Report) *attribution.Report {
	n := &attribution.Report{Concurrent: r.Concurrent}
	for _, p := range r.Restarted {
		if p.Extra > p.Builds {
			n.Restarted = append(n.Restarted, p)
		}
	}
	for _, f := range r.Refetched {
		if f.Extra > f.Builds {
			n.Refetched = append(n.Refetched, f)
		}
	}
	for _, v := range r.Reevaluated {
		if v.Ratio != nil && v.Ratio.Worse() {
			n.Reevaluated = append(n.Reevaluated, v)
		}
	}
	return n
}

func (t *textWriter) again() {
	r := t.r
	if !t.o.Full {
		r = news(r)
	}
	eachAgain(r, func(title string, list []repetition) {
		t.heading("%s", title)
		for _, one := range list {
			t.wrapped(one.said, "  ", "    ")
			if one.added != "" {
				t.wrapped("("+one.added+")", "    ", "    ")
			}
		}
	})
}

func (m markdown) again(r *attribution.Report) {
	eachAgain(r, func(title string, list []repetition) {
		m.line("")
		m.line("## %s", title)
		m.line("")
		for _, one := range list {
			text := one.said
			if one.added != "" {
				text += " (" + one.added + ")"
			}
			m.line("- %s", escape(text))
		}
	})
}
