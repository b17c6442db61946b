// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/gather"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/report"
	"example.invalid/starlark-memls/starlark"
)

// reportFormats are the writers of `report --format`.
var reportFormats = map[string]func(io.Writer, *attribution.Report, report.Options) error{
	"text":     report.WriteText,
	"json":     report.WriteJSON,
	"markdown": report.WriteMarkdown,
}

func newReport() *cobra.Command {
	var workspace, format, failOn, sections, measure string
	var redact bool
	var top int
	var heapTime time.Duration
	c := &cobra.Command{
		Use:     "report [PATH…]",
		Short:   "Say which function is to blame, and why",
		GroupID: "crash",
		Long: `Report what measurements say: first the answer in a sentence, then why, what
would make it more certain, the functions ranked by the weight of the evidence against
them, the crashes with their stacks, and what the data cannot show. On a
terminal the answer stands at the end as well. All numbers on the first suspect,
every stack and reason, and the table of builds are in --sections all.

A PATH is a measurement's folder, a folder of such folders, a Bazel output
base, or a bare file: a profile, a console log, build events (JSON), a pprof
file, a failure detail, a heap dump. With no PATH it is what the last Bazel command in this
workspace left in its output base. Bazel is never started.

A profile names functions without their files. If several functions have the
same name, the report infers which one ran, and says "probably" and how probable.
In JSON, "posterior" then lists them all, the most probable first; "file" and
"line" are those of the first if it is more probable than all others together,
else absent. If a repository whose code ran is not on this machine, the function
may be there: then no definition is named, "candidates" lists those that are
here, and "unseen_probability" is a rough guess that it is none of them.

--format sarif, github (annotations), gitlab (code quality) and junit are for
code hosts: crashes and the lines that hold the heap, under the editor's codes,
with paths relative to the repository's root, and fingerprints that stay the
same from build to build.

--fail-on makes a gate of it. The conditions, any of which fails with exit 3:
  crash                   there is a crash
  sure, likely, possible  a suspect has that verdict or a stronger one
  score>0.9               a function's score, or any number of its evidence by
                          its name in the JSON report, with >, >=, < or <=

--format html is the report with its pictures as one file that needs no network:
what to attach to an issue. --format pprof, folded and speedscope carry the
functions with their bytes and times, and the stacks of the crashes, into other
tools. All go to stdout; --redact is for them: names, files and labels as hashes.`,
		Example: `  starlark-memls report
  starlark-memls report --workspace ~/src/app ci-artifacts/command.profile.gz ci-artifacts/console.log
  starlark-memls report --format json series/ | jq '.functions[0]'
  starlark-memls report --format html --redact series/ >report.html
  starlark-memls report --format pprof series/ >series.pb.gz && go tool pprof -top -sample_index=self_time series.pb.gz`,
		RunE: func(c *cobra.Command, paths []string) error {
			write, err := formatOf(reportFormats, format, report.Problems, exportFormats...)
			switch {
			case isExport(format):
			case err != nil:
				return err
			case redact:
				return usagef("--redact is for --format html, pprof, folded and speedscope")
			}
			if measure != "" && format != "folded" {
				return usagef("--measure is for --format folded: the other formats have them all")
			}
			if top < 0 {
				return usagef("--top %d: it cannot be negative", top)
			}
			conditions, err := report.ParseConditions(failOn, false)
			if err != nil {
				return usageError{err}
			}
			shown, full, err := report.ParseSections(sections)
			if err != nil {
				return usageError{err}
			}
			limits := heapLimits(paths)
			if c.Flags().Changed("heap-time") {
				limits.Time = heapTime
			}
			r, ws, err := concludeWithin(c.Context(), workspace, paths, limits)
			if err != nil {
				return err
			}
			o := formatOptions(c, format, workspace, rootOf(ws))
			o.Top, o.Sections, o.Full = top, shown, full
			if isExport(format) {
				if err := exportReport(c, r, ws, paths, o, exportRequest{format, measure, redact}); err != nil {
					return err
				}
			} else if err := write(textOut(c, format, o), r, o); err != nil {
				return err
			}
			return gate(c.ErrOrStderr(), report.Held(conditions, r, o))
		},
	}
	workspaceFlag(c, &workspace)
	formatFlag(c, &format, append([]string{"text", "json", "markdown"}, exportFormats...)...)
	measureFlag(c, &measure)
	c.Flags().BoolVar(&redact, "redact", false, "names, files and labels as hashes, in exports")
	c.Flags().IntVar(&top, "top", 0, "how many functions to list (0: the format's default)")
	c.Flags().DurationVar(&heapTime, "heap-time", unnamedHeapTime, "time limit for finding out who holds a heap dump's memory; its stacks are read in any case (0: no limit, the default for a PATH that is given)")
	c.Flags().StringVar(&failOn, "fail-on", "", failOnHelp+", score>0.9, retained_bytes>1e8, …")
	c.Flags().StringVar(&sections, "sections", "", "parts of the text to show at full length, or with a minus to leave out: all, "+strings.Join(report.SectionNames(), ", "))
	completeWords(c, "fail-on", "crash", "sure", "likely", "possible", "score>0.9")
	return c
}

