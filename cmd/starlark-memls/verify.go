// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/checks"
	"example.invalid/starlark-memls/internal/lint/flow"
	"example.invalid/starlark-memls/internal/lint/rewrite"
	"example.invalid/starlark-memls/internal/lint/verify"
	"example.invalid/starlark-memls/internal/measure"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/quantity"
	"example.invalid/starlark-memls/internal/retained"
)

// A verifyRequest is the command line of verify.
type verifyRequest struct {
	workspace, fix, before    string
	memory, bazel, outputBase string
	startup                   []string
	timeout                   time.Duration
	top                       int
}

func newVerify() *cobra.Command {
	var r verifyRequest
	c := &cobra.Command{
		Use:     "verify [--fix CODE | --before REV] -- TARGETS AND BAZEL FLAGS",
		Short:   "Build before and after a change: what it saves, and whether the build is the same",
		GroupID: "measure",
		Long: `Build TARGETS twice, on output bases of their own, from copies of the sources:
with --fix, as they are and with the fixes of that check made; with --before, as
they were in that git revision and as they are. The living server is asked after
each build who holds its heap; actions (aquery) and outputs (digests) are
compared. The last line is the answer in one sentence.

Nothing is changed in the workspace: what --fix would write, lint --fix writes.
Exit 1 where a build fails or an output differs.`,
		Example: `  starlark-memls verify --fix ML101 -- //...
  starlark-memls verify --before main -- //app/...`,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case c.ArgsLenAtDash() != 0 || len(args) == 0:
				return usagef("name the targets to build behind --, as in: verify --fix ML101 -- //...")
			case (r.fix == "") == (r.before == ""):
				return usagef("give --fix CODE, or --before REV")
			case r.top < 0:
				return usagef("--top %d: it cannot be negative", r.top)
			}
			return r.run(c, args)
		},
	}
	workspaceFlag(c, &r.workspace)
	f := c.Flags()
	f.StringVar(&r.fix, "fix", "", "the fixes of this check, against the sources as they are: a `CODE`")
	f.StringVar(&r.before, "before", "", "the sources as they are, against this git `REV`ision")
	f.StringVar(&r.memory, "memory", "", "the server's memory limit, such as 600m (default: a quarter of the machine's, as the JVM takes)")
	f.DurationVar(&r.timeout, "timeout", time.Hour, "time limit of a build")
	f.StringArrayVar(&r.startup, "startup", nil, "a Bazel startup option, may be repeated (before them: $STARTUP_FLAGS)")
	f.StringVar(&r.bazel, "bazel", "bazel", "the Bazel binary")
	f.StringVar(&r.outputBase, "output-base", "", "folder for the builds' own output bases (default: in the user's cache)")
	f.IntVar(&r.top, "top", 5, "how many holders to list")
	return c
}

func (r *verifyRequest) run(c *cobra.Command, args []string) error {
	root, err := findRoot(r.workspace)
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "memls-verify-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	before, after := filepath.Join(scratch, "before"), filepath.Join(scratch, "after")
	for _, dir := range []string{before, after} {
		if err := os.Mkdir(dir, 0o777); err != nil {
			return err
		}
	}
	if err := r.trees(c.Context(), c.ErrOrStderr(), root, before, after); err != nil {
		return err
	}
	var sides [2]verify.Side
	for i, dir := range []string{before, after} {
		name := filepath.Base(dir)
		fmt.Fprintf(c.ErrOrStderr(), "starlark-memls: building the sources %s\n", name)
		if sides[i], err = r.build(c.Context(), root, dir, filepath.Join(scratch, name+"-measured"), name, args); err != nil {
			return fmt.Errorf("the build %s: %w", name, err)
		}
	}
	return r.tell(c.OutOrStdout(), verify.Compare(sides[0], sides[1]))
}

// trees makes the two copies of the sources.
func (r *verifyRequest) trees(ctx context.Context, complain io.Writer, root, before, after string) error {
	if err := verify.CopyTree(ctx, root, after); err != nil {
		return err
	}
	if r.before != "" {
		return verify.RevisionTree(ctx, root, r.before, before)
	}
	if err := verify.CopyTree(ctx, root, before); err != nil {
		return err
	}
	check, ok := checks.Lookup(r.fix)
	if !ok {
		return usagef("--fix %s: there is no such check; starlark-memls explain lists them", r.fix)
	}
	return fixTree(ctx, complain, after, check)
}

