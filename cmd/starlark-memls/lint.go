// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/checks"
	"example.invalid/starlark-memls/internal/lint/evidence"
	"example.invalid/starlark-memls/internal/lint/flow"
	"example.invalid/starlark-memls/internal/lint/rewrite"
	"example.invalid/starlark-memls/internal/problems"
	"example.invalid/starlark-memls/internal/report"
	"example.invalid/starlark-memls/starlark"
)

// A lintRequest is the command line of lint.
type lintRequest struct {
	evidence     []string
	only, failOn string
	format       string
	all          bool
	fix, diff    bool
}

func newLint() *cobra.Command {
	var r lintRequest
	c := &cobra.Command{
		Use:     "lint [DIR...]",
		Short:   "Find in the sources what makes the heap grow",
		GroupID: "look",
		Long: `Follow the values in the workspace's .bzl files, through calls, providers and
closures, and print where every target keeps a copy of what the targets below it
keep, or makes again what is the same for all targets. Nothing is built.

Without evidence only what grows in every build is shown, as hints. With a heap
dump, a retained.json or anything else that report reads, findings carry the
bytes that were measured at their lines, the largest first; what was measured and
is small is not shown.

  starlark-memls explain ML101     what a code means, with an example
  # memls: ignore[ML101]           on a line, or a function's def line: not here

--fix rewrites what can be rewritten safely, with every file that reads it, and
leaves the rest as it is; --diff prints the same as a patch for git apply. A
depset keeps equal elements once: starlark-memls verify compares the builds.

--fail-on makes a gate of it: exit 3 where a finding has one of the codes, or is
at least as severe as hint, information or warning (a warning has evidence).`,
		Example: `  starlark-memls lint
  starlark-memls lint --evidence "$(bazel info output_base)"/java_pid4711.hprof
  starlark-memls lint --format sarif --fail-on ML101,ML103 > lint.sarif`,
		RunE: r.run,
	}
	f := c.Flags()
	f.StringArrayVar(&r.evidence, "evidence", nil, "a heap dump, retained.json, measurement or profile `PATH`; may be repeated")
	f.StringVar(&r.only, "checks", "", "only these `CODES`, separated by commas; with - before each: all but these")
	f.BoolVar(&r.fix, "fix", false, "rewrite the sources where that is safe, and print what is left")
	f.BoolVar(&r.diff, "diff", false, "print what --fix would change, as a patch, and nothing else")
	f.BoolVar(&r.all, "all", false, "also what may be harmless, and was not measured")
	f.StringVar(&r.failOn, "fail-on", "", "exit 3 where a finding has one of these codes or severities: `hint,ML101,…`")
	formatFlag(c, &r.format, "text", "json")
	return c
}

var lintFormats = map[string]func(io.Writer, *lint.RunResult, report.Options) error{
	"text": func(w io.Writer, o *lint.RunResult, _ report.Options) error { return lint.WriteText(w, o) },
	"json": func(w io.Writer, o *lint.RunResult, _ report.Options) error { return lint.WriteJSON(w, o) },
}

// lintGCPercent: what is followed lives as long as the program runs, and is some
// hundred megabytes at most, so that collecting seldom saves a third of the time.
const lintGCPercent = 400

func (r *lintRequest) run(c *cobra.Command, dirs []string) error {
	write, err := formatOf(lintFormats, r.format, func(o *lint.RunResult, _ report.Options) *problems.Set { return o.Problems(problems.Tool{}) })
	if err != nil {
		return err
	}
	chosen, err := chooseChecks(r.only)
	if err != nil {
		return err
	}
	fails, err := parseLintGate(r.failOn)
	if err != nil {
		return err
	}
	root, within, err := lintRoot(dirs)
	if err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(lintGCPercent))
	}
	var trees flow.Trees
	ws, err := loadParsed(c.Context(), root, ownOutputBase(root), trees.Keep)
	if err != nil {
		return err
	}
	measured, err := r.measured(c.Context(), c.ErrOrStderr(), ws)
	if err != nil {
		return err
	}
	program, err := trees.Follow(c.Context(), ws)
	if err != nil {
		return err
	}
	found := lint.Examine(program, chosen)
	found = slices.DeleteFunc(found, func(f *lint.Finding) bool { return !below(f.Place.File, within) })
	rewrite.Attach(program, found)
	shown := formatOptions(c, r.format, root, root)
	outcome := lint.Weigh(found, chosen, measured, r.all)
	outcome.Name = shown.Path
	if r.fix || r.diff {
		if err := r.rewrite(c, program, outcome); err != nil || r.diff {
			return err
		}
	}
	if err := write(textOut(c, r.format, shown), outcome, shown); err != nil {
		return err
	}
	return gate(c.ErrOrStderr(), fails(outcome.Findings))
}

