// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/filecache"
	"example.invalid/starlark-memls/internal/problems"
	"example.invalid/starlark-memls/internal/report"
	"example.invalid/starlark-memls/internal/retained"
)

// A heapRequest is the command line of heap.
type heapRequest struct {
	workspace, format string
	sections          report.HeapSections
	root              string // --path-to-root
	diff              string
	measure           string // of exports
	redact, previews  bool
	top               int
	objects           objectRequest
}

func newHeap() *cobra.Command {
	var r heapRequest
	c := &cobra.Command{
		Use:     "heap [DUMP.hprof|FOLDER|-]",
		Short:   "Print Starlark's stacks, variables and memory from a heap dump",
		GroupID: "look",
		Long: `Read a Bazel server's heap dump (HPROF; compressed as .hprof.gz, .zst or .zip).
Without a name it is the newest that this workspace's servers have left; of a
FOLDER (an output base, a measurement) the newest in it; "-" or a named pipe
leaves nothing on the disk.

The first line says what holds most. Then comes the Starlark stack of each
thread, the one that failed first, with the variables of every frame; who holds
the memory, by rule, aspect, function, provider and target, in columns that add
up to the live heap; and what is wasteful in it. With none of --threads, --owners,
--findings and --class-histogram it is all but the last.

The line of a frame is that of the last call begun in it, which is what Bazel
records; what kind of statement was under way is read from the Java frames.

--format sarif, github, gitlab and junit write what is wasteful with the lines
where it is made, for code hosts, with paths relative to the repository's root.

Text shows the beginnings of values, which may be secrets; JSON only with
--previews. --redact prints a summary that may leave the company: no contents,
and labels, files and names as hashes. What was read is kept in the user's cache
folder, without contents, so that the second question is quick; the dump is
never changed.

--objects lists single live objects: FILTER compares type, class, length, size,
retained, target, rule, function, provider, owner (any of these four) and preview
by =, !=, <, <=, >, >= or ~ (a regular expression), joined by and, or, not and
parentheses; what has blanks or ()=!<>~ in it stands in quotes. --object ID unfolds
one of them: what it refers to, what refers to it, its dominator, and why it is
alive. Retained sizes take more than twice the memory of the rest; --sort size does
without them where the filter does not name them. Contents only with --previews.

--format html is one page with pictures to look around in, as a file that needs no
network. --format pprof, folded and speedscope carry who holds the memory into
other tools: a stack is rule or aspect, function, provider.field with the line
that made it, target, and the sums are the live heap's. All go to stdout. These
three also take a retained.json that measure has kept for a dump.`,
		Example: `  starlark-memls heap
  starlark-memls heap --format json --owners DUMP.hprof | jq '.owners.views[0].rows[:5]'
  starlark-memls heap --diff yesterday.hprof today.hprof
  starlark-memls heap --objects 'type = list and length > 10000 and retained > 1 MiB' DUMP.hprof
  ssh builder cat /tmp/java_pid4711.hprof.gz | starlark-memls heap -
  starlark-memls heap --workspace . --format html DUMP.hprof >heap.html
  starlark-memls heap --workspace . --format pprof DUMP.hprof >heap.pb.gz && go tool pprof -http : heap.pb.gz`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := cmp.Or(r.check(), r.objects.check(c, &r)); err != nil {
				return err
			}
			dump, err := r.dumpNamed(c, args)
			if err != nil {
				return err
			}
			return r.run(c, dump)
		},
	}
	workspaceFlag(c, &r.workspace)
	r.shown(c)
	f := c.Flags()
	f.StringVar(&r.root, "path-to-root", "", "why the object with this `ID` (decimal or 0x…, as printed) is alive")
	f.StringVar(&r.diff, "diff", "", "print what changed from the other dump `OTHER.hprof` to this one")
	r.objects.flags(c)
	return c
}

// shown are the flags that say what is printed; live has them, too.
func (r *heapRequest) shown(c *cobra.Command) {
	f := c.Flags()
	formatFlag(c, &r.format, append([]string{"text", "json"}, exportFormats...)...)
	measureFlag(c, &r.measure)
	f.BoolVar(&r.sections.Threads, "threads", false, "the Starlark stacks")
	f.BoolVar(&r.sections.Owners, "owners", false, "who holds the memory")
	f.BoolVar(&r.sections.Findings, "findings", false, "what is wasteful: big and equal strings, copied lists, deep depsets")
	f.BoolVar(&r.sections.Histogram, "class-histogram", false, "instances and bytes by Java class")
	f.BoolVar(&r.redact, "redact", false, "no contents, and labels, files and names as hashes")
	f.BoolVar(&r.previews, "previews", false, "show the beginnings of values in JSON, too")
	f.IntVar(&r.top, "top", 0, "how many rows of each table (0: the format's default)")
}

// dumpPath is the absolute path of a dump, or "-" for standard input.
func dumpPath(path string) string {
	if path == "-" {
		return path
	}
	return absolute([]string{path})[0]
}

