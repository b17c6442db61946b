// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/bisect"
	"example.invalid/starlark-memls/internal/filecache"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/quantity"
	"example.invalid/starlark-memls/internal/report"
	"example.invalid/starlark-memls/internal/retained"
)

// bisectFormats are the writers of `bisect --format`.
var bisectFormats = map[string]func(io.Writer, *bisect.Report, report.Options) error{
	"text":     report.WriteBisected,
	"json":     report.WriteBisectedJSON,
	"markdown": report.WriteBisectedMarkdown,
}

// A bisectRequest is the command line of bisect.
type bisectRequest struct {
	measureRequest
	good, bad, owner, by, format, above string
	step                                bool
	repeats                             int
}

func newBisect() *cobra.Command {
	var r bisectRequest
	c := &cobra.Command{
		Use:     "bisect --good REV --bad REV [--owner NAME] -- TARGETS AND BAZEL FLAGS",
		Short:   "Find the commit that made memory grow",
		GroupID: "measure",
		Long: `Find the commit between two revisions that made memory grow: TARGETS are built
in a git worktree of its own, on an output base of its own, one build a step, and
judged by the bytes that NAME holds at the build's end: a function, rule, aspect
or provider's field ("traverse_impl", "memory/eat.bzl%traverse_impl",
"EatInfo.text"). Without --owner it is the one that grew most between the two ends;
--by live takes the whole live heap, --by limit the memory limit that the build needs.

A revision that does not build is skipped; one that cannot be told good or bad,
because equal builds differ by as much, is built again, --repeats times at most;
one that runs out of memory is bad. Of a merge the first parent is followed. If
memory grew in several steps, the largest one is searched for.

At the end: the commit, the bytes before and after with their interval, and the
lines of its diff that touch the owner or what it calls. Each build's measurement
is kept in --out, and the same command goes on from there when it is given again.
Your checkout, your Bazel server and its output base stay as they are.

--step --above SIZE builds the current checkout once, for "git bisect run": exit
0 if NAME (or the live heap) holds no more than SIZE, 1 if more or out of memory,
125 if it does not build, 128 if the command itself is wrong.`,
		Example: `  starlark-memls bisect --good v1.4 --bad main -- //...
  starlark-memls bisect --good HEAD~64 --bad HEAD --owner traverse_impl -- //app/...
  git bisect run starlark-memls bisect --step --above 150m --owner traverse_impl -- //...`,
		RunE: func(c *cobra.Command, args []string) error {
			if r.step {
				return stepExit(c, r.once(c, args))
			}
			return r.run(c, args)
		},
	}
	workspaceFlag(c, &r.workspace)
	f := c.Flags()
	f.StringVar(&r.good, "good", "", "a revision before the growth")
	f.StringVar(&r.bad, "bad", "", "a revision after it")
	f.StringVar(&r.owner, "owner", "", "the function, rule, aspect or provider's field to follow (default: the one that grew most)")
	f.StringVar(&r.by, "by", bisect.ByOwner, "owner, live (the whole live heap) or limit (the memory limit that the build needs)")
	f.StringVar(&r.format, "format", "text", "text, json or markdown")
	f.IntVar(&r.repeats, "repeats", 3, "build a revision at most so many times, if its bytes are within noise")
	f.BoolVar(&r.step, "step", false, "judge the current checkout alone, for git bisect run")
	f.StringVar(&r.above, "above", "", "with --step: more bytes than this `SIZE` are bad, such as 150m")
	f.StringVar(&r.out, "out", "", "folder for the measurements (default: in the user's cache, by what is asked)")
	r.building(c)
	completeWords(c, "by", bisect.ByOwner, bisect.ByLive, bisect.ByLimit)
	completeWords(c, "format", "text", "json", "markdown")
	return c
}

// check is what both ways have in common.
func (r *bisectRequest) check(c *cobra.Command, args []string) error {
	switch {
	case c.ArgsLenAtDash() != 0 || len(args) == 0:
		return usagef("name the targets to build behind --, as in: bisect --good v1 --bad main -- //...")
	case !slices.Contains([]string{bisect.ByOwner, bisect.ByLive, bisect.ByLimit}, r.by):
		return usagef("unknown --by %q: it is owner, live or limit", r.by)
	case r.owner != "" && r.by != bisect.ByOwner:
		return usagef("--owner %s is followed by what it holds: leave out --by %s", r.owner, r.by)
	case r.repeats < 1:
		return usagef("--repeats %d: it is 1 or more", r.repeats)
	}
	return nil
}

