// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/measure"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/quantity"
)

// errNotBegun is the answer "no" to whether a sweep may begin.
var errNotBegun = errors.New("not begun")

// agree says how many builds a sweep makes and how long they will take, and asks
// whether to begin, where somebody can answer and has not said --yes.
func (r *sweepRequest) agree(c *cobra.Command, job *measure.Job) error {
	of, done := job.Planned()
	if of == done {
		return nil
	}
	each, whose := buildTime(c.Context(), job.Request.Out, ownOutputBase(job.Request.Workspace))
	fmt.Fprintln(c.ErrOrStderr(), "starlark-memls: "+cost(of, done, job, each, whose))
	if r.yes || !canAsk(c) || confirm(c, "Begin?", true) {
		return c.Context().Err()
	}
	return errNotBegun
}

// planText is "11 builds: 5 limits x 2 runs + 1 warm-up".
func planText(s *measure.Sweep) string {
	plan := s.Plan()
	warmups, done := 0, 0
	for _, p := range plan {
		if p.Warmup {
			warmups++
		}
		if p.Done {
			done++
		}
	}
	text := fmt.Sprintf("%s: %s x %s", quantity.Count(len(plan), "build", "builds"), quantity.Count(len(s.Limits), "limit", "limits"), quantity.Count(s.Runs, "run", "runs"))
	if len(s.Modes) > 1 {
		text += fmt.Sprintf(" x %d modes", len(s.Modes))
	}
	if s.Shards > 1 {
		text = fmt.Sprintf("%s, shard %d of %d", text, s.Shard, s.Shards)
	}
	if warmups > 0 {
		text += " + " + quantity.Count(warmups, "warm-up", "warm-ups")
	}
	if done > 0 {
		text += fmt.Sprintf("; %d done already", done)
	}
	return text
}

// cost is the sentence. each is how long one build takes in microseconds, 0 where
// that is not known, and whose is the build that says so.
func cost(of, done int, job *measure.Job, each int64, whose string) string {
	left := quantity.Count(of-done, "build", "builds")
	switch {
	case job.Search != nil:
		left = "at most " + left
	case done > 0:
		left = fmt.Sprintf("%d of %s to go", of-done, quantity.Count(of, "build", "builds"))
	}
	left += ", each from nothing"
	if each == 0 {
		return left + "; how long one takes is not known here yet"
	}
	jobs := int64(max(job.Request.Jobs, 1))
	rounds := (int64(of-done) + jobs - 1) / jobs
	return fmt.Sprintf("%s; %s took %s: about %s, more where a build is near its limit",
		left, whose, quantity.Micros(each), quantity.Micros(rounds*each))
}

// buildTime is how long a build takes, in microseconds: the median of those that
// passed in the folder of the series, else the workspace's last; 0 where neither
// is known.
func buildTime(ctx context.Context, out, outputBase string) (micros int64, whose string) {
	if times := durations(ctx, out); len(times) > 0 {
		slices.Sort(times)
		return times[len(times)/2], "one here"
	}
	if outputBase == "" {
		return 0, ""
	}
	if times := durations(ctx, outputBase); len(times) > 0 {
		return times[0], "this workspace's last"
	}
	return 0, ""
}

// durations are those of the builds that a folder holds and that passed, of an
// output base the last one's first. A folder that cannot be read holds none:
// whoever reads it in earnest says why.
func durations(ctx context.Context, dir string) (micros []int64) {
	for _, d := range described(ctx, dir) {
		if d.Status == measurement.OK && d.DurationMicros > 0 {
			micros = append(micros, d.DurationMicros)
		}
	}
	return micros
}

// described are the builds that a folder tells of, those of an output base with
// the last one first.
func described(ctx context.Context, dir string) (builds []measurement.Description) {
	found, _, err := measurement.Open(ctx, dir)
	if err != nil {
		return nil
	}
	for _, m := range found {
		if d, err := measurement.Describe(ctx, m); err == nil {
			builds = append(builds, d)
		}
	}
	return builds
}

// aroundLastBuild are limits to try, as --memory takes them: from half of what
// the workspace's last build was given, or a JVM here takes by itself, to half
// as much again.
func aroundLastBuild(ctx context.Context, root string) string {
	limit, whose := measure.JVMDefaultLimit(), "what a JVM takes here by itself"
	if base := ownOutputBase(root); base != "" {
		for _, d := range described(ctx, base) {
			if d.MemoryLimitBytes > 0 {
				limit, whose = d.MemoryLimitBytes, "what the last build was given"
				break
			}
		}
	}
	step := roundStep(max(limit>>20, 64) / 8)
	return fmt.Sprintf("%dm:%dm:%dm (around %s, %s)", 4*step, 12*step, step, whose, quantity.Bytes(limit))
}

// roundStep is a number of mebibytes that is easy to read: two digits, the
// second of them 0 or 5.
func roundStep(mebibytes int64) int64 {
	digit := int64(1)
	for mebibytes/digit >= 100 {
		digit *= 10
	}
	return max(digit, mebibytes/digit/5*5*digit)
}