func (r *heapRequest) check() error {
	switch {
	case r.format != "text" && r.format != "json" && !isExport(r.format) && !r.asProblems():
		return usagef("unknown --format %q: it is %s", r.format, listOf(slices.Concat([]string{"text", "json"}, exportFormats, problems.Names())))
	case isExport(r.format) && (r.diff != "" || r.root != ""):
		return usagef("--format %s is for one heap; two are compared by go tool pprof -diff_base", r.format)
	case r.measure != "" && r.format != "folded":
		return usagef("--measure is for --format folded: the other formats have them all")
	case r.top < 0:
		return usagef("--top %d: it cannot be negative", r.top)
	case r.redact && r.previews:
		return usagef("--redact takes out what --previews shows: give one of them")
	case r.redact && (r.diff != "" || r.root != ""):
		return usagef("--redact is for the summary of one dump, and goes neither with --diff nor with --path-to-root")
	case r.asProblems() && (r.diff != "" || r.root != ""):
		return usagef("--format %s is for what is found in one dump, and goes neither with --diff nor with --path-to-root", r.format)
	case r.diff != "" && r.root != "":
		return usagef("--diff and --path-to-root are two questions: ask one at a time")
	}
	if r.asProblems() {
		r.sections = report.HeapSections{Findings: true}
	}
	if isExport(r.format) {
		r.sections = report.HeapSections{Threads: true, Owners: true, Findings: true}
	}
	if r.sections == (report.HeapSections{}) {
		r.sections = report.HeapSections{Threads: true, Owners: true, Findings: true}
	}
	return nil
}

// asProblems is whether the findings are written in a form for code hosts.
func (r *heapRequest) asProblems() bool {
	_, ok := problems.FormatOf(r.format)
	return ok
}

func (r *heapRequest) run(c *cobra.Command, path string) error {
	progress := newHeapProgress(c.ErrOrStderr())
	defer progress.close()
	opts := heap.OpenOptions{CacheDir: heapCache(), Progress: progress.show}
	o := report.HeapOptions{Options: report.Options{Top: r.top}, Sections: r.sections}
	if r.workspace != "" {
		root, err := findRoot(r.workspace)
		if err != nil {
			return err
		}
		o.Root = root
	}
	switch {
	case isExport(r.format) && strings.HasSuffix(path, ".json"):
		return r.exportRetained(c, path)
	case r.objects.asked():
		return r.objects.run(c, r, path, opts, o.Options, progress)
	case r.root != "":
		return r.pathToRoot(c, path, opts, progress)
	case r.diff != "":
		return r.compare(c, path, opts, o, progress)
	}
	s, err := r.read(c.Context(), path, opts)
	if err != nil {
		return err
	}
	progress.close()
	return r.print(c, s, o)
}

func (r *heapRequest) print(c *cobra.Command, s *heap.Summary, o report.HeapOptions) error {
	if r.redact {
		s = s.Redact()
	}
	if f, ok := problems.FormatOf(r.format); ok {
		if !r.redact {
			o.Root = repositoryRoot(o.Root)
		}
		return f.Write(c.OutOrStdout(), named(report.HeapProblems(s, o.Options), o.Options))
	}
	if isExport(r.format) {
		return r.export(c, s)
	}
	if r.format == "json" {
		return report.WriteHeapJSON(c.OutOrStdout(), s, o)
	}
	return report.WriteHeapText(c.OutOrStdout(), s, o)
}

// read reads as much as the sections need: who holds the memory takes several
// times as long as who was running.
func (r *heapRequest) read(ctx context.Context, path string, opts heap.OpenOptions) (*heap.Summary, error) {
	previews := r.sections.Threads && !r.redact && (r.previews || r.format == "text")
	if r.sections.Owners || r.sections.Findings {
		return heap.Read(ctx, path, heap.ReadOptions{OpenOptions: opts, Previews: previews})
	}
	d, err := heap.Open(ctx, path, opts)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.Summary(heap.SummaryOptions{Previews: previews}), nil
}

func (r *heapRequest) compare(c *cobra.Command, path string, opts heap.OpenOptions, o report.HeapOptions, progress *heapProgress) error {
	var both [2]*heap.Summary
	for i, p := range []string{dumpPath(r.diff), path} {
		s, err := heap.Read(c.Context(), p, heap.ReadOptions{OpenOptions: opts})
		if err != nil {
			return err
		}
		progress.close()
		for _, w := range s.Warnings {
			fmt.Fprintf(c.ErrOrStderr(), "starlark-memls: %s: %s\n", p, w)
		}
		both[i] = s
	}
	changes := retained.CompareViews(both[0], both[1])
	if r.format == "json" {
		return report.WriteHeapDiffJSON(c.OutOrStdout(), changes)
	}
	return report.WriteHeapDiffText(c.OutOrStdout(), changes, o.Options)
}

func (r *heapRequest) pathToRoot(c *cobra.Command, path string, opts heap.OpenOptions, progress *heapProgress) error {
	id, err := objectID("--path-to-root", r.root)
	if err != nil {
		return err
	}
	found, err := pathToRoot(c.Context(), path, id, opts)
	if err != nil {
		return err
	}
	progress.close()
	if r.format == "json" {
		return report.WriteHeapPathJSON(c.OutOrStdout(), found)
	}
	return report.WriteHeapPathText(c.OutOrStdout(), found)
}

// pathToRoot is the way from a root to an object.
func pathToRoot(ctx context.Context, path string, id uint64, opts heap.OpenOptions) (*heap.Path, error) {
	d, err := heap.Open(ctx, path, opts)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	b, err := d.Browse(ctx)
	if err != nil {
		return nil, err
	}
	found, err := b.PathToRoot(ctx, id)
	if errors.Is(err, heap.ErrNoObject) || errors.Is(err, heap.ErrGarbage) {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return found, err
}

// heapCache is where what was read from dumps is kept; "" where the system has
// no place for it.
func heapCache() string {
	cache, err := filecache.Dir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "heap")
}