// workspaceFlag adds --workspace.
func workspaceFlag(c *cobra.Command, workspace *string) {
	c.Flags().StringVar(workspace, "workspace", "", "the workspace's folder (default: the one around the current folder); printed paths are relative to it when given")
}

// completeWords lets the shell complete a flag's words.
func completeWords(c *cobra.Command, flag string, words ...string) {
	// The only error is a flag that does not exist.
	_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}

// conclude makes the report on paths, or, with none, on what the workspace's
// last build left. That no path gives a fact is an error.
func conclude(ctx context.Context, workspace string, paths []string) (*attribution.Report, *starlark.Workspace, error) {
	return concludeWithin(ctx, workspace, paths, heapLimits(paths))
}

// unnamedHeapTime bounds the work on a heap dump that nobody has named.
const unnamedHeapTime = time.Minute

// heapLimits are those of a command that was given these paths.
func heapLimits(paths []string) observe.HeapLimits {
	if len(paths) > 0 {
		return observe.HeapLimits{}
	}
	return observe.HeapLimits{Time: unnamedHeapTime}
}

// concludeWithin is conclude with bounds for heap dumps.
func concludeWithin(ctx context.Context, workspace string, paths []string, limits observe.HeapLimits) (*attribution.Report, *starlark.Workspace, error) {
	root, err := findRoot(workspace)
	if err != nil && (workspace != "" || len(paths) == 0) {
		return nil, nil, err
	}
	var evidence gather.Gathered
	observing := observe.ReadOptions{HeapCacheDir: heapCache(), Heap: limits}
	if len(paths) > 0 {
		evidence, err = gather.Paths(ctx, absolute(paths), observing)
	} else {
		evidence, err = gather.Workspace(ctx, root, observing)
	}
	if err != nil {
		return nil, nil, err
	}
	if len(evidence.Observations) == 0 {
		return nil, nil, noFacts(evidence.Warnings)
	}
	var ws *starlark.Workspace
	if root != "" {
		if ws, err = loadWorkspace(ctx, root, cmp.Or(evidence.OutputBase, ownOutputBase(root))); err != nil {
			return nil, nil, err
		}
	}
	options := attribution.ConcludeOptions{Warnings: evidence.Warnings}
	if m := evidence.Older; m != nil {
		options.Older = &attribution.OlderCrash{Path: m.Path, Ended: m.Ended}
	}
	return attribution.Conclude(ctx, evidence.Observations, ws, options), ws, ctx.Err()
}

// noFacts turns the warnings about every path into the command's failure, one
// line each.
func noFacts(warnings []observe.Warning) error {
	var lines []string
	for _, w := range warnings {
		line := w.Message
		if w.Path != "" && !strings.HasPrefix(line, w.Path) {
			line = w.Path + ": " + line
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		lines = []string{"there is nothing to report"}
	}
	return errors.New(strings.Join(slices.Compact(lines), "\n"))
}

// shownRoot is what printed paths are relative to: the workspace, when it was
// named.
func shownRoot(workspace string, ws *starlark.Workspace) string {
	if workspace == "" || ws == nil {
		return ""
	}
	return ws.Root()
}

// absolute makes paths absolute, so that the report's are.
func absolute(paths []string) []string {
	out := make([]string, len(paths))
	for i, path := range paths {
		out[i] = path
		if abs, err := filepath.Abs(path); err == nil {
			out[i] = abs
		}
	}
	return out
}

// errNoWorkspace is returned where no folder around the current one is a
// workspace.
func errNoWorkspace(dir string) error {
	return fmt.Errorf("%s: no WORKSPACE, MODULE.bazel or REPO.bazel here or above; name the workspace with --workspace", dir)
}
