// SPDX-License-Identifier: Apache-2.0

package bisect

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/retained"
	"example.invalid/starlark-memls/starlark"
)

// A MeasureFunc builds the workspace and leaves the measurement in folder, which is
// not there yet.
type MeasureFunc func(ctx context.Context, workspace, folder string) (measurement.Record, error)

// A Request is what is to be bisected.
type Request struct {
	Repository string // the checkout's root
	Workspace  string // its folder in there, "." for the root
	Good, Bad  string
	// Owner is who is to be followed; "" for who grew most. By is another
	// metric than that.
	Owner, By string
	// Dir is where measurements are kept, and found again by the next run.
	Dir     string
	Repeats int
	Measure MeasureFunc
	// Tell hears what is done; may be nil.
	Tell func(SearchStep)
	// Begun hears of the history and the metric, when they are known.
	Begun func(commits int, m Metric)
}

// A Report is the commit with what it did.
type Report struct {
	Metric Metric `json:"metric"`
	Commit Commit `json:"commit"`
	// Suspects are commits before it that do not build, any of which may be the
	// one as well.
	Suspects []Commit `json:"suspects,omitempty"`
	Before   Measured `json:"before"`
	After    Measured `json:"after"`
	// Good and Bad are the ends: the growth of the commit may be a part of
	// theirs.
	Good    Measured   `json:"good"`
	Bad     Measured   `json:"bad"`
	Commits int        `json:"commits"` // to choose from
	Steps   int        `json:"steps"`
	Builds  int        `json:"builds"`
	Skipped []string   `json:"skipped,omitempty"`
	Lines   []DiffLine `json:"lines,omitempty"` // of the diff, those of the owner first
}

// A bisection is a Request under way.
type bisection struct {
	Request
	repo   repository
	metric Metric
	at     string // the commit that the worktree is at
}

// Run finds the commit.
func Run(ctx context.Context, q Request) (report *Report, err error) {
	b := &bisection{Request: q, repo: repository{q.Repository, filepath.Join(q.Dir, "worktree")}}
	commits, err := b.repo.commits(ctx, q.Good, q.Bad)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(q.Dir, 0o700); err != nil {
		return nil, err
	}
	if err := b.repo.open(ctx, commits[0]); err != nil {
		return nil, err
	}
	defer func() {
		if closing := b.repo.close(); closing != nil && err == nil {
			err = fmt.Errorf("taking the worktree away: %w", closing)
		}
	}()
	if b.metric, err = b.chosen(ctx, commits[0], commits[len(commits)-1]); err != nil {
		return nil, err
	}
	if q.Begun != nil {
		q.Begun(len(commits)-1, b.metric)
	}
	search := Search{Commits: commits, Repeats: max(q.Repeats, 1), Noise: b.metric.Noise, Tell: q.Tell, Build: b.sample}
	found, err := search.Run(ctx)
	if err != nil {
		return nil, err
	}
	return b.report(ctx, found, len(commits)-1)
}

// chosen is the metric that was asked for; an owner is looked for at the ends.
func (b *bisection) chosen(ctx context.Context, good, bad string) (Metric, error) {
	if b.By == ByLive || b.By == ByLimit {
		return Metric{By: b.By}, nil
	}
	var ends []heap.Retained
	for _, commit := range []string{good, bad} {
		set, failed, err := b.set(ctx, commit, 1)
		if err != nil {
			return Metric{}, err
		}
		if failed != "" {
			return Metric{}, fmt.Errorf("%s does not build (%s): choose another end", short(commit), failed)
		}
		if len(set.Builds) > 0 {
			ends = append(ends, set.Builds[0].Retained)
		}
	}
	if b.Owner != "" {
		return Owner(b.Owner, ends...)
	}
	if len(ends) < 2 { // one crashed: what grew is not known, only that
		return Metric{By: ByLive}, nil
	}
	return Grown(ends[0], ends[1]), nil
}

