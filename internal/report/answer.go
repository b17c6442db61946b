// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/quantity"
)

// Answer is the report in one sentence or two: who is to blame, how sure that
// is, and what it is known from.
func Answer(r *attribution.Report, o Options) string {
	if lead := o.leadLines(r); len(lead) > 0 {
		if len(r.Suspects) > 0 && len(r.Crashes) > 0 {
			lead = append(lead, o.afterLead(r))
		}
		return strings.Join(lead, " ")
	}
	switch {
	case len(r.Measurements) == 0:
		return "Nothing to report: no measurement was read."
	case len(r.Suspects) == 0 && len(r.Crashes) == 0 && len(r.Rules) > 0 && r.Rules[0].HasBytes:
		return unfunctioned(r)
	case len(r.Suspects) == 0 && len(r.Crashes) == 0 && r.Older == nil:
		return "No crash, and no evidence names a Starlark function, in " + builds(len(r.Measurements)) + "."
	case len(r.Suspects) == 0 && len(r.Crashes) == 0:
		return older(r.Older)
	case len(r.Suspects) == 0:
		return died(r) + " in " + ofBuilds(r) + o.lastSeen(&r.Crashes[0]) + ", and no evidence names a Starlark function."
	}
	if l := holder(r); l != nil {
		return o.heldText(l)
	}
	if n := r.Tied(); n > 1 {
		return fmt.Sprintf("No first suspect: %d functions have equal evidence.", n)
	}
	s := &r.Suspects[0]
	subject := o.subject(s)
	if len(r.Crashes) == 0 {
		return o.noCrash(r, strings.TrimSuffix(subject, ","), s)
	}
	if text := keeps(s); text != "" {
		return subject + " " + text + "."
	}
	did := "ran Bazel out of memory"
	if !slices.ContainsFunc(r.Crashes, func(c attribution.Crash) bool { return OutOfMemory(c.Cause) }) {
		did = "crashed Bazel"
	}
	switch s.Verdict {
	case attribution.Sure:
	case attribution.Likely:
		did = "most likely " + did
	case attribution.Possible:
		return o.possible(r, s, did)
	default:
		return fmt.Sprintf("%s in %s, and no function stands out. First in the list is %s.", died(r), ofBuilds(r), uncapital(strings.TrimSuffix(subject, ",")))
	}
	return fmt.Sprintf("%s %s (%s): %s.", subject, did, ofBuilds(r), plainReason(s))
}

// keeps is what a heap dump shows of a function that holds much of the heap:
// that is the answer itself.
func keeps(s *attribution.Suspect) string {
	share, _ := s.Evidence.Number(attribution.RetainedShare)
	if share < .1 {
		return ""
	}
	bytes, _ := s.Evidence.Number(attribution.RetainedBytes)
	text := fmt.Sprintf("keeps %s in memory: %s of the heap", quantity.Bytes(int64(bytes)), quantity.Share(share))
	if name, line := largestLocal(s); name != "" {
		text += fmt.Sprintf(" (line %d: %s)", line, name)
	}
	return text
}

// largestLocal is the variable that keeps most, at a line of a crash.
func largestLocal(s *attribution.Suspect) (text string, line int) {
	var most int64
	for _, l := range s.Lines {
		for i := range l.Locals {
			if n := l.Locals[i].Bytes(); n > most && n >= leastLocal {
				most, line = n, l.Line
				text = localText(&l.Locals[i], false)
			}
		}
	}
	return text, line
}

// leastLocal is the size from which a variable is worth a place in the answer.
const leastLocal = 1 << 20

// plainReason is the weightiest reason without what it adds after a semicolon.
func plainReason(s *attribution.Suspect) string {
	if len(s.Reasons) == 0 {
		return "no single piece of evidence stands out"
	}
	first, _, _ := strings.Cut(s.Reasons[0], "; ")
	return first
}

// died begins a sentence about the crashes.
func died(r *attribution.Report) string {
	if slices.ContainsFunc(r.Crashes, func(c attribution.Crash) bool { return OutOfMemory(c.Cause) }) {
		return "Bazel ran out of memory"
	}
	return "Bazel crashed"
}

func builds(n int) string { return quantity.Count(n, "build", "builds") }

// ofBuilds is "4 of 9 builds crashed", as the object of "in".
func ofBuilds(r *attribution.Report) string {
	crashed := 0
	for _, m := range r.Measurements {
		if m.Status.Crashed() {
			crashed++
		}
	}
	if crashed == 0 { // what the place does not tell, a stack does
		crashed = len(r.Crashes)
	}
	return fmt.Sprintf("%d of %s", min(crashed, len(r.Measurements)), builds(len(r.Measurements)))
}

// subject begins a sentence about a suspect.
func (o Options) subject(s *attribution.Suspect) string {
	switch {
	case s.Definition == nil && s.Unseen > 0:
		return "A function called " + s.Name + ", perhaps of a repository that is not here,"
	case s.Definition == nil && len(s.Candidates) > 0:
		return fmt.Sprintf("One of %d functions called %s", len(s.Candidates), s.Name)
	case s.Definition == nil && s.PrintedFile == "":
		return s.Name + ", whose source is not here,"
	}
	return o.where(s) + ", " + s.Name + ","
}

// uncapital is a subject in the middle of a sentence.
func uncapital(subject string) string {
	for _, first := range []string{"A function called ", "One of "} {
		if strings.HasPrefix(subject, first) {
			return strings.ToLower(first[:1]) + subject[1:]
		}
	}
	return subject
}

// noCrash is the answer where no build is known to have crashed.
func (o Options) noCrash(r *attribution.Report, subject string, s *attribution.Suspect) string {
	text := "No crash in " + builds(len(r.Measurements)) + "."
	unknown := func(m observe.Summary) bool { return m.Status == measurement.Unknown }
	switch {
	case r.Older != nil:
		text = older(r.Older)
	case !slices.ContainsFunc(r.Measurements, func(m observe.Summary) bool { return !unknown(m) }):
		text = "How the build ended is not known: give its console log, too."
	}
	return fmt.Sprintf("%s The function to look at first is %s: %s.", text, uncapital(subject), plainReason(s))
}

// older tells of the crash that came before the last build.
func older(c *attribution.OlderCrash) string {
	when := ""
	if !c.Ended.IsZero() {
		when = ", of " + c.Ended.Local().Format(time.DateTime) + ","
	}
	return "No crash in the last build. An older one" + when + " is kept: starlark-memls report " + c.Path + "."
}
