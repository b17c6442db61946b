// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/internal/bazel/server"
	"example.invalid/starlark-memls/internal/filecache"
	"example.invalid/starlark-memls/internal/interrupt"
	"example.invalid/starlark-memls/internal/live"
	"example.invalid/starlark-memls/internal/report"
	"example.invalid/starlark-memls/internal/retained"
)

// A liveRequest is the command line of live.
type liveRequest struct {
	heapRequest
	outputBase, keep string
	yes              bool
}

// diffLast is --diff without a file.
const diffLast = "last"

func newLive() *cobra.Command {
	var r liveRequest
	c := &cobra.Command{
		Use:     "live [flags]",
		Short:   "Ask the running server who holds its memory",
		GroupID: "look",
		Long: `Ask the workspace's running Bazel server for its heap, and print what "heap"
prints. No Bazel command, no startup flag and no agent is needed, and Bazel's
lock is not taken: it works while a build runs, and after one that passed.

The server stands still while it writes its heap. You are told first for about
how long, and asked whether to go on; outside a terminal --yes is needed. The
heap comes through a pipe, so nothing is written to the disk (Linux, JDK 17 and
later; elsewhere a file without a name). --keep FILE keeps the dump, gzip'd if
FILE ends in .gz; it holds everything the server knows, secrets too.

Who holds how much is remembered in the user's cache folder, without contents.
--diff prints what changed since the last time, --diff FILE since a
retained.json.`,
		Example: `  starlark-memls live
  starlark-memls live --yes --diff
  starlark-memls live --yes --keep server.hprof.gz`,
		RunE: func(c *cobra.Command, args []string) error {
			// --diff takes its file from behind it, if there is one.
			if len(args) == 1 && r.diff == diffLast {
				r.diff, args = args[0], nil
			}
			if len(args) > 0 {
				return usagef("live takes no arguments: it asks the server of this workspace")
			}
			return r.ask(c)
		},
	}
	workspaceFlag(c, &r.workspace)
	outputBaseFlag(c, &r.outputBase)
	r.shown(c)
	f := c.Flags()
	f.BoolVar(&r.yes, "yes", false, "ask the server without asking first")
	f.StringVar(&r.diff, "diff", "", "print what changed since the last time, or since the retained.json `FILE`")
	f.Lookup("diff").NoOptDefVal = diffLast
	f.StringVar(&r.keep, "keep", "", "keep the heap dump in `FILE`")
	return c
}

func outputBaseFlag(c *cobra.Command, to *string) {
	c.Flags().StringVar(to, "output-base", "", "Bazel's output base (default: the workspace's own)")
}

func (r *liveRequest) ask(c *cobra.Command) error {
	if err := r.check(); err != nil {
		return err
	}
	base, err := outputBaseOf(r.outputBase, r.workspace)
	if err != nil {
		return err
	}
	s, err := server.Find(base)
	if err != nil {
		return err
	}
	if err := s.Verify(); err != nil {
		return err
	}
	if err := r.agree(c, s); err != nil {
		return err
	}
	defer interrupt.Hold(c.Context())() // nothing of what the JVM writes may stay
	summary, err := r.heap(c, s)
	if err != nil {
		return err
	}
	return r.tell(c, s, summary)
}

// agree says what it costs, and asks where somebody can answer.
func (r *liveRequest) agree(c *cobra.Command, s *server.Server) error {
	fmt.Fprintln(c.ErrOrStderr(), "starlark-memls: "+r.price(s))
	if r.yes {
		return nil
	}
	if !canAsk(c) {
		return usagef("not a terminal: add --yes to allow the pause")
	}
	if !confirm(c, "Ask the server?", false) {
		return errors.New("not asked")
	}
	return nil
}

func (r *liveRequest) price(s *server.Server) string {
	disk := "nothing on the disk"
	if r.keep != "" {
		disk = "the dump stays in " + r.keep
	}
	return live.Price(s) + "; " + disk
}

func (r *liveRequest) heap(c *cobra.Command, s *server.Server) (*heap.Summary, error) {
	o := live.DumpOptions{Dir: liveFolder(), Notice: func(text string) { fmt.Fprintln(c.ErrOrStderr(), "starlark-memls: "+text) }}
	progress := newHeapProgress(c.ErrOrStderr())
	defer progress.close()
	read := heap.ReadOptions{OpenOptions: heap.OpenOptions{Progress: progress.show}, Previews: r.sections.Threads && !r.redact && (r.previews || r.format == "text")}
	if r.keep == "" {
		summary, _, err := live.Heap(c.Context(), s, o, read)
		return summary, err
	}
	file := absolute([]string{r.keep})[0]
	if err := live.Keep(c.Context(), s, o, file); err != nil {
		return nil, err
	}
	return heap.Read(c.Context(), file, read)
}

// tell prints, and remembers for the next time.
func (r *liveRequest) tell(c *cobra.Command, s *server.Server, summary *heap.Summary) error {
	now, known := summary.Retained()
	if root, err := findRoot(r.workspace); err == nil {
		now = now.RelativeTo(root)
	}
	before, err := r.before(c.Context(), s)
	if err != nil {
		return err
	}
	if known {
		if err := live.Remember(liveFolder(), s, now); err != nil {
			fmt.Fprintf(c.ErrOrStderr(), "starlark-memls: not remembered for --diff: %v\n", err)
		}
	}
	o := report.HeapOptions{Options: report.Options{Top: r.top}, Sections: r.sections}
	if root, err := findRoot(r.workspace); err == nil {
		o.Root = root
	}
	switch {
	case r.diff == "":
		return r.print(c, summary, o)
	case !known:
		return errors.New("who holds the memory could not be told, so there is nothing to compare")
	case r.format == "json":
		return report.WriteHeapsSinceJSON(c.OutOrStdout(), retained.Compare(retained.One(*before), retained.One(now)))
	}
	return report.WriteHeapsSince(c.OutOrStdout(), retained.Compare(retained.One(*before), retained.One(now)), o.Options)
}

// before is what --diff compares with; nil without it.
func (r *liveRequest) before(ctx context.Context, s *server.Server) (*heap.Retained, error) {
	var before heap.Retained
	var err error
	switch r.diff {
	case "":
		return nil, nil
	case diffLast:
		if before, err = live.Remembered(ctx, liveFolder(), s); errors.Is(err, live.ErrNeverAsked) {
			return nil, fmt.Errorf("%w; run live without --diff first", err)
		}
	default:
		before, err = live.ReadRetained(ctx, absolute([]string{r.diff})[0])
	}
	if err != nil {
		return nil, err
	}
	return &before, nil
}

// liveFolder is where what was asked of servers is kept, for this user alone.
func liveFolder() string {
	cache, err := filecache.Dir()
	if err != nil {
		cache = filepath.Join(os.TempDir(), "starlark-memls")
	}
	return filepath.Join(cache, "live")
}

// outputBaseOf is the output base that is named, or the workspace's own.
func outputBaseOf(named, workspace string) (string, error) {
	if named != "" {
		return filepath.Abs(named)
	}
	root, err := findRoot(workspace)
	if err != nil {
		return "", err
	}
	base, _, err := outputbase.Find(root, outputbase.HostEnvironment())
	if err != nil {
		return "", err
	}
	return base.Dir, nil
}