// fixTree makes all fixes of a check in a copy of the sources.
func fixTree(ctx context.Context, complain io.Writer, dir string, check *lint.Check) error {
	ws, err := loadWorkspace(ctx, dir, "")
	if err != nil {
		return err
	}
	program, err := flow.Follow(ctx, ws)
	if err != nil {
		return err
	}
	found := lint.Examine(program, []*lint.Check{check})
	rewrite.Attach(program, found)
	edits, fixed := rewrite.Together(found)
	if len(fixed) == 0 {
		return fmt.Errorf("--fix %s: %s, and no fix is safe here; change the sources, and give --before", check.Code, quantity.Count(len(found), "finding", "findings"))
	}
	for path, list := range edits {
		text, err := rewrite.Apply(path, program.Files[path].Text, list)
		if err != nil {
			return err
		}
		if err := verify.Overwrite(filepath.FromSlash(path), text); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(complain, "starlark-memls: %s fixed in a copy of %s\n", quantity.Count(len(fixed), "finding", "findings"), quantity.Count(len(edits), "file", "files"))
	return err
}

// build builds one of the copies, and reads what it left.
func (r *verifyRequest) build(ctx context.Context, root, dir, out, name string, args []string) (verify.Side, error) {
	q := measure.NewRequest()
	q.Out, q.Memory, q.Runs, q.Warmup, q.Bazel, q.Timeout, q.Startup = filepath.Dir(out), r.memory, 1, 0, r.bazel, r.timeout, r.startup
	if q.Memory == "" {
		q.Memory = fmt.Sprintf("%dm", measure.JVMDefaultLimit()>>20)
	}
	own, err := (&sweepRequest{Request: &measure.Request{OutputBase: r.outputBase}}).sweepOutputBase(root)
	if err != nil {
		return verify.Side{}, err
	}
	q.OutputBase = own + "-verify-" + name
	job, err := (&sweepRequest{Request: q, workspace: dir}).job(args, os.Getenv)
	if err != nil {
		return verify.Side{}, err
	}
	if len(job.Sweep.Limits) != 1 {
		return verify.Side{}, usagef("--memory %s: verify builds under one limit", r.memory)
	}
	record, built, err := job.Sweep.OneBuilt(ctx, out, io.Discard)
	if err != nil {
		return verify.Side{}, err
	}
	if record.Status != measurement.OK {
		return verify.Side{}, fmt.Errorf("it did not pass: %s", record.Status)
	}
	set, err := retained.Read(ctx, []string{out}, dir, heap.OpenOptions{CacheDir: heapCache()})
	if err != nil {
		return verify.Side{}, err
	}
	return verify.Side{Heap: set, Built: built}, nil
}

// tell prints who holds more or less, what differs, and the sentence.
func (r *verifyRequest) tell(w io.Writer, v *verify.Difference) error {
	shown := 0
	for i := range v.Changes {
		change := &v.Changes[i]
		if shown == r.top || !change.Real() {
			continue
		}
		shown++
		fmt.Fprintf(w, "%10s → %10s  %s %s\n", quantity.Bytes(change.Before.Bytes), quantity.Bytes(change.After.Bytes), change.Kind, change.Name)
	}
	for i, action := range v.OnlyAfter {
		if i == r.top {
			fmt.Fprintf(w, "… and %d more actions\n", len(v.OnlyAfter)-i)
			break
		}
		fmt.Fprintf(w, "changed: %s\n", firstLine(action))
	}
	for i, name := range v.Outputs {
		if i == r.top {
			fmt.Fprintf(w, "… and %d more outputs\n", len(v.Outputs)-i)
			break
		}
		fmt.Fprintf(w, "differs: %s\n", name)
	}
	if _, err := fmt.Fprintln(w, v.Sentence()); err != nil {
		return err
	}
	if !v.Same() {
		return errors.New("the builds made other outputs")
	}
	return nil
}

// firstLine is a text up to its first line's end.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