// lintRoot is the workspace of the folders that are named, and the folders.
func lintRoot(dirs []string) (root string, within []string, err error) {
	if len(dirs) == 0 {
		root, err = findRoot("")
		return root, nil, err
	}
	for _, dir := range dirs {
		if _, err := findRoot(dir); err != nil {
			return "", nil, err
		}
		if dir, err = filepath.Abs(dir); err != nil {
			return "", nil, err
		}
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			dir = real
		}
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return "", nil, fmt.Errorf("%s: not a folder; give folders of a Bazel workspace", dir)
		}
		around := rootAround(dir)
		if root != "" && around != root {
			return "", nil, usagef("%s and %s are in two workspaces: lint one at a time", dirs[0], dir)
		}
		root = around
		within = append(within, filepath.ToSlash(dir))
	}
	return root, within, nil
}

// rootAround is the workspace around a folder, else the folder itself.
func rootAround(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		for _, name := range boundaryFiles {
			if info, err := os.Stat(filepath.Join(at, name)); err == nil && info.Mode().IsRegular() {
				return at
			}
		}
		if at == filepath.Dir(at) {
			return dir
		}
	}
}

func below(file string, within []string) bool {
	return len(within) == 0 || slices.ContainsFunc(within, func(dir string) bool { return strings.HasPrefix(file, dir+"/") })
}

// chooseChecks reads --checks.
func chooseChecks(only string) ([]*lint.Check, error) {
	var with, without []string
	for code := range strings.SplitSeq(only, ",") {
		code = strings.ToUpper(strings.TrimSpace(code))
		name, left := strings.CutPrefix(code, "-")
		if name == "" {
			continue
		}
		if _, ok := checks.Lookup(name); !ok {
			return nil, usagef("--checks %s: there is no such check; starlark-memls explain lists them", name)
		}
		if left {
			without = append(without, name)
		} else {
			with = append(with, name)
		}
	}
	return slices.DeleteFunc(checks.All(), func(c *lint.Check) bool {
		return len(with) > 0 && !slices.Contains(with, c.Code) || slices.Contains(without, c.Code)
	}), nil
}

// parseLintGate reads --fail-on, and gives what tells the findings for which a
// condition holds.
func parseLintGate(conditions string) (func([]*lint.Finding) []string, error) {
	severities := map[string]lint.Severity{"hint": lint.Hint, "information": lint.Information, "warning": lint.Warning}
	var names []string
	for name := range strings.SplitSeq(conditions, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		_, code := checks.Lookup(name)
		if _, severity := severities[name]; !severity && !code {
			return nil, usagef("--fail-on %s: it is a code, or one of %s", name, strings.Join(slices.Sorted(maps.Keys(severities)), ", "))
		}
		names = append(names, name)
	}
	return func(all []*lint.Finding) []string {
		var held []string
		for _, name := range names {
			n := 0
			for _, f := range all {
				if severity, ok := severities[name]; ok && f.Severity <= severity || strings.EqualFold(f.Code, name) {
					n++
				}
			}
			if n > 0 {
				held = append(held, fmt.Sprintf("%s: %d found", name, n))
			}
		}
		return held
	}, nil
}

// measured reads the evidence, nil where none was given.
func (r *lintRequest) measured(ctx context.Context, complain io.Writer, ws *starlark.Workspace) (*lint.Evidence, error) {
	if len(r.evidence) == 0 {
		return nil, nil
	}
	ev := evidence.New()
	for _, p := range absolute(r.evidence) {
		warnings, err := evidence.Read(ctx, ev, p, ws, heap.OpenOptions{CacheDir: heapCache()})
		for _, w := range warnings {
			fmt.Fprintf(complain, "starlark-memls: %s\n", w)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
	}
	return ev, nil
}
