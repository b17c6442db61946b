// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/problems"
	"example.invalid/starlark-memls/internal/report"
	"example.invalid/starlark-memls/internal/retained"
)

// comparisonFormats are the writers of `compare --format`, but for problems.
var comparisonFormats = map[string]func(io.Writer, *report.ComparisonJSON, []report.Violation, report.Options) error{
	"text":     report.WriteComparison,
	"json":     report.WriteComparisonJSON,
	"markdown": report.WriteComparisonMarkdown,
}

// failOnHelp tells the conditions' language.
const failOnHelp = `conditions, separated by commas; exit 3 where one holds: crash, sure, likely, possible`

func newCompare() *cobra.Command {
	var workspace, format, failOn string
	var top int
	c := &cobra.Command{
		Use:     "compare A B",
		Short:   "Show what differs between two sets of measurements, or two heaps",
		GroupID: "look",
		Long: `Compare two sets of measurements: before and after a change, or low limits
against high ones. A and B are what report takes (a measurement, a folder of
measurements, an output base, a bare file), or a heap: a heap dump or a
retained.json.

Bytes come first. Where both sides tell who holds the heap, each function, rule,
aspect and provider's field is compared: retained bytes, targets, bytes a
target. One build a side is enough, because equal builds hold equal bytes, or
nearly. The difference between equal builds is called noise and not listed.

Each function's self time and calls per build are compared with a 95 % interval
over builds, so each side needs two builds or more to tell a difference from
chance. What got worse comes first.

--fail-on makes a gate of it. The conditions, any of which fails with exit 3:
  crash                   B crashes and A never did, or more beyond chance
  sure, likely, possible  a suspect of that verdict in B that A does not have
  worse                   a function's self time grew beyond its interval
  self_micros>+20%        self time (or calls) grew by more than that, and
                          beyond the interval
  retained_bytes>+5%      a function or a provider's field holds that much more,
                          beyond noise, and 64 KiB at least
  retained_bytes>+10m     the same as a size
  retained_bytes>200m     a function or a field holds more than that in B
  live_bytes>+2%, >3g     the whole live heap grew, or is larger
  limit>2g, >+5%          the memory limit that the build needs: beyond the
                          interval of its estimate
  allocated_bytes>+5%     bytes of allocation profiles

--format markdown is fit for the comment of a pull request; sarif, github,
gitlab and junit tell what grew and which conditions hold, with places.`,
		Example: `  starlark-memls compare before/ after/
  starlark-memls compare --fail-on 'retained_bytes>+5%,limit>2g' main/ branch/
  starlark-memls compare --format markdown yesterday.hprof.gz today/retained.json`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, paths []string) error {
			write, err := comparisonFormat(format)
			if err != nil {
				return err
			}
			if top < 0 {
				return usagef("--top %d: it cannot be negative", top)
			}
			conditions, err := report.ParseConditions(failOn, true)
			if err != nil {
				return usageError{err}
			}
			comparison, root, err := compareSets(c, workspace, paths[0], paths[1])
			if err != nil {
				return err
			}
			o := formatOptions(c, format, workspace, root)
			o.Top = top
			held := report.HeldBetween(conditions, comparison, o)
			if err := write(textOut(c, format, o), comparison, held, o); err != nil {
				return err
			}
			var lines []string
			for _, v := range held {
				lines = append(lines, v.Text)
			}
			return gate(c.ErrOrStderr(), lines)
		},
	}
	workspaceFlag(c, &workspace)
	formatFlag(c, &format, "text", "json", "markdown")
	c.Flags().IntVar(&top, "top", 0, "how many functions to list (0: the format's default)")
	c.Flags().StringVar(&failOn, "fail-on", "", failOnHelp+", worse, self_micros>+20%, retained_bytes>+5%, live_bytes>3g, limit>2g, …")
	completeWords(c, "fail-on", "crash", "sure", "likely", "possible", "worse", "self_micros>+20%", "retained_bytes>+5%", "live_bytes>+2%", "limit>2g")
	return c
}

// comparisonFormat is the writer of a --format.
func comparisonFormat(format string) (func(io.Writer, *report.ComparisonJSON, []report.Violation, report.Options) error, error) {
	if write, ok := comparisonFormats[format]; ok {
		return write, nil
	}
	f, ok := problems.FormatOf(format)
	if !ok {
		return nil, usagef("unknown --format %q: it is %s", format, listOf(append([]string{"text", "json", "markdown"}, problems.Names()...)))
	}
	return func(w io.Writer, c *report.ComparisonJSON, held []report.Violation, o report.Options) error {
		return f.Write(w, named(report.ComparisonProblems(c, held, o), o))
	}, nil
}

// compareSets compares the heaps of both sides, and, where they are more than
// bare heaps, concludes both against one workspace, whose root it tells.
func compareSets(c *cobra.Command, workspace, a, b string) (comparison *report.ComparisonJSON, root string, err error) {
	ctx := c.Context()
	if root, err = findRoot(workspace); err != nil && workspace != "" {
		return nil, "", err
	}
	progress := newHeapProgress(c.ErrOrStderr())
	defer progress.close()
	var heaps [2]retained.Set
	var without [2]error
	bare := true
	for i, path := range absolute([]string{a, b}) {
		heaps[i], without[i] = retained.Read(ctx, []string{path}, root, heap.OpenOptions{CacheDir: heapCache(), Progress: progress.show})
		if without[i] != nil && !errors.Is(without[i], retained.ErrNone) {
			return nil, "", fmt.Errorf("reading %c: %w", 'A'+i, without[i])
		}
		bare = bare && heaps[i].Bare()
	}
	progress.close()
	var both *retained.Comparison
	var notes []string
	switch {
	case without[0] == nil && without[1] == nil:
		both = retained.Compare(heaps[0], heaps[1])
		notes = slices.Concat(heaps[0].Warnings, heaps[1].Warnings)
	case without[0] == nil, without[1] == nil:
		which, path := 'A', a
		if without[0] == nil {
			which, path = 'B', b
		}
		notes = append(notes, fmt.Sprintf("Bytes are not compared: nothing says who held the heap of %c, %s. Give a measurement made by starlark-memls measure, or a heap dump.", which, path))
	}
	if both != nil && bare {
		return report.NewComparison(nil, both, notes), root, nil
	}
	first, _, err := conclude(ctx, workspace, []string{a})
	if err != nil {
		return nil, "", fmt.Errorf("reading A: %w", err)
	}
	second, _, err := conclude(ctx, workspace, []string{b})
	if err != nil {
		return nil, "", fmt.Errorf("reading B: %w", err)
	}
	return report.NewComparison(attribution.Compare(first, second), both, notes), root, nil
}

// gate tells the conditions that hold, one line each, and is the error for the
// exit status.
func gate(stderr io.Writer, held []string) error { return gateAs(stderr, "--fail-on ", held) }

// gateAs is gate on what is told with other words before it.
func gateAs(stderr io.Writer, before string, held []string) error {
	var err error
	for _, h := range held {
		_, wrote := fmt.Fprintln(stderr, "starlark-memls: "+before+h)
		err = errors.Join(err, wrote)
	}
	if err != nil || len(held) == 0 {
		return err
	}
	return errGate
}