func (r *bisectRequest) run(c *cobra.Command, args []string) error {
	if err := r.check(c, args); err != nil {
		return err
	}
	write, ok := bisectFormats[r.format]
	switch {
	case !ok:
		return usagef("unknown --format %q: it is text, json or markdown", r.format)
	case r.good == "" || r.bad == "":
		return usagef("--good and --bad are missing: name a revision before the growth and one after it")
	case r.above != "":
		return usagef("--above goes with --step: a bisection measures both ends itself")
	}
	root, err := findRoot(r.workspace)
	if err != nil {
		return err
	}
	root, err = filepath.EvalSymlinks(root)
	if err != nil {
		return err
	}
	repository := repositoryRoot(root)
	inside, err := filepath.Rel(repository, root)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(filepath.Join(repository, ".git")); err != nil {
		return fmt.Errorf("%s: no git repository is around this workspace", root)
	}
	dir, err := r.folder(root, args)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.ErrOrStderr(), "starlark-memls: the measurements are kept in %s\n", dir)
	found, err := bisect.Run(c.Context(), bisect.Request{
		Repository: repository, Workspace: inside, Good: r.good, Bad: r.bad, Owner: r.owner, By: r.by, Dir: dir, Repeats: r.repeats,
		Measure: func(ctx context.Context, workspace, folder string) (measurement.Record, error) {
			return r.build(ctx, workspace, folder, args)
		},
		Begun: func(commits int, m bisect.Metric) {
			fmt.Fprintf(c.ErrOrStderr(), "starlark-memls: %s, by %s\n", quantity.Count(commits, "commit", "commits"), m)
		},
		Tell: func(s bisect.SearchStep) { fmt.Fprintln(c.ErrOrStderr(), "starlark-memls: "+stepText(s)) },
	})
	if err != nil {
		return err
	}
	return write(textOut(c, r.format, terminalOptions(c, "")), found, terminalOptions(c, ""))
}

// stepText is a build in a line.
func stepText(s bisect.SearchStep) string {
	text := fmt.Sprintf("%.10s: ", s.Commit)
	switch {
	case s.Sample.Failed != "":
		return text + s.Sample.Failed + "; it is skipped"
	case s.Sample.Crashed:
		text += "out of memory"
	default:
		text += quantity.Bytes(s.Sample.Bytes)
	}
	switch {
	case s.Bad == nil:
		return text
	case *s.Bad:
		text += ", bad"
	default:
		text += ", good"
	}
	return text + fmt.Sprintf(" (of %s)", quantity.Count(s.Left, "commit", "commits"))
}

// folder is where the measurements of this question are kept.
func (r *bisectRequest) folder(root string, args []string) (string, error) {
	if r.out != "" {
		return filepath.Abs(r.out)
	}
	cache, err := filecache.Dir()
	if err != nil {
		return "", errors.Join(errors.New("no cache folder to work in; name one with --out"), err)
	}
	question := strings.Join(slices.Concat([]string{root, r.good, r.bad, r.memory, r.bazel}, r.startup, args), "\x00")
	return filepath.Join(cache, "bisect", filecache.Key(question)), nil
}

// build builds a workspace once.
func (r *bisectRequest) build(ctx context.Context, workspace, folder string, args []string) (measurement.Record, error) {
	one := r.measureRequest
	one.workspace, one.out = workspace, folder
	job, err := one.job(args)
	if err != nil {
		return measurement.Record{}, err
	}
	return job.Sweep.One(ctx, folder, io.Discard)
}

// The exit statuses of git bisect run.
const (
	stepBad  = commandExit(1)
	stepSkip = commandExit(125)
	stepStop = commandExit(128) // from here on git stops
)

// once builds the checkout as it is.
func (r *bisectRequest) once(c *cobra.Command, args []string) error {
	if err := r.check(c, args); err != nil {
		return err
	}
	if r.above == "" || r.good != "" || r.bad != "" {
		return usagef("--step judges one checkout by --above SIZE, without --good and --bad")
	}
	most, err := quantity.ParseSize(r.above)
	if err != nil {
		return usagef("--above: %v", err)
	}
	root, err := findRoot(r.workspace)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "starlark-memls-step-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	folder := filepath.Join(dir, "build")
	record, err := r.build(c.Context(), root, folder, args)
	switch {
	case err != nil:
		return err
	case record.Status.Crashed():
		fmt.Fprintf(c.OutOrStdout(), "bad: out of memory under %s\n", quantity.Bytes(record.MemoryLimitBytes))
		return stepBad
	case record.Status != measurement.OK:
		fmt.Fprintf(c.OutOrStdout(), "skip: the build ended as %s\n", record.Status)
		return stepSkip
	}
	set, err := retained.Read(c.Context(), []string{folder}, root, heap.OpenOptions{})
	if errors.Is(err, retained.ErrNone) && r.by != bisect.ByLimit {
		fmt.Fprintln(c.OutOrStdout(), "skip: who holds its heap is not known")
		return stepSkip
	}
	if err != nil && !errors.Is(err, retained.ErrNone) {
		return err
	}
	metric := bisect.Metric{By: r.by}
	switch {
	case r.owner != "":
		// Nobody of that name holds nothing: it may come later in the history.
		if metric, err = bisect.Owner(r.owner, set.Builds[0].Retained); err != nil {
			metric = bisect.Metric{By: bisect.ByOwner, Kind: "function", Name: r.owner}
		}
	case r.by == bisect.ByOwner:
		metric.By = bisect.ByLive
	}
	bytes, err := metric.Of(&set)
	if err != nil {
		fmt.Fprintf(c.OutOrStdout(), "skip: %v\n", err)
		return stepSkip
	}
	word, result := "good", error(nil)
	if bytes > most {
		word, result = "bad", stepBad
	}
	fmt.Fprintf(c.OutOrStdout(), "%s: %s, %s\n", word, metric, quantity.Bytes(bytes))
	return result
}

// stepExit has git stop where the command itself fails: any other status is a
// verdict on the revision.
func stepExit(c *cobra.Command, err error) error {
	var verdict commandExit
	if err == nil || errors.As(err, &verdict) {
		return err
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintln(c.ErrOrStderr(), "starlark-memls: "+line)
	}
	return stepStop
}
