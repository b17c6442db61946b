// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/measurement"
)

// What is said first where the question "which function filled the heap" is the
// wrong one: another memory was short, another program died, or Bazel was at
// work of its own when Starlark had ended.

// leadLines are the sentences that stand before the first suspect.
func (o Options) leadLines(r *attribution.Report) []string {
	var lines []string
	heap, ended := 0, 0
	for i := range r.Crashes {
		d := &r.Crashes[i].Death
		if !d.Other {
			heap++
		}
		if d.Ended {
			ended++
		}
	}
	if n := len(r.Crashes); n > 0 && (heap == 0 || ended == n) {
		lines = append(lines, deathSentences(&r.Crashes[0])...)
	}
	if len(r.Crashes) == 0 {
		lines = append(lines, o.foreignSentences(r)...)
		lines = append(lines, endedFromOutside(r)...)
	}
	return lines
}

// deathSentences say what a crash died of and what Bazel was doing, as far as
// that is not simply a full heap under a Starlark function.
func deathSentences(c *attribution.Crash) []string {
	var lines []string
	d := &c.Death
	if d.What != "" {
		lines = append(lines, d.What)
	}
	switch {
	case d.Doing == "":
	case d.Ended:
		lines = append(lines, fmt.Sprintf("The crash came while %s; no Starlark function was running any more.", d.Doing))
	default:
		lines = append(lines, fmt.Sprintf("The crash came while %s.", d.Doing))
	}
	return lines
}

// foreignSentences tell of other programs that ran out of memory.
func (o Options) foreignSentences(r *attribution.Report) []string {
	const most = 3
	var lines []string
	for i := range r.Measurements {
		for _, f := range r.Measurements[i].Foreign {
			if len(lines) == most {
				return append(lines, "More programs ran out of memory, too.")
			}
			who := f.Who
			if who == "" {
				who = "a program that it ran"
			}
			text := fmt.Sprintf("Bazel did not run out of memory; %s did (%s), so no Starlark function filled a heap.", who, shorten(f.Said, 100))
			if f.Action != "" && f.Action != f.Said {
				text += " The action: " + shorten(f.Action, 160)
			}
			lines = append(lines, text)
		}
	}
	return lines
}

// endedFromOutside says of the newest build that somebody ended it.
func endedFromOutside(r *attribution.Report) []string {
	for i := range r.Measurements {
		if r.Measurements[i].Status == measurement.Killed {
			return []string{"The build was interrupted or terminated from outside (Ctrl-C, a time limit of CI). That is not a crash."}
		}
	}
	return nil
}

// noStack says why a crash has no function, in a clause.
func noStack(c *attribution.Crash) string {
	switch d := &c.Death; {
	case d.Doing != "" && d.Ended:
		return "while " + d.Doing + ", after Starlark"
	case d.Doing != "":
		return "while " + d.Doing
	case d.What != "":
		return d.What
	}
	return "no Starlark stack was printed, and no function was seen running"
}

// surerTitle heads the advice: of a death that no heap dump explains it is not
// about being surer of a suspect.
func surerTitle(r *attribution.Report) string {
	for i := range r.Crashes {
		if !r.Crashes[i].Death.Other {
			return "What to do next, to be more certain"
		}
	}
	return "What to do next"
}
