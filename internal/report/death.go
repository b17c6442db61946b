// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"

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
	if n := len(r.Crashes); n > 0 && (heap == 0 || ended == n || r.Crashes[0].Death.Silent) {
		lines = append(lines, deathSentences(&r.Crashes[0])...)
	}
	if len(r.Crashes) == 0 {
		lines = append(lines, o.foreignSentences(r)...)
		lines = append(lines, endedFromOutside(r)...)
	}
	return lines
}

// afterLead is how far a function has to do with such a death.
func (o Options) afterLead(r *attribution.Report) string {
	s := &r.Suspects[0]
	subject := uncapital(strings.TrimSuffix(o.subject(s), ","))
	_, stacked := s.Evidence.Number(attribution.CrashFrames)
	switch d := &r.Crashes[0].Death; {
	case d.Other && stacked:
		return fmt.Sprintf("The innermost function on its Starlark stack is %s.", subject)
	case d.Other:
		return fmt.Sprintf("The function nearest to it is %s.", subject)
	case d.Ended:
		return fmt.Sprintf("What had filled the heap until then is not known; first in the list is %s.", subject)
	}
	return fmt.Sprintf("First in the list of what ran is %s.", subject)
}

// lastSeen says where a crash without a function came, as far as it is known:
// " while evaluating //a:b, a thing_test that a/BUILD:6 makes".
func (o Options) lastSeen(c *attribution.Crash) string {
	switch {
	case c.Target != "":
		text := " while evaluating " + c.Target + o.targetIs(c)
		if c.Aspect != "" {
			text += " with the aspect " + c.Aspect
		}
		return text
	case c.Death.Doing != "":
		return " while " + c.Death.Doing
	}
	return ""
}

// targetIs says what the target under evaluation is, and where it was made.
func (o Options) targetIs(c *attribution.Crash) string {
	d := c.TargetDefinition
	if d == nil {
		return ""
	}
	at := o.place(d)
	if d.MadeBy != nil {
		at += " by the macro " + d.MadeBy.Name
	}
	if d.Class == "" {
		return " (made at " + at + ")"
	}
	return fmt.Sprintf(" (%s, made at %s)", d.Class, at)
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
