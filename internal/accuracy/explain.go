// SPDX-License-Identifier: Apache-2.0

package accuracy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/trace"
)

// explained is how many suspects of a crash are explained.
const explained = 5

// ErrHeldOut says that a scenario is not to be looked at.
var ErrHeldOut = errors.New("held out: who looks at its answers tunes on it")

// Explain writes how each crash of a case was answered and why, alone, without
// a heap dump and with no passing build beside it. Of a held-out case it tells
// nothing.
func Explain(ctx context.Context, w io.Writer, c *Case) error {
	if c.HeldOut() {
		return fmt.Errorf("%s: %w", c.ID, ErrHeldOut)
	}
	var text strings.Builder
	for _, crash := range c.Crashed {
		alone := *c
		alone.Passed = nil
		r := conclude(ctx, &alone, []*observe.Observation{crash})
		answers := answersOf(c, r)
		fmt.Fprintf(&text, "%s: %s, guilty %v, answered %.2f of 1\n", crash.Summary.Path, endOf(crash), c.Guilty, grade(answers, c).top1)
		for i, s := range r.Suspects[:min(explained, len(r.Suspects))] {
			explainSuspect(&text, &s, answers[i].files)
		}
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func explainSuspect(w io.Writer, s *attribution.Suspect, files []string) {
	if len(files) > 4 {
		files = append(files[:4:4], "...")
	}
	fmt.Fprintf(w, "  %d. %s %s %.3f in %s\n", s.Rank, s.Name, s.Verdict, s.Score, strings.Join(files, ", "))
	for i, reason := range s.Reasons {
		fmt.Fprintf(w, "       %.3f %s\n", s.Weights[i], reason)
	}
	for _, blind := range s.Blind {
		fmt.Fprintf(w, "       ?     %s\n", blind)
	}
}

// An end is how a crash left its profile.
type end string

const (
	closed end = "closed" // Bazel could still write its end
	cut    end = "cut"    // the last events are missing
	lost   end = "lost"   // no Starlark call is in it
)

func endOf(o *observe.Observation) end {
	switch {
	case !readable(o):
		return lost
	case slices.Contains(o.Trace.Blind, trace.BlindCut):
		return cut
	}
	return closed
}
