// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/budget"
	"example.invalid/starlark-memls/internal/filecache"
	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/internal/quantity"
	"example.invalid/starlark-memls/internal/report"
	"example.invalid/starlark-memls/internal/retained"
)

// checkFormats are the writers of `check --format`, but for problems.
var checkFormats = map[string]func(io.Writer, *report.BudgetCheck, report.Options) error{
	"text":     report.WriteBudget,
	"json":     report.WriteBudgetJSON,
	"markdown": report.WriteBudgetMarkdown,
}

// A checkRequest is the command line of check.
type checkRequest struct {
	workspace, format, budget string
	write                     bool
	top                       int
}

func newCheck() *cobra.Command {
	var r checkRequest
	c := &cobra.Command{
		Use:     "check [PATH…]",
		Short:   "Check a build against the memory budget in the repository",
		GroupID: "look",
		Long: `Check what a build holds against memls.toml, the budget in the workspace's root:

  headroom = "10%"              # what --write allows beyond the build

  [build]
  live_heap = "1.2g"            # live when the build has passed
  memory_limit = "3g"           # what the build needs to pass

  [each]                        # every one that has no entry below
  function = "50m"
  provider_field = "50m"

  [[function]]                  # or [[provider_field]]
  name = "traverse_impl"
  file = "memory/eat.bzl"       # may be left out: all of that name
  retained = "200m"
  why = "the index of all locks"

Exit 3 if anything is over its budget. A PATH tells who held the heap: a
measurement made by "measure", a retained.json or a heap dump; of several builds
the mean is taken. With no PATH it is what the last Bazel command in this workspace left
in its output base. The memory limit that the build needs is an estimate with an
interval; it is over its budget only if the whole interval is.

--write writes the file again from the build: what it holds and the headroom; a
function has an entry if it holds more than [each] allows. The headroom, [each]
and every why stay.

--format markdown is fit for the comment of a pull request; sarif, github,
gitlab and junit tell what is over its budget on the function's own line.`,
		Example: `  starlark-memls measure --out build -- //... && starlark-memls check build
  starlark-memls check --write build
  starlark-memls check --format github build/retained.json`,
		RunE: func(c *cobra.Command, paths []string) error { return r.run(c, paths) },
	}
	workspaceFlag(c, &r.workspace)
	formatFlag(c, &r.format, "text", "json", "markdown")
	f := c.Flags()
	f.StringVar(&r.budget, "budget", "", "the budget's `FILE` (default: memls.toml in the workspace)")
	f.BoolVar(&r.write, "write", false, "write the budget again, from the build")
	f.IntVar(&r.top, "top", 0, "how many lines to list (0: the format's default)")
	return c
}

func (r *checkRequest) run(c *cobra.Command, paths []string) error {
	write, err := formatOf(checkFormats, r.format, report.BudgetProblems)
	if err != nil {
		return err
	}
	if r.top < 0 {
		return usagef("--top %d: it cannot be negative", r.top)
	}
	root, err := findRoot(r.workspace)
	if err != nil && (r.workspace != "" || len(paths) == 0 || r.budget == "") {
		return err
	}
	path := filepath.Join(root, budget.Name)
	if r.budget != "" {
		path = absolute([]string{r.budget})[0]
	}
	file, text, err := readBudget(c.Context(), path)
	if errors.Is(err, fs.ErrNotExist) {
		if !r.write {
			return fmt.Errorf("%s: there is no budget yet; starlark-memls check --write PATH writes one from a build", path)
		}
		file, err = new(budget.Budget), nil
	}
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		base, err := outputBaseOf("", r.workspace)
		if err != nil {
			return err
		}
		paths = []string{base}
	}
	progress := newHeapProgress(c.ErrOrStderr())
	defer progress.close()
	builds, err := retained.Read(c.Context(), absolute(paths), root, heap.OpenOptions{CacheDir: heapCache(), Progress: progress.show})
	if err != nil {
		return err
	}
	progress.close()
	if r.write {
		return renewBudget(c.OutOrStdout(), path, text, file.Renew(builds), len(builds.Builds))
	}
	if file.Empty() {
		return fmt.Errorf("%s: it budgets nothing", path)
	}
	o := formatOptions(c, r.format, r.workspace, root)
	o.Top = r.top
	check := &report.BudgetCheck{Result: file.Check(builds), File: path, Builds: len(builds.Builds), Notes: checkNotes(&builds)}
	if err := write(textOut(c, r.format, o), check, o); err != nil {
		return err
	}
	return gateAs(c.ErrOrStderr(), "budget: ", report.BrokenBudgets(check, o))
}

// checkNotes say what to know about the builds.
func checkNotes(s *retained.Set) []string {
	notes := slices.Clone(s.Warnings)
	if !s.AtEnd() {
		notes = append(notes, "The heap is that of a dump, not of a build that passed: it also holds what was being computed.")
	}
	return notes
}

func readBudget(ctx context.Context, path string) (*budget.Budget, []byte, error) {
	const longest = 8 << 20
	text, err := input.ReadFile(ctx, path, longest)
	if err != nil {
		return nil, nil, err
	}
	file, err := budget.Parse(text)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return file, text, nil
}

// renewBudget writes the budget beside the file and puts it in its place.
func renewBudget(out io.Writer, path string, before []byte, file *budget.Budget, builds int) error {
	text := file.Text()
	if bytes.Equal(text, before) {
		_, err := fmt.Fprintf(out, "%s: is as it was\n", path)
		return err
	}
	if err := filecache.WriteShared(path, text); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "%s: written from %s, with %g %% of headroom\n", path, quantity.Count(builds, "build", "builds"), 100*float64(file.Headroom))
	return err
}