// sample is the Build of the search.
func (b *bisection) sample(ctx context.Context, commit string, n int) (BuildSample, error) {
	set, failed, err := b.set(ctx, commit, n)
	if err != nil {
		return BuildSample{}, err
	}
	if failed != "" {
		return BuildSample{Failed: failed}, nil
	}
	if set.crashed {
		return BuildSample{Bytes: set.limit, Crashed: true}, nil
	}
	bytes, err := b.metric.Of(&set.Set)
	if err != nil {
		return BuildSample{Failed: err.Error()}, nil
	}
	return BuildSample{Bytes: bytes}, nil
}

// A built is one build of a revision.
type built struct {
	retained.Set
	limit   int64 // that it ran under
	crashed bool
}

// set builds a revision, unless that was done by an earlier run, and reads what
// it left. failed says why it is of no use.
func (b *bisection) set(ctx context.Context, commit string, n int) (made built, failed string, err error) {
	folder := filepath.Join(b.Dir, fmt.Sprintf("%s-%d", short(commit), n))
	record, err := recorded(ctx, folder)
	if err != nil {
		return made, "", err
	}
	if record == nil {
		if b.at != commit {
			if err := b.repo.checkout(ctx, commit); err != nil {
				return made, "", err
			}
			b.at = commit
		}
		workspace := filepath.Join(b.repo.worktree, b.Workspace)
		if info, err := os.Stat(workspace); err != nil || !info.IsDir() {
			return made, "the workspace's folder is not there", nil
		}
		r, err := b.Measure(ctx, workspace, folder)
		if err != nil {
			return made, "", err
		}
		record = &r
	}
	made.limit = record.MemoryLimitBytes
	switch {
	case record.Status.Crashed():
		made.crashed = true
		return made, "", nil
	case record.Status != measurement.OK:
		return made, "its build ended as " + string(record.Status), nil
	}
	made.Set, err = retained.Read(ctx, []string{folder}, "", heap.OpenOptions{})
	if errors.Is(err, retained.ErrNone) {
		return made, "who holds its heap is not known", nil
	}
	return made, "", err
}

// recorded is the record of a measurement that is there, nil for none.
func recorded(ctx context.Context, folder string) (*measurement.Record, error) {
	if _, err := os.Stat(filepath.Join(folder, "measurement.json")); err != nil {
		return nil, os.RemoveAll(folder) // of a run that was broken off
	}
	found, _, err := measurement.Open(ctx, folder)
	if err != nil || len(found) != 1 || found[0].Record == nil {
		return nil, errors.Join(ctx.Err(), os.RemoveAll(folder))
	}
	return found[0].Record, nil
}

// report says what the commit did.
func (b *bisection) report(ctx context.Context, found *Result, commits int) (*Report, error) {
	r := &Report{Metric: b.metric, Before: found.Before, After: found.After, Good: found.Good, Bad: found.Bad,
		Commits: commits, Steps: found.Steps, Builds: found.Builds, Skipped: found.Skipped}
	var err error
	if r.Commit, err = b.repo.describe(ctx, found.After.Commit); err != nil {
		return nil, err
	}
	for _, commit := range found.Between {
		c, err := b.repo.describe(ctx, commit)
		if err != nil {
			return nil, err
		}
		r.Suspects = append(r.Suspects, c)
	}
	if r.Lines, err = b.repo.diff(ctx, found.Before.Commit, found.After.Commit); err != nil {
		return nil, err
	}
	if b.metric.By == ByOwner {
		for _, side := range []struct {
			commit  string
			removed bool
		}{{found.After.Commit, false}, {found.Before.Commit, true}} {
			if err := b.repo.checkout(ctx, side.commit); err != nil {
				return nil, err
			}
			root, err := filepath.EvalSymlinks(b.repo.worktree)
			if err != nil {
				return nil, err
			}
			ws, err := starlark.Load(ctx, filepath.Join(root, b.Workspace), starlark.LoadOptions{})
			if err != nil {
				return nil, err
			}
			relate(ws, root, b.metric, r.Lines, side.removed)
		}
	}
	r.Lines = ordered(r.Lines)
	return r, nil
}
